import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { AnswerModel } from '../../src/answer-model/answer-model.ts';
import { EngineModel } from '../../src/answer-model/engine-model.ts';
import { openLocalModel } from '../../src/answer-model/local-models.ts';
import { smallProfile } from '../../src/answer-model/profile.ts';
import type { AnswerProfile } from '../../src/answer-model/profile.ts';
import { answer } from '../../src/answer/answer.ts';
import { Engine } from '../../src/engine/client/engine.ts';
import { FolderIndex } from '../../src/index/folder-index.ts';
import { MultiFolderSearch } from '../../src/retrieve/multi-folder-search.ts';
import { ANSWER_HEAD, answerRow, countsOf } from './answer-metrics.ts';
import type { AnswerCounts, GivenAnswer, Reference } from './answer-metrics.ts';
import { readCandidates } from './candidates.ts';
import { isRecord, text } from './cases.ts';
import { Problem } from './problem.ts';
import { findPacks, isNamed, nameOf, openRepository, packOf } from './repository.ts';
import type { Pack } from './repository.ts';

/**
 * What answers are worth, as far as it can be counted, over a file of questions: test/eval/README.md says how.
 *
 *     npm run eval:answers -- [--data DIR] [--questions FILE] [--as NAME] [--limit 8] [--show] [--model none]
 *
 * `--model` is `built-in`, the name of a model that was added below `--home`, or `none`, which shows the lines alone.
 * Answers lie in the cache by the name of the run, a line each, so that a run that was cut off goes on.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    cache: { type: 'string', default: '.cache/eval' },
    questions: { type: 'string' },
    repos: { type: 'string', default: '' },
    limit: { type: 'string' },
    model: { type: 'string', default: 'built-in' },
    home: { type: 'string' },
    as: { type: 'string' },
    kept: { type: 'string' },
    table: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
    // Only questions whose name ends in one of these.
    ids: { type: 'string', default: '' },
    'embed-ms': { type: 'string' },
    // What may be tuned, on other questions than those that are reported.
    task: { type: 'string' },
    sentences: { type: 'string' },
    excerpts: { type: 'string' },
    tokens: { type: 'string' },
  },
});

/** A question, about a packed repository or a folder of this project. */
interface AnswerCase {
  readonly id: string;
  readonly question: string;
  readonly reference: Reference;
  readonly place: { readonly repository: string; readonly commit: string } | { readonly folder: string };
}

/** Says nothing, so that the lines alone can be read. */
class Silent extends EngineModel {
  override generate(): ReturnType<EngineModel['generate']> {
    return Promise.resolve({ text: '', ending: 'stop', promptTokens: 0, tokens: 0, prefillMs: 0, decodeMs: 0 });
  }
}

const stop = new AbortController();
process.on('SIGINT', () => {
  stop.abort();
});
const { signal } = stop;
const file = values.questions ?? join(values.data, 'qa.jsonl');
const run = values.as ?? values.model;
const set = /([^/]+)\.jsonl$/.exec(file)?.[1] ?? file;
const store = resolve(values.cache, 'answers', `${set}-${run}.jsonl`);

