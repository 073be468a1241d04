import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { isRecord, list, number, text } from './cases.ts';
import { Problem } from './problem.ts';
import type { Repository } from './repository.ts';
import type { Question, RankedFile, RankedSegment, System } from './system.ts';

/** What the command-line program may rank by. */
export type By = 'memory' | 'fused' | 'lexical';

/**
 * The project's own recall, asked through its command-line program as a user would: `recall --repo PATH --questions
 * FILE --json --by …` takes lines {id, question} and prints a line {id, files} for each.
 */
export class Memory implements System {
  readonly name: string;
  readonly #by: By;
  readonly #program: string;
  readonly #home: string;

  /** `program` is the bundled program; `home` is the folder that it keeps its ledgers in, apart from the user's own. */
  constructor(name: string, by: By, program: string, home: string) {
    this.name = name;
    this.#by = by;
    this.#program = resolve(program);
    this.#home = resolve(home);
  }

  async rank(repository: Repository, questions: readonly Question[], signal: AbortSignal) {
    await mkdir(this.#home, { recursive: true });
    const file = join(this.#home, `questions-${process.pid}.jsonl`);
    const lines = questions.map(({ id, text: question }) => `${JSON.stringify({ id, question })}\n`);
    await writeFile(file, lines.join(''));
    try {
      const lists = await this.#ask(repository.root, file, signal);
      check(this.name, repository, questions, lists);
      return lists;
    } finally {
      await rm(file, { force: true });
    }
  }

  async #ask(root: string, questions: string, signal: AbortSignal): Promise<Map<string, RankedFile[]>> {
    const options = ['recall', '--repo', root, '--questions', questions, '--json', '--by', this.#by];
    const child = spawn(process.execPath, [this.#program, ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ASK_CODEBASE_HOME: this.#home },
      signal,
    });
    const ended = new Promise<string | undefined>((done) => {
      child.once('error', (error) => {
        done(error.message);
      });
      child.once('close', (code, killer) => {
        done(code === 0 ? undefined : `it ended with ${killer ?? `exit code ${code ?? 'unknown'}`}`);
      });
    });
    const lists = new Map<string, RankedFile[]>();
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.trim() === '') continue;
      const { id, files } = parseRecall(line);
      lists.set(id, files);
    }
    const failure = await ended;
    signal.throwIfAborted();
    if (failure !== undefined) throw new Problem(`${this.name} could not be asked about ${root}: ${failure}.`);
    return lists;
  }
}

/** One line that the program prints. Throws a Problem for anything else. */
export function parseRecall(line: string): { id: string; files: RankedFile[] } {
  try {
    const value: unknown = JSON.parse(line);
    if (!isRecord(value)) throw new Problem('it is not a JSON object.');
    const files = list(value, 'files').map((file) => {
      if (!isRecord(file)) throw new Problem('a file is not a JSON object.');
      return { path: text(file, 'path'), score: number(file, 'share'), segments: list(file, 'segments').map(segment) };
    });
    return { id: text(value, 'id'), files };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Problem(`recall printed a line that is not one of its own: ${reason}\n${line.slice(0, 200)}`);
  }
}

/**
 * Across files, segments stand in the order of their scores, as `ask` reads them: a file of one segment owns its
 * whole share.
 */
function segment(value: unknown): RankedSegment {
  if (!isRecord(value)) throw new Problem('a segment is not a JSON object.');
  return { start: number(value, 'start'), end: number(value, 'end'), score: number(value, 'score') };
}

/** An answer for every question and only files that every other system could name too; anything else is a fault. */
function check(
  name: string,
  repository: Repository,
  questions: readonly Question[],
  lists: ReadonlyMap<string, readonly RankedFile[]>,
): void {
  const silent = questions.filter(({ id }) => !lists.has(id)).length;
  if (silent > 0) throw new Problem(`${name} gave no list for ${silent} of ${questions.length} questions.`);
  const known = new Set(repository.files.map(({ path }) => path));
  const strange = [...lists.values()].flat().find(({ path }) => !known.has(path));
  if (strange !== undefined) {
    throw new Problem(`${name} names ${strange.path} in ${repository.name}, which is not a candidate.`);
  }
}
