import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Engine } from '../../src/engine/client/engine.ts';
import { readAdapter } from '../../src/engine/weights/adapter.ts';
import { indexWords } from '../../src/index/ingest.ts';
import { shapeOf } from '../../src/index/shape.ts';
import { Ledger } from '../../src/memory/store/ledger.ts';
import { generateWorkspace } from './generated.ts';

/**
 * How long until every file of a folder can be asked about by its words: a new ledger, no model. Beside it, in the same
 * run, how long git takes to look through the same files for a word: a machine that does other work slows both.
 *
 *     node test/bench/words.ts [FOLDER …] [--files 50000]
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { files: { type: 'string', default: '0' }, rounds: { type: 'string', default: '3' } },
});
const scratch = mkdtempSync(join(tmpdir(), 'ask-codebase-words-'));
const engine = new Engine({ script: 'no process is started' });
const { adapterFolder, baseFolder } = engine.settings;
const adapter = await readAdapter(adapterFolder, baseFolder);

interface Measured {
  readonly seconds: number;
  /** Of the processor, over all threads. */
  readonly busy: number;
}

async function wordsOf(root: string, round: number): Promise<Measured & { readonly files: number }> {
  const identity = { repository: 'r', checkout: root, adapter: adapter.id, shape: shapeOf(adapter) };
  const { ledger } = Ledger.open(join(scratch, `${round}`, 'index.sqlite'), identity);
  // An engine of its own, so that loading the vocabulary is part of it.
  const own = new Engine({ script: 'no process is started' });
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const { report } = await indexWords({ root, ledger, engine: own });
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - began) / 1000;
  ledger.close();
  rmSync(join(scratch, `${round}`), { recursive: true });
  return { files: report.read, seconds, busy: (user + system) / 1e6 };
}

/** The words of a question, looked for in every file: what a search without an index does each time. */
function grep(root: string): number {
  const began = performance.now();
  try {
    execFileSync('git', ['-C', root, 'grep', '--no-index', '-c', '-i', '-E', 'handler|route|request'], {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { ...process.env, GIT_CEILING_DIRECTORIES: root },
    });
  } catch {
    // No file holds one of them.
  }
  return (performance.now() - began) / 1000;
}

const folders = positionals.map((folder) => resolve(folder));
if (Number(values.files) > 0) {
  const generated = join(scratch, 'generated');
  generateWorkspace(generated, Number(values.files));
  folders.push(generated);
}
const rows: Record<string, Record<string, number>> = {};
try {
  for (const root of folders) {
    const rounds = [];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      const words = await wordsOf(root, round);
      rounds.push({ ...words, grep: grep(root) });
    }
    const [best] = rounds.toSorted((a, b) => a.seconds - b.seconds);
    if (!best) continue;
    const ratios = rounds.map(({ seconds, grep: other }) => seconds / other).sort((a, b) => a - b);
    rows[root.split('/').at(-1) ?? root] = {
      files: best.files,
      seconds: rounded(best.seconds),
      'seconds of the processor': rounded(best.busy),
      'git grep, seconds': rounded(best.grep),
      'times a git grep (median)': rounded(ratios[ratios.length >> 1] ?? 0),
    };
  }
  console.log(`${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`);
  console.table(rows);
} finally {
  engine.close();
  rmSync(scratch, { recursive: true, force: true });
}

function rounded(value: number): number {
  return Math.round(100 * value) / 100;
}