try {
  const given = readGiven(store);
  const rows = await asked(readQuestions(file), given);
  const table = [...ANSWER_HEAD, ...[...rows].map(([name, own]) => answerRow(name, Object.values(own)))];
  const all = Object.assign({}, ...rows.values()) as Record<string, AnswerCounts>;
  table.push(answerRow('**all**', Object.values(all)));
  console.log(`\n${set}, ${run}\n\n${table.join('\n')}`);
  if (values.kept !== undefined) keep(values.kept, all);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** Asks what was not asked in an earlier run, and counts everything; by repository, by question. */
async function asked(cases: readonly AnswerCase[], given: Map<string, GivenAnswer>) {
  const rows = new Map<string, Record<string, AnswerCounts>>();
  const packs = await findPacks(values.data);
  const engine = new Engine({ script: resolve('dist/engine.js'), settings: { device: 'cpu' } });
  const opened = await openModel(engine);
  try {
    for (const [, own] of Map.groupBy(cases, ({ place }) => JSON.stringify(place))) {
      const limit = values.limit === undefined ? own.length : Number(values.limit);
      const chosen = spread(own, limit);
      const [first] = chosen;
      const repository = first && (await openPlace(first, packs));
      if (!repository) continue;
      const missing = chosen.filter(({ id }) => !given.has(id));
      if (missing.length > 0 && !values.table) {
        const index = await FolderIndex.open({
          root: repository.root,
          engine,
          home: resolve(values.cache, 'answers/home'),
        });
        await index.indexWords({ signal });
        for (const one of missing) {
          const done = await ask(opened.model, index, one);
          given.set(one.id, done);
          mkdirSync(dirname(store), { recursive: true });
          appendFileSync(store, `${JSON.stringify(done)}\n`);
        }
        index.close();
      }
      const words = new Set(
        repository.files.flatMap(({ path, text: content }) => [path, content].flatMap((part) => part.split(/[^\w$]+/))),
      );
      const counts = chosen.flatMap((one) => {
        const answered = given.get(one.id);
        if (answered && values.show) show(one, answered, countsOf(answered, one.reference, words));
        return answered ? [[one.id, countsOf(answered, one.reference, words)] as const] : [];
      });
      if (counts.length > 0) rows.set(repository.name, Object.fromEntries(counts));
    }
  } finally {
    opened.close();
    engine.close();
  }
  return rows;
}

async function ask(model: AnswerModel, index: FolderIndex, { id, question }: AnswerCase): Promise<GivenAnswer> {
  const began = performance.now();
  const since = () => Number(((performance.now() - began) / 1000).toFixed(2));
  let given: GivenAnswer = {
    ...{ id, question, kind: 'none', shown: '', text: '', sourced: 0, leftOut: 0, ending: 'unknown' },
    ...{ shownSeconds: 0, seconds: 0 },
  };
  const embedMs = values['embed-ms'] === undefined ? undefined : Number(values['embed-ms']);
  await answer(
    MultiFolderSearch.of(index),
    question,
    { model, signal, ...(embedMs !== undefined && { embedMs }) },
    (event) => {
      if (event.kind === 'evidence') {
        const { kind, items, count } = event.evidence;
        // As many as the terminal lists.
        const shown = items
          .slice(0, 20)
          .map(({ path, lines, text: own, note }) => `${path}:${lines.start}-${lines.end} ${note}\n${own}`);
        given = { ...given, kind, shown: `${count}\n${shown.join('\n\n')}`, shownSeconds: since() };
      }
      if (event.kind === 'answered') {
        const { text: said, sentences, leftOut, ending } = event.answer;
        const sourced = sentences.filter((own) => own.kind === 'supported').length;
        given = { ...given, text: said, sourced, leftOut, ending };
      }
    },
  );
  return { ...given, seconds: since() };
}

/** Who answers, and what ends it. */
async function openModel(engine: Engine): Promise<{ readonly model: AnswerModel; readonly close: () => void }> {
  if (values.model === 'built-in') return { model: new EngineModel(engine, values.model, profile()), close: () => {} };
  if (values.model === 'none') return { model: new Silent(engine, values.model, profile()), close: () => {} };
  if (values.home === undefined) throw new Problem(`--home says where the model ${values.model} was added.`);
  return openLocalModel(values.home, values.model, { script: resolve('dist/engine.js'), settings: { device: 'cpu' } });
}

/** The profile that ships, but for what is tuned in this run. */
function profile(): AnswerProfile {
  const budget = values.excerpts === undefined ? undefined : Number(values.excerpts);
  return {
    ...smallProfile,
    ...(values.task !== undefined && { task: values.task }),
    ...(values.sentences !== undefined && { sentences: sentencesOf(values.sentences) }),
    ...(values.tokens !== undefined && { answerTokens: Number(values.tokens) }),
    ...(budget !== undefined && { excerpts: { least: budget, most: budget } }),
  };
}

/** `all`, or so many that have a source. */
function sentencesOf(value: string): AnswerProfile['sentences'] {
  return value === 'all' ? { kind: 'all' } : { kind: 'sourced', most: Number(value) };
}

async function openPlace({ place }: AnswerCase, packs: readonly Pack[]) {
  if ('folder' in place) {
    const root = resolve(place.folder);
    return { name: place.folder, root, files: await readCandidates(root, signal) };
  }
  const pack = packOf(packs, place.repository, place.commit);
  if (!pack || !isNamed([pack.repository, nameOf(pack)], values.repos.split(',').filter(Boolean))) return undefined;
  return openRepository(pack, values.cache, signal);
}

/** So many of a list, from all over it. */
function spread<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, at) => all[Math.floor((at * all.length) / most)]).filter(
    (one) => one !== undefined,
  );
}

function readQuestions(from: string): AnswerCase[] {
  if (!existsSync(from)) throw new Problem(`${from} does not exist: test/eval/README.md says how to make it.`);
  const wanted = values.ids.split(',');
  const chosen = lines(from).filter((value) => wanted.some((end) => text(value, 'id').endsWith(end)));
  return chosen.map((value) => {
    const place =
      typeof value['folder'] === 'string'
        ? { folder: value['folder'] }
        : { repository: text(value, 'repo'), commit: text(value, 'commit') };
    const places: unknown = value['lines'];
    const reference = {
      answer: typeof value['answer'] === 'string' ? value['answer'] : undefined,
      lines: Array.isArray(places) ? places.map(String) : undefined,
    };
    return { id: text(value, 'id'), question: text(value, 'question'), reference, place };
  });
}

function readGiven(from: string): Map<string, GivenAnswer> {
  const all = existsSync(from) ? lines(from) : [];
  return new Map(all.map((value) => [text(value, 'id'), value as unknown as GivenAnswer]));
}

function lines(from: string): Record<string, unknown>[] {
  return readFileSync(from, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as unknown)
    .filter(isRecord);
}

function show({ id, question, reference }: AnswerCase, given: GivenAnswer, counts: AnswerCounts): void {
  console.log(`\n## ${id}: ${question}\n\n[${given.kind}] ${given.shown}\n\n=> ${given.text}`);
  console.log(
    `(${given.leftOut} left out, ${given.ending}, ${given.seconds} s, invented: ${counts.invented.join(' ')})`,
  );
  if (reference.answer !== undefined) console.log(`\nReference: ${reference.answer}`);
  if (reference.lines) console.log(`\nDeciding: ${reference.lines.join(' ')}`);
}

/** What was counted, by set and run, a line each; no text of the data is kept. */
function keep(into: string, counts: Readonly<Record<string, AnswerCounts>>): void {
  const before: unknown = existsSync(into) ? JSON.parse(readFileSync(into, 'utf8')) : {};
  const kept = { ...(isRecord(before) ? before : {}), [`${set}, ${run}`]: counts };
  const blocks = Object.entries(kept).map(([name, own]) => {
    const rows = Object.entries(own as Record<string, AnswerCounts>).map(
      ([id, one]) => `${JSON.stringify(id)}: ${JSON.stringify(one)}`,
    );
    return `${JSON.stringify(name)}: {\n${rows.join(',\n')}\n}`;
  });
  writeFileSync(into, `{\n${blocks.join(',\n')}\n}\n`);
}
