import { cp, mkdir, rm, writeFile, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Engine } from '../../src/engine/client/engine.ts';
import { measuredSegments } from '../../src/engine/token-count/measured-segments.ts';
import { FolderIndex } from '../../src/index/folder-index.ts';
import { MultiFolderSearch } from '../../src/retrieve/multi-folder-search.ts';
import { roleOf } from '../../src/workspace/files/role.ts';
import { readCases } from './cases.ts';
import { ContextEncoder } from './context-encoder.ts';
import { enclosingDefinitions } from './enclosing-definitions.ts';
import { listOfRanking } from './found.ts';
import { clusteredBootstrap, hitAt, rankOf, reciprocalRank } from './metrics.ts';
import type { Outcome } from './metrics.ts';
import { findPacks, isWanted, openRepository, packOf } from './repository.ts';
import type { Repository } from './repository.ts';

/**
 * What a segment's vectors gain from what stands around it, before anything is trained for it: localisation among the
 * source files of small repositories, with the shipped encoder, by vectors alone and fused, in one run.
 *
 *     node test/eval/segment-context.ts --data DIR --repos express,requests [--variants as-shipped,before]
 *
 * - `as-shipped`  path and text
 * - `before`      the 128 tokens that stand before are attended to, and not pooled
 * - `foreign`     as many tokens of another file instead: the control
 * - `enclosing`   the lines that begin the definitions around the segment follow the path, and are pooled with it
 *
 * Vectors are kept under `--cache`, so a run that is started again goes on.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    cache: { type: 'string', default: '.cache/eval' },
    repos: { type: 'string', default: '' },
    variants: { type: 'string', default: 'as-shipped,before,enclosing,foreign' },
    threads: { type: 'string', default: '1' },
    out: { type: 'string', default: 'segment-context.json' },
  },
});

/** Tokens of what stands before that a segment may attend to. */
const BEFORE = 128;
/** Characters that hold so many tokens, and more. */
const ENOUGH = 4_000;
const BY = ['memory', 'fused'] as const;

/** What a segment is encoded with: a header, and tokens that are not pooled. */
interface Surrounded {
  readonly header: string;
  readonly context: readonly number[];
}
type Surround = (header: string, text: string) => Surrounded;

/** A repository's source files, where they lie and what they say. */
interface Sources {
  readonly root: string;
  readonly texts: ReadonlyMap<string, string>;
}

/** Copies the source files alone: an answer is a source file, and the others would take most of the time. */
async function sourcesOf({ name, root, files }: Repository): Promise<Sources> {
  const copy = resolve(values.cache, 'context', 'sources', name);
  await rm(copy, { recursive: true, force: true });
  const sources = files.filter(({ path }) => roleOf(path) === 'source');
  for (const { path } of sources) {
    await mkdir(dirname(join(copy, path)), { recursive: true });
    await cp(join(root, path), join(copy, path));
  }
  return { root: copy, texts: new Map(sources.map(({ path, text }) => [path, text])) };
}

/** The ways to surround a segment, by name. A segment is found by its text, at its first place. */
function surrounds(encoder: ContextEncoder, { texts }: Sources): Readonly<Record<string, Surround>> {
  const paths = [...texts.keys()];
  const pathOf = (header: string) => header.slice(2, -1);
  const textOf = (path: string | undefined) => texts.get(path ?? '') ?? '';
  const last = (text: string) => encoder.tokensOf(text.slice(-ENOUGH)).slice(-BEFORE);
  const before = (header: string, text: string) => {
    const whole = textOf(pathOf(header));
    return last(whole.slice(0, Math.max(0, whole.indexOf(text))));
  };
  return {
    'as-shipped': (header) => ({ header, context: [] }),
    before: (header, text) => ({ header, context: before(header, text) }),
    foreign: (header, text) => {
      const other = textOf(paths[(paths.indexOf(pathOf(header)) + 1) % paths.length]);
      const end = Math.floor(other.length / 2);
      return { header, context: last(other.slice(0, end)).slice(-before(header, text).length || BEFORE) };
    },
    enclosing: (header, text) => {
      const whole = textOf(pathOf(header));
      const lines = enclosingDefinitions(whole, whole.indexOf(text));
      return { header: header + lines.map((line) => `${line}\n`).join(''), context: [] };
    },
  };
}

