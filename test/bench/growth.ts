import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Engine } from '../../src/engine/client/engine.ts';
import { FolderIndex } from '../../src/index/folder-index.ts';
import { MultiFolderSearch } from '../../src/retrieve/multi-folder-search.ts';
import { mulberry32 } from '../../src/common/random.ts';
import { serviceIn } from './client.ts';
import { growthPicture } from './growth-picture.ts';
import { growWorkspace, PLANTED } from './growth-workspace.ts';

/**
 * How all costs grow with a workspace: a real service over generated workspaces of real text, a planted file that a
 * question is about. Vectors of everything would take hours, so they are random numbers of true size there; what a
 * question encodes in its two seconds is real.
 *
 *     node esbuild.js --quiet
 *     node test/bench/growth.ts FOLDER … [--tokens 1e4,1e5,1e6,1e7] [--svg FILE] [--json FILE]
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tokens: { type: 'string', default: '1e4,1e5,1e6,1e7' },
    svg: { type: 'string' },
    json: { type: 'string' },
    /** One size, measured in this process, so that its memory is its own. */
    one: { type: 'string' },
  },
});
const ROUNDS = 7;

interface Row {
  readonly tokens: number;
  readonly files: number;
  /** Until every file can be asked about by its words. */
  readonly wordsSeconds: number;
  /** From the opening of the folder to a ranking; the planted file's place in it, 0 where it is not listed. */
  readonly firstAnswerSeconds: number;
  readonly rank: number;
  /** A ranking with vectors for everything, in the median; and of the processor, but for the model's own process. */
  readonly questionMs: number;
  readonly questionCpuMs: number;
  /** Of the process that ranks, with the table of all vectors. */
  readonly residentMb: number;
  readonly diskMb: number;
  /** Longest block of the thread that the editor would run on. */
  readonly blockMs: number;
}

async function measure(tokens: number): Promise<Row> {
  const scratch = mkdtempSync(join(tmpdir(), 'ask-codebase-growth-'));
  const [root, home] = [join(scratch, 'workspace'), join(scratch, 'home')];
  try {
    growWorkspace(
      root,
      positionals.map((folder) => resolve(folder)),
      tokens,
    );
    return { ...(await opened(root, home)), ...(await complete(root, home)) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** As somebody who opens the folder and asks at once. */
async function opened(root: string, home: string) {
  let wordsSeconds = NaN;
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const client = serviceIn(home, (notice) => {
    if (notice.kind !== 'state' || !Number.isNaN(wordsSeconds)) return;
    if (notice.state.kind === 'embedding' || notice.state.kind === 'ready') wordsSeconds = seconds();
  });
  const blocks = monitorEventLoopDelay({ resolution: 1 });
  blocks.enable();
  try {
    await client.folders([{ root, name: 'grown' }]);
    const { rank, at } = await firstRight(() =>
      client.recall(PLANTED.question, { base: { kind: 'workspace' }, terms: '' }).catch(() => []),
    );
    while (Number.isNaN(wordsSeconds)) await wait(20);
    blocks.disable();
    return { wordsSeconds, firstAnswerSeconds: (at - began) / 1000, rank, blockMs: blocks.max / 1e6 };
  } finally {
    await client.close();
  }
}

/** Asks until something is ranked: a folder that was just opened says first that nothing is indexed yet. */
async function firstRight(ask: () => Promise<readonly { readonly path: string }[]>) {
  for (;;) {
    const files = await ask();
    if (files.length > 0) {
      const rank = files.findIndex(({ path }) => path.endsWith(PLANTED.path)) + 1;
      if (rank > 0) return { rank, at: performance.now() };
    }
    await wait(200);
  }
}

/** The same database with vectors for everything. */
async function complete(root: string, home: string) {
  const engine = new Engine({ script: resolve('dist/engine.js'), settings: { device: 'cpu' } });
  try {
    const index = await FolderIndex.open({ root, engine: withRandomVectors(engine), home });
    const { ledger } = index;
    await index.refresh({});
    const files = ledger.files().filter(({ state }) => state.kind === 'ingested');
    const search = MultiFolderSearch.of(index);
    const [times, cpuTimes]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      const [began, cpu] = [performance.now(), process.cpuUsage()];
      await search.recall(`${PLANTED.question} ${round}`, { embedMs: 0 });
      times.push(performance.now() - began);
      const { user, system } = process.cpuUsage(cpu);
      cpuTimes.push((user + system) / 1000);
    }
    const { databaseBytes, tokens } = index.ledger.totals();
    const residentMb = process.memoryUsage().rss / 1e6;
    index.close();
    return {
      tokens,
      files: files.length,
      questionMs: median(times),
      questionCpuMs: median(cpuTimes),
      residentMb,
      diskMb: databaseBytes / 1e6,
    };
  } finally {
    engine.close();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** The engine with random unit vectors for segments: neither time nor size depends on what they say. */
function withRandomVectors(engine: Engine): Engine {
  const random = mulberry32(1);
  const encode: Engine['encode'] = () => Promise.resolve({ keys: randomKeys(random), tokens: 1, milliseconds: 0 });
  return Object.assign(engine, { encode });
}

const [VECTORS, SIZE] = [8, 256];

/** [P · d_k] */
function randomKeys(random: () => number): Float32Array {
  const keys = new Float32Array(VECTORS * SIZE);
  for (let vector = 0; vector < VECTORS; vector++) {
    const own = keys.subarray(vector * SIZE, (vector + 1) * SIZE);
    for (let at = 0; at < SIZE; at++) own[at] = random() - 0.5;
    const length = Math.hypot(...own);
    own.forEach((value, at) => (own[at] = value / length));
  }
  return keys;
}

if (values.one !== undefined) {
  console.log(JSON.stringify(await measure(Number(values.one))));
} else {
  const rows: Row[] = [];
  for (const tokens of values.tokens.split(',').map(Number)) {
    const given = [import.meta.filename, ...positionals, '--one', String(tokens)];
    const told = execFileSync(process.execPath, given, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const row = JSON.parse(told.trim().split('\n').at(-1) ?? '') as Row;
    rows.push(row);
    console.table([row]);
  }
  const machine = `${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`;
  console.log(machine);
  console.table(rows);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, rows }, undefined, 2)}\n`);
  if (values.svg !== undefined) writeFileSync(values.svg, pictureOf(rows));
}

function pictureOf(rows: readonly Row[]): string {
  const of = (name: string, color: string, pick: (row: Row) => number) => ({ name, color, values: rows.map(pick) });
  return growthPicture(
    rows.map(({ tokens }) => tokens),
    [
      of('words of everything, s', '#2a7de1', (row) => row.wordsSeconds),
      of('first right answer, s', '#0a9b6b', (row) => row.firstAnswerSeconds),
      of('a question, ms of the processor', '#c8761a', (row) => row.questionCpuMs),
      of('resident memory, MB', '#8a5cd0', (row) => row.residentMb),
      of('on disk, MB', '#777777', (row) => row.diskMb),
      of("editor's longest block, ms", '#c23b6b', (row) => row.blockMs),
    ],
  );
}
