/**
 * node test/eval/secrets/main.ts [FOLDER …]
 *
 * Precision and recall of the rules for secrets on two sets that are made from seeds, and every finding in folders that
 * are given, for eyes that say whether it is one.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { examineSecrets } from '../../../src/workspace/files/secret.ts';
import { limits, skipByName } from '../../../src/workspace/files/skip.ts';
import { textOf } from '../../../src/workspace/files/text.ts';
import { figuresOf } from './figures.ts';

const SEEDS = [1, 2, 3, 4, 5];

const all = SEEDS.map(figuresOf);
const sum = (of: (figures: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0);
const count = {
  holders: sum((f) => f.holders),
  missed: sum((f) => f.missed.length),
  wrong: sum((f) => f.wrong.length),
};
const caught = count.holders - count.missed;
console.log(`${all[0]!.holders} kinds of holders, ${all[0]!.harmless} harmless files, ${SEEDS.length} seeds`);
console.log(
  `recall    ${caught} of ${count.holders} (${percent(caught / count.holders)}), ${sum((f) => f.skipped)} left out as a whole`,
);
console.log(`precision ${caught} of ${caught + count.wrong} (${percent(caught / (caught + count.wrong))})`);
for (const name of new Set(all.flatMap((figures) => figures.missed))) console.log(`  missed: ${name}`);
for (const name of new Set(all.flatMap((figures) => figures.wrong))) console.log(`  wrong: ${name}`);
for (const folder of process.argv.slice(2)) scan(folder);

function scan(folder: string): void {
  const total = { files: 0, bytes: 0, milliseconds: 0, findings: 0 };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    if (!entry.isFile() || full.includes('/.git/')) continue;
    const path = relative(folder, full);
    const { size } = statSync(full);
    if (size > limits.file || skipByName(path, size)) continue;
    const bytes = readFileSync(full);
    const content = textOf(path, bytes, { isExempt: () => true });
    if (content.kind === 'skipped') continue;
    const { text } = content;
    const began = performance.now();
    const examined = examineSecrets(path, text);
    total.milliseconds += performance.now() - began;
    total.files++;
    total.bytes += size;
    if (examined.kind === 'clean') continue;
    total.findings += examined.found.length;
    const lines = text.split('\n');
    for (const { line, rule } of examined.found) {
      console.log(`${examined.kind} ${path}:${line} [${rule}] ${lines[line - 1]?.trim().slice(0, 120) ?? ''}`);
    }
  }
  const speed = total.bytes / 1000 / total.milliseconds;
  console.log(`${folder}: ${total.findings} findings in ${total.files} files, ${speed.toFixed(0)} MB/s`);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
