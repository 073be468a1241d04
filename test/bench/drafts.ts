import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { answer } from '../../src/answer/answer.ts';
import type { AnswerModel } from '../../src/answer-model/answer-model.ts';
import { smallProfile } from '../../src/answer-model/profile.ts';
import { Engine } from '../../src/engine/client/engine.ts';
import { generate } from '../../src/engine/generate/generate.ts';
import { defaultSampling } from '../../src/engine/generate/sampler.ts';
import type { Message } from '../../src/engine/generate/tokenizer.ts';
import { Model } from '../../src/engine/runtime/model.ts';
import type { Candidates, Context } from '../../src/engine/runtime/model.ts';
import { defaultSettings } from '../../src/engine/settings.ts';
import { FolderIndex } from '../../src/index/folder-index.ts';
import { MultiFolderSearch } from '../../src/retrieve/multi-folder-search.ts';
import { findPacks, isWanted, openRepository } from '../eval/repository.ts';
import { openPeer } from './peer.ts';
import { Problem } from './problem.ts';
import type { System } from './system.ts';

/**
 * What drafts gain: the same prompts answered token by token and with drafts, in one process, in turn. Says for each
 * whether the answer is the same, tokens of a run, and how many times as fast it was written: by the clock, and by the
 * processor's time, which a busy machine disturbs less.
 *
 *     node esbuild.js --quiet
 *     node test/bench/drafts.ts --data ../shared/eval --repo chi [--prompts FILE] [--rows FILE] [--peer GGUF]
 *
 * `--prompts` keeps the prompts, so that a second run needs no repository; `--rows` keeps each answer's row, so that a
 * run that was stopped goes on. With `--peer` node-llama-cpp is led along the same answer behind the same prompt;
 * `--model` is the folder of another model, of the same weights.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    cache: { type: 'string', default: '.cache/eval' },
    repo: { type: 'string', default: 'chi' },
    prompts: { type: 'string' },
    rows: { type: 'string' },
    rounds: { type: 'string', default: '2' },
    tokens: { type: 'string', default: '150' },
    threads: { type: 'string', default: '1' },
    model: { type: 'string' },
    peer: { type: 'string' },
    print: { type: 'boolean', default: false },
  },
});

/** What a newcomer asks. */
const QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  chi: [
    'How does the router match a URL pattern with a parameter?',
    'What does the Recoverer middleware do when a handler panics?',
    'How do I mount a sub-router?',
    'Where are URL parameters stored during a request?',
    'How does the Timeout middleware cancel a request?',
    'What happens when no route matches?',
    'How does the throttle middleware limit concurrent requests?',
    'How is the request ID generated?',
    'What does the Compress middleware support, and how is an encoder chosen?',
    'How does walking all registered routes work?',
  ],
  express: [
    'How does res.send set the content type?',
    'How does the app find a view file to render?',
    'What does app.param do?',
    'How are trusted proxies decided?',
    'How does express parse query strings?',
    'What does res.redirect do with a relative url?',
    'How does res.sendFile handle errors?',
    'How is the Router mounted at a path?',
    'What does req.accepts return?',
    'How does res.cookie sign a cookie?',
  ],
};

interface Timed {
  readonly text: string;
  readonly tokens: number;
  readonly runs: number;
  readonly clock: number;
  readonly processor: number;
}

interface Row {
  readonly question: string;
  readonly same: boolean;
  readonly tokens: number;
  readonly runs: number;
  readonly 'by the clock': number;
  /** Microseconds, without drafts and with. */
  readonly processor: readonly [number, number];
  /** Tokens a second by the clock: without drafts, with them, and the peer's. */
  readonly rates?: readonly [number, number, number | null];
}

