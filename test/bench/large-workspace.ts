import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { MemoryState } from '../../src/service/protocol.ts';
import { serviceIn } from './client.ts';
import { generateWorkspace } from './generated.ts';

/**
 * A generated workspace of 50,000 files, opened as the extension opens one: how long the host's own thread was ever
 * busy, how long the walk took, and whether a question is answered meanwhile.
 *
 *     node esbuild.js --quiet && node test/bench/large-workspace.ts [--files 50000]
 */
const { values } = parseArgs({ options: { files: { type: 'string', default: '50000' } } });
const count = Number(values.files);
const folder = mkdtempSync(join(tmpdir(), 'ask-codebase-large-'));
const root = join(folder, 'repository');
/** As many files again that are skipped: they are all in the ledger as soon as they were seen. */
const skipped = join(folder, 'skipped');

function generateSkipped(): void {
  for (let at = 0; at < count; at += 1) {
    const place = join(skipped, `area-${Math.floor(at / 1_000)}`);
    if (at % 1_000 === 0) mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `empty-${at}.ts`), '');
  }
}

generateWorkspace(root, count);
generateSkipped();
let state: MemoryState | undefined;
const client = serviceIn(join(folder, 'home'), (notice) => {
  if (notice.kind === 'state') state = notice.state;
});
const blocks = monitorEventLoopDelay({ resolution: 1 });
const longest = () => {
  const milliseconds = blocks.max / 1e6;
  blocks.reset();
  return milliseconds;
};
const rows: Record<string, { milliseconds: number; longestBlock: number }> = {};
async function measured<T>(name: string, work: () => Promise<T>): Promise<T> {
  longest();
  const began = performance.now();
  const result = await work();
  const milliseconds = Math.round(performance.now() - began);
  // A block is seen when the timer after it fires.
  await wait(10);
  rows[name] = { milliseconds, longestBlock: Math.round(longest() * 10) / 10 };
  return result;
}

blocks.enable();
await measured('walk', async () => {
  await client.folders([{ root, name: 'large' }]);
  while (state?.kind !== 'reading') await wait(20);
});
const question = {
  question: 'What does piece number two do?',
  history: [],
  scope: { base: { kind: 'workspace' }, terms: '' },
} as const;
await measured('ten seconds of reading', () => wait(10_000));
await measured('a question while reading', () => client.ask(question, () => undefined));
await measured('the same again', () => client.ask(question, () => undefined));
await client.pause();
await client.folders([{ root: skipped, name: 'skipped' }]);
await client.resume();
await measured('recording as many skipped files', () => client.refresh(skipped));
const facts = await measured('every file for the tree', () => client.facts(skipped));
console.log(`The tree has ${facts.files.length} files.`);
console.table(rows);
await client.close();
rmSync(folder, { recursive: true, force: true });
