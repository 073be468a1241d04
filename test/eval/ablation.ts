import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FolderIndex } from '../../src/index/folder-index.ts';
import { rankFiles } from '../../src/retrieve/ranked-files.ts';
import type { RankingInput } from '../../src/retrieve/ranked-files.ts';
import { Engine } from '../../src/engine/client/engine.ts';
import { featureMap } from '../slow/kernels/reference/integer-feature-map.ts';
import type { FeatureMap, FeatureSpec } from '../slow/kernels/reference/integer-feature-map.ts';
import { recallByFeature } from '../slow/kernels/reference/recall-by-feature.ts';
import { packKeys } from '../../src/memory/algebra/packed-keys.ts';
import { EmbeddingTable } from '../../src/memory/search/embedding-table.ts';
import { recall } from '../../src/memory/search/similarity.ts';
import type { Shares } from '../../src/memory/search/similarity.ts';
import type { SegmentPlace } from '../../src/memory/records.ts';
import { placesOf } from '../support/places.ts';
import { unpackKeys } from '../support/unpack-keys.ts';
import { readCases } from './cases.ts';
import type { Case } from './cases.ts';
import { findFor, resultsOf, silent } from './found.ts';
import { findPacks, isWanted, openRepository, packOf } from './repository.ts';
import type { Result } from './run.ts';
import { bytesOf, smallerKeys } from './smaller-keys.ts';
import type { Smaller } from './smaller-keys.ts';
import { render, rowsOf } from './table.ts';

/**
 * What each part of recall is worth: the same questions ranked with a part taken out, with the read through a finite φ
 * in place of the exact softmax kernel, or with smaller writes. Shares through φ are the same integers whether they are
 * read from the keys or from M and z.
 *
 *     node esbuild.js --quiet && node test/eval/ablation.ts --data DIR [--repos a,b]
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    cache: { type: 'string', default: '.cache/eval' },
    repos: { type: 'string', default: '' },
  },
});

/**
 * elu1 with the gain that brings a unit key's components to unit size; dpfp as in its paper; topk with 1 feature of 128
 * set.
 */
const MAPS: Readonly<Record<string, FeatureSpec>> = {
  elu1: { kind: 'elu1', gain: 16, bits: 10 },
  dpfp3: { kind: 'dpfp', order: 3 },
  topk: { kind: 'topk', size: 4096, keep: 32, fan: 8, seed: 7 },
};

/** What a segment's record could be instead: fewer bits, or fewer embeddings, averaged. */
const SMALLER: readonly Smaller[] = [
  { name: '2 bits', tokens: 4, bits: 2 },
  { name: '1 bit', tokens: 4, bits: 1 },
  { name: 'P 2', tokens: 2, bits: 8 },
  { name: 'P 1', tokens: 1, bits: 8 },
];

/** Every way to rank one question, by its name. */
function variants(
  one: Case,
  found: RankingInput,
  places: ReadonlyMap<number, SegmentPlace>,
  otherwise: ReadonlyMap<string, Shares>,
) {
  const rank = (by: 'fused' | 'memory', input: RankingInput) =>
    rankFiles(one.question, by, input, placesOf(input.shares, places));
  const ranked = new Map([
    ['as ask does', rank('fused', found)],
    ['without the memory', rank('fused', { ...found, shares: silent(found.shares, places) })],
    ['without words and roles', rank('memory', found)],
    ['without definitions and phrases', rank('fused', { ...found, exact: new Map() })],
  ]);
  for (const [name, shares] of otherwise) {
    ranked.set(`${name} alone`, rank('memory', { ...found, shares }));
    ranked.set(`${name}, words`, rank('fused', { ...found, shares }));
  }
  return ranked;
}

const wanted = values.repos.split(',').filter((name) => name !== '');
const packs = await findPacks(values.data);
const all = (['localisation', 'repoqa'] as const).flatMap((task) => readCases(values.data, task));
const cases = Map.groupBy(all, ({ repository, commit }) => packOf(packs, repository, commit));
const engine = new Engine({ script: resolve('dist/engine.js'), settings: { device: 'cpu' } });
const results: Result[] = [];
try {
  for (const [pack, own] of cases) {
    if (!pack || !isWanted(pack, wanted)) continue;
    const repository = await openRepository(pack, values.cache, new AbortController().signal);
    const index = await FolderIndex.open({ root: repository.root, engine, home: resolve(values.cache, 'home') });
    await index.refresh({});
    const { shape } = index.ledger.identity;
    const table = new EmbeddingTable(shape);
    const places = new Map<number, SegmentPlace>();
    const smaller = SMALLER.filter(({ tokens }) => shape.tokens % tokens === 0).map((kept) => ({
      kept,
      name: `${kept.name} (${bytesOf({ ...kept, bits: Math.min(4, kept.bits) }, shape.keySize)} B)`,
      table: new EmbeddingTable({ ...shape, tokens: kept.tokens }),
    }));
    for (const { record, ...place } of index.ledger.segments()) {
      if (record === undefined) throw new Error(`${place.path} is not embedded.`);
      table.append(place.segmentId, record.keys);
      const keys = unpackKeys(record.keys, shape.keySize);
      places.set(place.segmentId, place);
      for (const { kept, table: own } of smaller) {
        own.append(place.segmentId, packKeys(smallerKeys(keys, shape.keySize, kept), shape.keySize));
      }
    }
    const maps = Object.entries(MAPS).map(([name, spec]): [string, FeatureMap] => [
      name,
      featureMap(spec, shape.keySize),
    ]);
    for (const one of own) {
      const keys = [await engine.question(one.question)];
      const found = await findFor(index, one.question, keys);
      const { temperature: tau } = index.adapter;
      const otherwise = new Map([
        ...maps.map(([name, map]) => [name, recallByFeature(table, keys, map)] as const),
        ...smaller.map(({ name, table: own }) => [name, recall(own, keys, tau)] as const),
      ]);
      results.push(...resultsOf(one, repository.name, variants(one, found, places, otherwise)));
    }
    console.error(`${repository.name}: ${own.length} cases`);
    index.close();
  }
} finally {
  engine.close();
}
console.log(render(rowsOf(results).filter(({ repository }) => repository === 'all')));
