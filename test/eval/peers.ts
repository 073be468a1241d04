import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { isRecord, list, number, text } from './cases.ts';
import { judging, type Lines } from './metrics.ts';
import { Problem } from './problem.ts';
import type { Repository } from './repository.ts';
import { segmentsOf, type Question, type RankedFile, type System } from './system.ts';

/** Where peers/setup.sh has put a program, by what it is called in the tables. */
const programs = {
  semble: 'python/bin/python',
  codegraph: 'node_modules/.bin/codegraph',
  ripgrep: `node_modules/@vscode/ripgrep-${process.platform}-${process.arch}/bin/rg`,
} as const;

export type PeerName = keyof typeof programs;

/** Output of one call: a list of 50 places is some 100 kB. */
const OUTPUT_BYTES = 64 * 1024 * 1024;

/** Gives the places that a peer's own program prints for each question, best first. */
type Ask = (
  program: string,
  repository: Repository,
  questions: readonly Question[],
  signal: AbortSignal,
) => Promise<Map<string, readonly Lines[]>>;

/** Code search that others make, asked by its own program, its list taken as it comes. */
export class Peer implements System {
  readonly name: PeerName;
  readonly #program: string;
  /** The order is the peer's, several places of one file included. */
  readonly list = segmentsOf;

  private constructor(name: PeerName, program: string) {
    this.name = name;
    this.#program = program;
  }

  /** Undefined where peers/setup.sh has not put it into the folder. */
  static open(name: PeerName, folder: string): Peer | undefined {
    const program = peerProgram(name, folder);
    return program === undefined ? undefined : new Peer(name, program);
  }

