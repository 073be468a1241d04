import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { answer } from '../../src/answer/answer.ts';
import type { AnswerOptions } from '../../src/answer/answer.ts';
import { LastPrompt } from '../../src/answer/last-prompt.ts';
import { FolderIndex } from '../../src/index/folder-index.ts';
import { MultiFolderSearch } from '../../src/retrieve/multi-folder-search.ts';
import { Engine } from '../../src/engine/client/engine.ts';
import { Problem } from './problem.ts';
import { peakResident } from './resident.ts';
import { spread } from './sample.ts';
import type { Spread } from './sample.ts';

export interface RepositoryOptions {
  readonly root: string;
  readonly question: string;
  /** What is asked next in the same conversation. */
  readonly next: string;
  readonly threads: number;
  readonly rounds: number;
  /** The folder of the built programs. */
  readonly dist: string;
  readonly signal: AbortSignal;
  readonly print: (message: string) => void;
}

/** Seconds from the question to each step of its answer, and the size of its prompt. */
export interface Waits {
  /** Nothing has changed on disk: every file was looked at. */
  readonly looked: number;
  /** The relevant files and lines are known. */
  readonly citation: number;
  /** Those lines were read again from disk and are as they were remembered. */
  readonly checked: number;
  readonly firstToken: number;
  /** Tokens that were put before the model for it. */
  readonly promptTokens: number;
}

export interface RepositoryFigures {
  readonly files: number;
  readonly lines: number;
  readonly segments: number;
  readonly tokens: number;
  readonly ingestSeconds: number;
  readonly bytesPerThousandLines: number;
  /** From the start of the engine's process to all of the model being ready, with a first run through it. */
  readonly loadSeconds: number;
  /** The first question of a process: it also reads the memory's keys. */
  readonly first: Waits;
  /** The same question asked again in the same process, of which the last prompt is not kept. */
  readonly again: Readonly<Record<keyof Waits, Spread>>;
  /** The next question of each of these conversations. */
  readonly goingOn: Readonly<Record<keyof Waits, Spread>>;
  /** Bytes; absent where the platform does not tell. */
  readonly peakIngestBytes?: number;
  readonly peakAnswerBytes?: number;
}

/** Tokens of the answers: enough to pass every step, short enough to repeat. */
const ANSWER_TOKENS = 64;

/**
 * Reads a repository into a memory of its own, which is thrown away at the end, and asks it a question again and again.
 */
export async function measureRepository(options: RepositoryOptions): Promise<RepositoryFigures> {
  const home = await mkdtemp(join(tmpdir(), 'ask-codebase-bench-'));
  try {
    const taken = await ingest(options, home);
    const size = await stats(options, home);
    return { ...taken, ...size, ...(await ask(options, home)) };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Opens the repository with an engine of its own: what one phase uses must not count as another's peak. */
async function withFolderIndex<T>(
  options: RepositoryOptions,
  home: string,
  work: (index: FolderIndex, engine: Engine) => Promise<T>,
): Promise<T> {
  const settings = { device: 'cpu', threads: options.threads } as const;
  const engine = new Engine({ script: join(options.dist, 'engine.js'), settings });
  try {
    const index = await FolderIndex.open({ root: options.root, engine, home });
    try {
      return await work(index, engine);
    } finally {
      index.close();
    }
  } finally {
    engine.close();
  }
}

function ingest({ signal, print, ...options }: RepositoryOptions, home: string) {
  return withFolderIndex({ ...options, signal, print }, home, async (index, engine) => {
    const onProgress: Parameters<FolderIndex['refresh']>[0]['onProgress'] = (progress) => {
      if (progress.kind !== 'embedding') return;
      print(`Reading the repository: ${percent(progress.tokens, progress.ofTokens)} % …`);
    };
    const report = await index.refresh({ signal, onProgress });
    if (report.encoded === 0)
      throw new Problem(`There is nothing to read in ${options.root}; --repo takes another folder.`);
    const peak = await peakResident(engine.pid);
    return {
      tokens: report.tokens,
      ingestSeconds: report.milliseconds / 1000,
      ...(peak === undefined ? {} : { peakIngestBytes: peak }),
    };
  });
}

/** What `stats --json` tells a user. */
async function stats({ root, dist, signal }: RepositoryOptions, home: string) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(dist, 'cli.js'), 'stats', '--repo', root, '--json'],
    { env: { ...process.env, ASK_CODEBASE_HOME: home }, signal, maxBuffer: 64 * 1024 * 1024 },
  );
  const found = JSON.parse(stdout) as {
    readonly lines: number;
    readonly segments: number;
    readonly bytesPerThousandLines: number;
    readonly files: { readonly ingested: number };
  };
  const { lines, segments, bytesPerThousandLines, files } = found;
  return { files: files.ingested, lines, segments, bytesPerThousandLines };
}

function ask(options: RepositoryOptions, home: string) {
  const { signal, rounds, print } = options;
  return withFolderIndex(options, home, async (index, engine) => {
    print('Loading the model …');
    const began = performance.now();
    await engine.describe({ signal });
    const loadSeconds = since(began);
    // Somebody may have worked on the files since they were read; that must not count as waiting for an answer.
    await index.refresh({ signal });
    const waits: { asked: Waits; next: Waits }[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      print(`Asking, ${round} of ${rounds} …`);
      await engine.forgetPrompt();
      const lastPrompt = new LastPrompt();
      const { waits: asked, answered } = await askOnce(index, options.question, { signal, lastPrompt });
      const history = [{ question: options.question, answer: answered }];
      const { waits: next } = await askOnce(index, options.next, { signal, lastPrompt, history });
      waits.push({ asked, next });
    }
    const [first, ...again] = waits;
    if (!first) throw new Error('Nothing was asked.');
    const peak = await peakResident(engine.pid);
    const over = (kind: 'asked' | 'next') => {
      const step = (name: keyof Waits) => spread(again.map((found) => found[kind][name]));
      return {
        looked: step('looked'),
        citation: step('citation'),
        checked: step('checked'),
        firstToken: step('firstToken'),
        promptTokens: step('promptTokens'),
      };
    };
    return {
      ...{ loadSeconds, first: first.asked, again: over('asked'), goingOn: over('next') },
      ...(peak === undefined ? {} : { peakAnswerBytes: peak }),
    };
  });
}

async function askOnce(index: FolderIndex, question: string, options: AnswerOptions) {
  const began = performance.now();
  await index.refresh({ signal: options.signal });
  const waits = { looked: since(began), citation: NaN, checked: NaN, firstToken: NaN, promptTokens: NaN };
  let answered = '';
  await answer(MultiFolderSearch.of(index), question, { ...options, maxTokens: ANSWER_TOKENS }, (event) => {
    if (event.kind === 'recalled') waits.citation = since(began);
    if (event.kind === 'read') waits.checked = since(began);
    // A small model's words are held back until a sentence of them is whole, so the prompt's end counts.
    if (event.kind === 'prefilled' && event.tokens === event.of) waits.firstToken = since(began);
    if (event.kind === 'answered') {
      waits.promptTokens = event.answer.promptTokens;
      answered = event.answer.text;
    }
  });
  if (Number.isNaN(waits.firstToken)) {
    throw new Problem(`The memory points nowhere for "${question}"; --question takes one that fits the repository.`);
  }
  return { waits, answered };
}

const since = (began: number) => (performance.now() - began) / 1000;

const percent = (part: number, whole: number) => Math.floor((100 * part) / Math.max(1, whole));
