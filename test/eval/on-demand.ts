import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Engine } from '../../src/engine/client/engine.ts';
import { FolderIndex } from '../../src/index/folder-index.ts';
import type { SegmentPlace } from '../../src/memory/records.ts';
import { normalize } from '../../src/memory/search/similarity.ts';
import { candidates, joinedShares } from '../../src/retrieve/missing-vectors.ts';
import { rankFiles } from '../../src/retrieve/ranked-files.ts';
import type { RankingInput } from '../../src/retrieve/ranked-files.ts';
import { placesOf } from '../support/places.ts';
import { readCases } from './cases.ts';
import { findFor, resultsOf } from './found.ts';
import { findPacks, isWanted, openRepository, packOf } from './repository.ts';
import type { Result } from './run.ts';
import { render, rowsOf } from './table.ts';

/**
 * How many segments have to have vectors: the messages of commits are ranked by words alone, with the vectors of the
 * first few candidates of a question, and with all. The ledgers hold all vectors, and those beyond the first few are
 * kept from the ranking, so that no figure hangs on the speed of a machine.
 *
 *     node esbuild.js --quiet && node test/eval/on-demand.ts --data DIR [--repos a,b]
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    cache: { type: 'string', default: '.cache/eval' },
    repos: { type: 'string', default: '' },
  },
});

/** Segments that a question encodes; 48 are all its candidates. */
const ENCODED = [4, 8, 16, 48] as const;

/** What a question finds where these segments alone have vectors. */
function withVectorsOf(found: RankingInput, embedded: ReadonlySet<number>): RankingInput {
  const { segmentIds, logShares, logTotal } = found.shares;
  const rows = Array.from(segmentIds, (id, at) => ({ id, logWeight: (logShares[at] ?? -Infinity) + logTotal }));
  const [known, notEmbedded] = [rows.filter(({ id }) => embedded.has(id)), rows.filter(({ id }) => !embedded.has(id))];
  const shares = normalize(
    Float64Array.from(known, ({ id }) => id),
    Float64Array.from(known, ({ logWeight }) => logWeight),
  );
  const ids = notEmbedded.map(({ id }) => id);
  const part = { segmentIds: known.map(({ id }) => id), shares, notEmbedded: ids };
  return { ...found, shares: joinedShares([part]), known: known.length };
}

const wanted = values.repos.split(',').filter((name) => name !== '');
const packs = await findPacks(values.data);
const cases = Map.groupBy(readCases(values.data, 'localisation'), ({ repository, commit }) =>
  packOf(packs, repository, commit),
);
const engine = new Engine({ script: resolve('dist/engine.js'), settings: { device: 'cpu' } });
const results: Result[] = [];
try {
  for (const [pack, own] of cases) {
    if (!pack || !isWanted(pack, wanted)) continue;
    const repository = await openRepository(pack, values.cache, new AbortController().signal);
    const index = await FolderIndex.open({ root: repository.root, engine, home: resolve(values.cache, 'home') });
    await index.refresh({});
    const places = new Map<number, SegmentPlace>();
    for (const { record: _, ...place } of index.ledger.segments()) places.set(place.segmentId, place);
    for (const one of own) {
      const found = await findFor(index, one.question);
      const rank = (input: RankingInput) => rankFiles(one.question, 'fused', input, placesOf(input.shares, places));
      const words = rank(withVectorsOf(found, new Set()));
      const best = candidates(words, () => true);
      const rankings = [
        ['words alone', words],
        ...ENCODED.map((n) => [`${n} segments`, rank(withVectorsOf(found, new Set(best.slice(0, n))))] as const),
        ['all segments', rank(found)],
      ] as const;
      results.push(...resultsOf(one, repository.name, rankings));
    }
    console.error(`${repository.name}: ${own.length} cases`);
    index.close();
  }
} finally {
  engine.close();
}
console.log(render(rowsOf(results).filter(({ repository }) => repository === 'all')));
