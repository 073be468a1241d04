import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
 * With `--peers`, the folder that test/eval/peers/setup.sh was given, two other indexers read the same folders in the
 * same rounds: semble without its vectors, and CodeGraph. Each is a process that starts, indexes and ends.
 *
 *     node test/bench/words.ts [FOLDER …] [--files 50000] [--rounds 3] [--peers .cache/eval]
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '3' },
    peers: { type: 'string' },
  },
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

interface Round extends Measured {
  readonly files: number;
  readonly grep: number;
  /** In the order of `peers`. */
  readonly peers: readonly (number | undefined)[];
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

/** Seconds that a peer takes for a folder; undefined where it is not set up. */
type Timed = (root: string) => number | undefined;

const peersFolder = values.peers === undefined ? undefined : resolve(values.peers, 'peers');
const peers: Readonly<Record<string, Timed>> = {
  'semble, seconds': (root) => {
    const program = peersFolder && join(peersFolder, 'python/bin/python');
    if (!program || !existsSync(program)) return undefined;
    const questions = join(scratch, 'no-questions.jsonl');
    writeFileSync(questions, '');
    const script = resolve(import.meta.dirname, '../eval/peers/semble_search.py');
    return secondsOf(program, [script, root, questions], { XDG_CACHE_HOME: scratch });
  },
  'CodeGraph, seconds': (root) => {
    const program = peersFolder && join(peersFolder, 'node_modules/.bin/codegraph');
    if (!program || !existsSync(program)) return undefined;
    // Its index lies in the folder that it reads.
    const copy = join(scratch, 'copy');
    cpSync(root, copy, { recursive: true });
    try {
      return secondsOf(program, ['init', copy], { CODEGRAPH_TELEMETRY: '0', DO_NOT_TRACK: '1', HOME: scratch });
    } finally {
      rmSync(copy, { recursive: true });
    }
  },
};

function secondsOf(program: string, args: readonly string[], env: Readonly<Record<string, string>>): number {
  const began = performance.now();
  execFileSync(program, args, { stdio: 'ignore', env: { ...process.env, ...env } });
  return (performance.now() - began) / 1000;
}

/** The least of several rounds: the one that other programs disturbed least. */
function least(seconds: readonly (number | undefined)[]): number | undefined {
  const measured = seconds.filter((one) => one !== undefined);
  return measured.length === 0 ? undefined : Math.min(...measured);
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
    const rounds: Round[] = [];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      const words = await wordsOf(root, round);
      rounds.push({ ...words, grep: grep(root), peers: Object.values(peers).map((time) => time(root)) });
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
      ...Object.fromEntries(
        Object.keys(peers).flatMap((name, at) => {
          const seconds = least(rounds.map((round) => round.peers[at]));
          return seconds === undefined ? [] : [[name, rounded(seconds)]];
        }),
      ),
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
