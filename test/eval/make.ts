import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { commitsOf, namesFile, parentOf, pathsAt } from './history.ts';
import type { Commit } from './history.ts';
import { Problem } from './problem.ts';

/** Cases of a repository, and the commits that they are spread over: the pin lies before all of them. */
const CASES = { count: 40, among: 90 } as const;

/** A clone and what it is called: owner/name=FOLDER. */
interface Clone {
  readonly name: string;
  readonly folder: string;
}

function cloneOf(argument: string): Clone {
  const [, name, folder] = /^([\w.-]+\/[\w.-]+)=(.+)$/.exec(argument) ?? [];
  if (name === undefined || folder === undefined)
    throw new Problem(`${argument} is not of the form owner/name=FOLDER.`);
  return { name, folder };
}

/** Packs a clone at its pin into `out` and gives the lines of its cases. */
async function make({ name, folder }: Clone, out: string): Promise<string[]> {
  const commits = await commitsOf(folder, CASES.among);
  const oldest = commits.at(-1);
  if (!oldest) throw new Problem(`${folder} has no commit that changes one to three source files and says why.`);
  const pin = await parentOf(folder, oldest.id);
  const there = await pathsAt(folder, pin);
  const fitting = commits.filter(({ files }) => files.every((path) => there.has(path)));
  await pack(folder, pin, join(out, 'repos', `${name.replace('/', '__')}@${pin.slice(0, 10)}.tar.xz`));
  return spread(fitting, CASES.count).map((commit, at) => lineOf(name, pin, commit, at));
}

function lineOf(repo: string, pin: string, commit: Commit, at: number): string {
  const id = `loc-${repo.slice(repo.indexOf('/') + 1)}-${String(at).padStart(2, '0')}`;
  const { message: query, kind, files, id: changed } = commit;
  return JSON.stringify({ id, repo, commit: changed, pin, query, kind, files, stem_in_query: namesFile(query, files) });
}

/** `count` of the items, evenly over the list. */
function spread<Item>(items: readonly Item[], count: number): Item[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, at) => items[Math.floor((at * items.length) / count)]).filter(
    (item) => item !== undefined,
  );
}

async function pack(folder: string, pin: string, file: string): Promise<void> {
  const archive = spawn('git', ['-C', folder, 'archive', pin], { stdio: ['ignore', 'pipe', 'inherit'] });
  const xz = spawn('xz', ['-3'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(archive, 'close');
  await Promise.all([pipeline(archive.stdout, xz.stdin), pipeline(xz.stdout, createWriteStream(file))]);
  const [code] = (await ended) as [number];
  if (code !== 0) throw new Problem(`git could not pack ${folder} at ${pin}.`);
}

/** node test/eval/make.ts --out DIR owner/name=CLONE …: a data folder of commits, as README.md describes it. */
const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true });
try {
  const { out } = values;
  if (out === undefined || positionals.length === 0) throw new Problem('Usage: make.ts --out DIR owner/name=CLONE …');
  await mkdir(join(out, 'repos'), { recursive: true });
  const lines: string[] = [];
  for (const clone of positionals.map(cloneOf)) {
    const made = await make(clone, out);
    console.log(`${clone.name}: ${made.length} cases`);
    lines.push(...made);
  }
  await writeFile(join(out, 'localisation.jsonl'), `${lines.join('\n')}\n`);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
