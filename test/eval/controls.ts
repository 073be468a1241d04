import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Engine } from '../../src/engine/client/engine.ts';
import { FolderIndex } from '../../src/index/folder-index.ts';
import type { SegmentPlace } from '../../src/memory/records.ts';
import { normalize } from '../../src/memory/search/similarity.ts';
import type { Shares } from '../../src/memory/search/similarity.ts';
import { rankFiles } from '../../src/retrieve/ranked-files.ts';
import type { RankingInput, RankedFiles } from '../../src/retrieve/ranked-files.ts';
import { placesOf } from '../support/places.ts';
import { readCases } from './cases.ts';
import type { Case } from './cases.ts';
import { Embeddings } from './embeddings.ts';
import { Encoder } from './encoder.ts';
import { findFor, resultsOf, silent } from './found.ts';
import { Problem } from './problem.ts';
import { findPacks, isWanted, openRepository, packOf } from './repository.ts';
import type { Repository } from './repository.ts';
import { rootOf } from './run.ts';
import type { Result } from './run.ts';
import { render, rowsOf } from './table.ts';

/**
 * What our vectors bring: the same segments, words, rules and exponent with other vectors, with none, and each kind of
 * vectors alone. MiniLM is ranked at several temperatures, and all are shown: the best of them is an upper bound.
 *
 *     node esbuild.js --quiet && node test/eval/controls.ts --data DIR --repos requests@9ed5db8,express,gin,cobra
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    cache: { type: 'string', default: '.cache/eval' },
    repos: { type: 'string', default: '' },
    tasks: { type: 'string', default: 'localisation,semble' },
  },
});

/** A cosine of MiniLM times one of these is the logarithm of a segment's weight. */
const MINILM_TEMPERATURES = [10, 20, 40] as const;

const encoder = await Encoder.open(resolve(values.cache, 'minilm'));
if (encoder === undefined) throw new Problem(`Run test/eval/setup.sh ${values.cache} first.`);
const embeddings = new Embeddings(encoder, values.cache);
const signal = new AbortController().signal;

/** Cosines of a question with the segments as MiniLM sees them: the path, then the segment's own lines. */
async function cosines(question: string, vectors: ReadonlyMap<number, Float32Array>): Promise<Map<number, number>> {
  const asked = await embeddings.ofText(question, signal);
  return new Map([...vectors].map(([id, row]) => [id, row.reduce((sum, x, at) => sum + x * (asked[at] ?? 0), 0)]));
}

async function vectorsOf(repository: Repository, places: ReadonlyMap<number, SegmentPlace>) {
  const lines = new Map(repository.files.map(({ path, text }) => [path, text.split('\n')]));
  const vectors = new Map<number, Float32Array>();
  for (const [id, { path, start, end }] of places) {
    const text = (lines.get(path) ?? []).slice(start - 1, end).join('\n');
    vectors.set(id, await embeddings.ofText(`${path}\n${text}`, signal));
  }
  return vectors;
}

/** The shares that a softmax over cosines gives the same segments. */
function sharesBy(near: ReadonlyMap<number, number>, { segmentIds }: Shares, temperature: number): Shares {
  return normalize(
    segmentIds,
    segmentIds.map((id) => temperature * (near.get(id) ?? -1)),
  );
}

function variants(
  { question }: Case,
  found: RankingInput,
  places: ReadonlyMap<number, SegmentPlace>,
  near: ReadonlyMap<number, number>,
): [string, RankedFiles][] {
  const by = (how: 'fused' | 'memory', shares: Shares) =>
    rankFiles(question, how, { ...found, shares }, placesOf(shares, places));
  const others = MINILM_TEMPERATURES.flatMap((temperature): [string, RankedFiles][] => {
    const shares = sharesBy(near, found.shares, temperature);
    return [
      [`MiniLM (${temperature}) in its place`, by('fused', shares)],
      [`MiniLM (${temperature}) alone`, by('memory', shares)],
    ];
  });
  return [
    ['as shipped', by('fused', found.shares)],
    ['nothing in its place', by('fused', silent(found.shares, places))],
    ['our vectors alone', by('memory', found.shares)],
    ...others,
  ];
}

const wanted = values.repos.split(',').filter((name) => name !== '');
const tasks = (['localisation', 'semble'] as const).filter((task) => values.tasks.split(',').includes(task));
const packs = await findPacks(values.data);
const cases = tasks
  .flatMap((task): Case[] => readCases(values.data, task))
  .filter((one) => one.task !== 'semble' || one.doubt === undefined);
const groups = Map.groupBy(cases, (one) => `${one.repository}@${one.commit}/${rootOf(one)}`);
const engine = new Engine({ script: resolve('dist/engine.js'), settings: { device: 'cpu' } });
const results: Result[] = [];
try {
  for (const own of groups.values()) {
    const [first] = own;
    const pack = first && packOf(packs, first.repository, first.commit);
    if (!pack || !isWanted(pack, wanted)) continue;
    const repository = await openRepository(pack, values.cache, signal, rootOf(first));
    const index = await FolderIndex.open({ root: repository.root, engine, home: resolve(values.cache, 'home') });
    await index.refresh({});
    const known = new Set(repository.files.map(({ path }) => path));
    const places = new Map<number, SegmentPlace>();
    for (const { record: _, ...place } of index.ledger.segments()) places.set(place.segmentId, place);
    const vectors = await vectorsOf(repository, places);
    for (const one of own) {
      if (one.task === 'semble' && !one.files.some((path) => known.has(path))) continue;
      const found = await findFor(index, one.question);
      const near = await cosines(one.question, vectors);
      results.push(...resultsOf(one, repository.name, variants(one, found, places, near)));
    }
    console.error(`${repository.name}: ${own.length} cases`);
    index.close();
  }
} finally {
  engine.close();
}
console.log(render(rowsOf(results).filter(({ repository }) => repository === 'all')));