const prompts = await promptsOf();
const own = defaultSettings(values.model === undefined ? {} : { baseFolder: values.model, isAnswerOnly: true });
const model = await Model.open({ ...own, device: 'cpu', threads: Number(values.threads) });
await model.prepareAnswers(() => Promise.resolve());
const peer = values.peer === undefined ? undefined : await peerOf(values.peer);
const rows: Row[] = [...keptRows()];
for (const [at, { question, messages }] of prompts.entries()) {
  if (rows.some((row) => row.question === question)) continue;
  const read: Read = { context: undefined, candidates: undefined };
  const none: Timed[] = [];
  const prompt: Timed[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const isFirst = (at + round) % 2 === 0;
    if (isFirst) none.push(await write(messages, 'none', read));
    prompt.push(await write(messages, 'prompt', read));
    if (!isFirst) none.push(await write(messages, 'none', read));
  }
  const theirs = peer && (await follow(peer, model.tokenizer.chat(messages), none[0]?.text ?? ''));
  const [plain, drafted] = [none[0], prompt[0]];
  if (!plain || !drafted) continue;
  const ratio = (of: (one: Timed) => number) => Math.min(...none.map(of)) / Math.min(...prompt.map(of));
  const least = (all: readonly Timed[]) => Math.min(...all.map(({ processor }) => processor));
  const row: Row = {
    question,
    same: prompt.every(({ text }) => text === plain.text),
    tokens: drafted.tokens,
    runs: drafted.runs,
    'by the clock': Number(ratio(({ clock }) => clock).toFixed(2)),
    processor: [least(none), least(prompt)],
    rates: [rateOf(none), rateOf(prompt), theirs ?? null],
  };
  rows.push(row);
  console.log(JSON.stringify(row));
  if (values.rows !== undefined) appendFileSync(values.rows, `${JSON.stringify(row)}\n`);
  if (values.print) console.log(plain.text);
}
const sum = (side: 0 | 1) => rows.reduce((total, { processor }) => total + processor[side], 0);
const runs = rows.reduce((total, row) => total + row.runs, 0);
const tokens = rows.reduce((total, row) => total + row.tokens, 0);
console.log(`${rows.filter(({ same }) => same).length} of ${rows.length} answers are the same.`);
console.log(
  `${(tokens / runs).toFixed(2)} tokens a run; by the processor ${(sum(0) / sum(1)).toFixed(3)} times as fast.`,
);

const seconds = rows.flatMap(({ tokens: said, rates }) => {
  const [plain = 0, drafted = 0, other] = rates ?? [];
  return typeof other === 'number' ? [{ plain: said / plain, drafted: said / drafted, other: said / other }] : [];
});
if (seconds.length > 0) {
  const total = (of: (one: (typeof seconds)[number]) => number) => seconds.reduce((all, one) => all + of(one), 0);
  const ratio = (of: (one: (typeof seconds)[number]) => number) => (total(({ other }) => other) / total(of)).toFixed(2);
  const [plain, drafted] = [ratio((one) => one.plain), ratio((one) => one.drafted)];
  console.log(`All answers as fast as the peer: ${plain} times without drafts, ${drafted} with.`);
}

/** Tokens a second of the least disturbed of several answers to one prompt. */
function rateOf(all: readonly Timed[]): number {
  return Number(Math.max(...all.map(({ tokens: said, clock }) => (1_000 * said) / clock)).toFixed(1));
}

async function peerOf(gguf: string): Promise<System> {
  const folder = import.meta.dirname;
  const found = await openPeer({ folder, gguf, threads: Number(values.threads), capacity: 4_096 });
  if (found.kind === 'absent') throw new Problem(found.message);
  return found.system;
}

/** Tokens a second of a system that is led along an answer, the prompt not counted; the better of two halves. */
async function follow(system: System, prompt: readonly number[], text: string): Promise<number | undefined> {
  const decoding = await system.decode(prompt, new AbortController().signal);
  const said = model.tokenizer.encode(text);
  const half = Math.floor(said.length / 2);
  const found: number[] = [];
  for (const part of [said.slice(0, half), said.slice(half)]) {
    const start = performance.now();
    for (const token of part) await decoding.step(token);
    found.push((1_000 * part.length) / (performance.now() - start));
  }
  await decoding.end();
  return found.length === 0 ? undefined : Number(Math.max(...found).toFixed(1));
}

function keptRows(): readonly Row[] {
  if (values.rows === undefined || !existsSync(values.rows)) return [];
  const lines = readFileSync(values.rows, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Row);
}