/** Stands for the engine in an index, and surrounds each segment. */
function engineOf(encoder: ContextEncoder, surround: Surround): Engine {
  const own = {
    settings: encoder.settings,
    segment: (text: string) => Promise.resolve(measuredSegments(text, encoder.count)),
    async encode(header: string, text: string) {
      const began = performance.now();
      const { header: whole, context } = surround(header, text);
      return { ...(await encoder.encode(whole, text, context)), milliseconds: performance.now() - began };
    },
    question: (text: string) => encoder.question(text),
    close(): void {},
  };
  return own as unknown as Engine;
}

/** The outcomes of a way, by the kind of ranking and then by case. */
type Ranked = Record<(typeof BY)[number], Record<string, Outcome>>;
const kept: Record<string, Record<string, Ranked>> = existsSync(values.out)
  ? (JSON.parse(await readFile(values.out, 'utf8')) as typeof kept)
  : {};
const wanted = values.repos.split(',').filter((name) => name !== '');
const variants = values.variants.split(',');
const packs = await findPacks(values.data);
const cases = Map.groupBy(readCases(values.data, 'localisation'), ({ repository, commit }) =>
  packOf(packs, repository, commit),
);
const encoder = await ContextEncoder.open(Number(values.threads));
for (const [pack, own] of cases) {
  if (!pack || !isWanted(pack, wanted)) continue;
  const repository = await openRepository(pack, values.cache, new AbortController().signal);
  const sources = await sourcesOf(repository);
  const ways = surrounds(encoder, sources);
  for (const variant of variants) {
    const surround = ways[variant];
    if (!surround) throw new Error(`There is no variant ${variant}.`);
    const engine = engineOf(encoder, surround);
    const home = resolve(values.cache, 'context', 'home', variant);
    const began = performance.now();
    const index = await FolderIndex.open({ root: sources.root, engine, home });
    await index.refresh({});
    const search = MultiFolderSearch.of(index);
    const ranked: Ranked = { memory: {}, fused: {} };
    for (const one of own) {
      for (const by of BY) {
        const list = listOfRanking(await search.recall(one.question, { by })).map(({ path }) => path);
        ranked[by][one.id] = rankOf(list, one.files);
      }
    }
    kept[repository.name] = { ...kept[repository.name], [variant]: ranked };
    await writeFile(values.out, JSON.stringify(kept));
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.error(
      `${repository.name}, ${variant}: ${index.embedded} segments of ${sources.texts.size} files, ${seconds} s`,
    );
    index.close();
  }
}

/** A way's row: hit@5 and MRR, and how far it is ahead of the shipped one, by case, repositories drawn first. */
function rowOf(variant: string, by: (typeof BY)[number]): string {
  const done = Object.values(kept).filter((ways) => ways[variant] && ways['as-shipped']);
  const scores = { 'hit@5': (one: Outcome) => hitAt(one, 5), MRR: reciprocalRank };
  const cells = Object.entries(scores).map(([name, score]) => {
    const clusters = done.map((ways) => Object.values(ways[variant]?.[by] ?? {}).map(score));
    const ahead = done.map((ways) =>
      Object.entries(ways[variant]?.[by] ?? {}).map(
        ([id, one]) => score(one) - score(ways['as-shipped']?.[by][id] ?? { ranks: [], gold: 0 }),
      ),
    );
    const { mean } = clusteredBootstrap(clusters);
    const difference = clusteredBootstrap(ahead);
    const [gain, low, high] = [difference.mean, difference.low, difference.high].map((share) =>
      (100 * share).toFixed(1),
    );
    return `${name} ${(100 * mean).toFixed(1)} (${gain} [${low}, ${high}], n ${ahead.flat().length})`;
  });
  return `${by.padEnd(7)} ${variant.padEnd(11)} ${cells.join('  ')}`;
}
for (const by of BY) for (const variant of variants) console.log(rowOf(variant, by));