  async rank(repository: Repository, questions: readonly Question[], signal: AbortSignal) {
    const asked = await asks[this.name](this.#program, repository, questions, signal);
    const known = new Set(repository.files.map(({ path }) => path));
    return new Map(
      questions.map(({ id }) => [id, asFiles((asked.get(id) ?? []).filter(({ path }) => known.has(path)))]),
    );
  }
}

/** Where peers/setup.sh has put a peer's program; undefined where it has not. */
export function peerProgram(name: PeerName, folder: string): string | undefined {
  const program = resolve(folder, programs[name]);
  return existsSync(program) ? program : undefined;
}

/** Files by their best place; a place's score says where it stood. */
function asFiles(places: readonly Lines[]): RankedFile[] {
  const scored = places.slice(0, judging.depth).map((place, at) => ({ ...place, score: 1 / (at + 1) }));
  return [...Map.groupBy(scored, ({ path }) => path)].map(([path, segments]) => {
    return { path, segments, score: segments[0]?.score ?? 0 };
  });
}

const asks: Readonly<Record<PeerName, Ask>> = { semble: askSemble, codegraph: askCodeGraph, ripgrep: askRipgrep };

/** Its index without its vectors, which come from a model hub: alpha 0 counts words and its own rules. */
async function askSemble(
  program: string,
  repository: Repository,
  questions: readonly Question[],
  signal: AbortSignal,
): Promise<Map<string, readonly Lines[]>> {
  return inFolder(async (folder) => {
    const file = join(folder, 'questions.jsonl');
    await writeFile(file, questions.map((question) => `${JSON.stringify(question)}\n`).join(''));
    const script = resolve(import.meta.dirname, scriptPath());
    const printed = await call(program, [script, repository.root, file], { XDG_CACHE_HOME: folder }, signal);
    const lines = printed.split('\n').filter((line) => line !== '');
    return new Map(lines.map((line) => parseSemble(line)));
  });
}

/** This module stands in a bundle when `npm run eval` runs it. */
const scriptPath = (): string => {
  const beside = 'peers/semble_search.py';
  return existsSync(resolve(import.meta.dirname, beside)) ? beside : `../test/eval/${beside}`;
};

function parseSemble(line: string): [string, Lines[]] {
  const value: unknown = JSON.parse(line);
  if (!isRecord(value)) throw new Problem('semble_search.py printed a line that is not a JSON object.');
  return [text(value, 'id'), list(value, 'places').map((place) => placeOf(place, 'path', 'start', 'end'))];
}

function placeOf(value: unknown, path: string, start: string, end: string): Lines {
  if (!isRecord(value)) throw new Problem('a place is not a JSON object.');
  return { path: text(value, path), start: number(value, start), end: number(value, end) };
}

/** Its search over symbols. The index lies in the folder that is searched, so a copy of the candidates is searched. */
async function askCodeGraph(
  program: string,
  repository: Repository,
  questions: readonly Question[],
  signal: AbortSignal,
): Promise<Map<string, readonly Lines[]>> {
  return withCodeGraph(program, repository, signal, async ({ folder, env }) => {
    const places = new Map<string, readonly Lines[]>();
    for (const { id, text: question } of questions) {
      const query = ['query', question, '--path', folder, '--json', '--limit', String(judging.depth)];
      const found: unknown = JSON.parse((await call(program, query, env, signal)) || '[]');
      if (!Array.isArray(found)) throw new Problem('codegraph printed no list.');
      const nodes = found.map((one: unknown) => (isRecord(one) ? one['node'] : undefined));
      places.set(
        id,
        nodes.map((node) => placeOf(node, 'filePath', 'startLine', 'endLine')),
      );
    }
    return places;
  });
}

/** Has CodeGraph index a copy of the candidates in a folder that is gone afterwards. */
export function withCodeGraph<Result>(
  program: string,
  repository: Repository,
  signal: AbortSignal,
  work: (indexed: { readonly folder: string; readonly env: Readonly<Record<string, string>> }) => Promise<Result>,
): Promise<Result> {
  return inFolder(async (home) => {
    const folder = join(home, 'code');
    for (const { path } of repository.files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await cp(join(repository.root, path), join(folder, path));
    }
    const env = { CODEGRAPH_TELEMETRY: '0', DO_NOT_TRACK: '1', HOME: home };
    await call(program, ['init', folder], env, signal);
    return work({ folder, env });
  });
}

/** Files by how often they say the whole question, any case: what somebody types first. A file stands for its lines. */
async function askRipgrep(
  program: string,
  repository: Repository,
  questions: readonly Question[],
  signal: AbortSignal,
): Promise<Map<string, readonly Lines[]>> {
  const flags = ['--count', '--null', '--ignore-case', '--fixed-strings', '--hidden', '--no-ignore', '--glob', '!.git'];
  const places = new Map<string, readonly Lines[]>();
  for (const { id, text: question } of questions) {
    const printed = await call(program, [...flags, '--', question, '.'], {}, signal, repository.root).catch(
      nothingFound,
    );
    const counted = [...printed.matchAll(/^(?:\.\/)?([^\0]+)\0(\d+)$/gm)].map(([, path = '', count]) => {
      return { path, count: Number(count) };
    });
    const sorted = counted.sort((a, b) => b.count - a.count || (a.path < b.path ? -1 : 1));
    places.set(
      id,
      sorted.map(({ path }) => ({ path, start: 1, end: Number.MAX_SAFE_INTEGER })),
    );
  }
  return places;
}

/** ripgrep ends with 1 and is silent where nothing was found, which is no fault. */
export function nothingFound(error: unknown): string {
  if (error instanceof CallFailed && error.code === 1 && error.stderr === '') return '';
  throw error;
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'peer-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A program that could not be started, or did not end with 0. */
class CallFailed extends Problem {
  readonly code: unknown;
  readonly stderr: unknown;

  constructor(program: string, error: unknown) {
    super(`${program} failed: ${error instanceof Error ? error.message.slice(0, 500) : String(error)}`);
    [this.code, this.stderr] = isRecord(error) ? [error['code'], error['stderr']] : [];
  }
}

/** What a program prints. Throws a CallFailed. */
export async function call(
  program: string,
  options: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
  cwd?: string,
): Promise<string> {
  const how = {
    env: { ...process.env, ...env },
    maxBuffer: OUTPUT_BYTES,
    signal,
    ...(cwd === undefined ? {} : { cwd }),
  };
  try {
    return (await promisify(execFile)(program, [...options], how)).stdout;
  } catch (error) {
    signal.throwIfAborted();
    throw new CallFailed(program, error);
  }
}