/** What the prompts of one question left behind, so that each is read once for all its answers. */
interface Read {
  context: Context | undefined;
  /** After the prompt's last token. */
  candidates: Candidates | undefined;
}

/** One answer; times are those of the decoder after the prompt. */
async function write(messages: readonly Message[], drafts: 'prompt' | 'none', read: Read): Promise<Timed> {
  let runs = 0;
  let began = process.cpuUsage();
  const context = async (capacity: number) => {
    const own = (read.context ??= await model.context(capacity));
    model.rewind(own, 0);
    return own;
  };
  const moved = (own: Context, length: number) => {
    own.lower.length = length;
    own.upper.length = length;
  };
  const readPart: Model['read'] = async (own, ids, onRun) => {
    if (read.candidates === undefined) return model.read(own, ids, onRun);
    moved(own, own.lower.length + ids.length);
    await onRun?.(ids.length);
  };
  const next = async (own: Context, ids: readonly number[]) => {
    if (read.candidates === undefined) return (read.candidates = await model.next(own, ids));
    moved(own, own.lower.length + ids.length);
    return read.candidates;
  };
  const nextOfEach = (...given: Parameters<Model['nextOfEach']>) => {
    runs += 1;
    return model.nextOfEach(...given);
  };
  const rewind = (own: Context, length: number) => {
    model.rewind(own, length);
  };
  const canRewind = (own: Context) => model.canRewind(own);
  // The prompt is kept by this program itself.
  const keeping = {
    continued: () => Promise.resolve(undefined),
    canContinue: () => Promise.resolve(false),
    bytesOf: () => Infinity,
    erase: () => undefined,
  };
  const { tokenizer } = model;
  const { text, tokens, decodeMs } = await generate(
    { tokenizer, context, read: readPart, next, nextOfEach, rewind, canRewind, ...keeping },
    {
      messages,
      maxTokens: Number(values.tokens),
      sampling: defaultSampling,
      signal: new AbortController().signal,
      drafts,
      onEvent: ({ kind }) => {
        if (kind === 'prefilled') began = process.cpuUsage();
      },
    },
  );
  const { user, system } = process.cpuUsage(began);
  return { text, tokens, runs, clock: decodeMs, processor: user + system };
}

async function promptsOf(): Promise<readonly { question: string; messages: readonly Message[] }[]> {
  if (values.prompts !== undefined && existsSync(values.prompts)) {
    return JSON.parse(readFileSync(values.prompts, 'utf8')) as { question: string; messages: Message[] }[];
  }
  const packs = await findPacks(values.data);
  const pack = packs.findLast((one) => isWanted(one, [values.repo]));
  const questions = QUESTIONS[values.repo];
  if (!pack || !questions) throw new Problem(`There are no questions, or no pack, for ${values.repo}.`);
  const repository = await openRepository(pack, values.cache, new AbortController().signal);
  const engine = new Engine({ script: resolve('dist/engine.js'), settings: defaultSettings({ device: 'cpu' }) });
  const home = join(resolve(values.cache), 'drafts-home');
  const index = await FolderIndex.open({ root: repository.root, engine, home });
  await index.indexWords({});
  const found: { question: string; messages: readonly Message[] }[] = [];
  for (const question of questions) {
    await answer(
      MultiFolderSearch.of(index),
      question,
      { embedMs: 2_000, model: noting(question, found) },
      () => undefined,
    );
  }
  index.close();
  engine.close();
  if (values.prompts !== undefined) writeFileSync(values.prompts, JSON.stringify(found, undefined, 1));
  return found;
}

/** Takes prompts down, and answers nothing. */
function noting(question: string, found: { question: string; messages: readonly Message[] }[]): AnswerModel {
  return {
    name: 'notes',
    destination: { kind: 'process' },
    profile: smallProfile,
    excerptTokens: () => Promise.resolve(900),
    generate: (messages) => {
      found.push({ question, messages });
      return Promise.resolve({ text: '', ending: 'stop', promptTokens: 0, tokens: 0, prefillMs: 0, decodeMs: 0 });
    },
  };
}
