import { writeFileSync, appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FolderIndex } from '../../src/index/folder-index.ts';
import { Engine } from '../../src/engine/client/engine.ts';
import { defaultSettings } from '../../src/engine/settings.ts';
import type { SegmentPlace } from '../../src/memory/records.ts';
import { asInUse } from '../support/encoder.ts';
import { readCases } from './cases.ts';
import { fileFeatures, inUse } from './file-features.ts';
import { findFor } from './found.ts';
import { namesFile } from './history.ts';
import { rankOf, summarise } from './metrics.ts';
import type { Outcome } from './metrics.ts';
import { findPacks, isWanted, openRepository, packOf } from './repository.ts';

/**
 * What could decide between files, for every case of a data folder, and how well the ranking in use does with it. A
 * line each: {"id", "repo", "strict", "unnamed", "files": [[gold, share, bestShare, words, neighbours, role,
 * segments]]}. `--words` leaves the model out and takes all shares for alike, which takes seconds a repository instead
 * of minutes.
 *
 *     node esbuild.js --quiet && node test/eval/ranking-features.ts --data DIR --out FILE [--repos a,b] [--words]
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    cache: { type: 'string', default: '.cache/eval' },
    out: { type: 'string', default: 'ranking-features.jsonl' },
    repos: { type: 'string', default: '' },
    words: { type: 'boolean', default: false },
  },
});
const wanted = values.repos.split(',').filter((name) => name !== '');

/** Stands for the model where only words are asked for: every key is the same. */
class Wordless {
  readonly settings = defaultSettings({ device: 'cpu' });
  segment(text: string) {
    return Promise.resolve(asInUse(text).map((cut) => ({ ...cut, tokens: Math.ceil(cut.text.length / 4) })));
  }
  encode() {
    const keys = new Float32Array(8 * 256).fill(1 / 16);
    return Promise.resolve({ keys, tokens: 1, milliseconds: 0 });
  }
  question() {
    return Promise.resolve(new Float32Array(256).fill(1 / 16));
  }
  close(): void {}
}

const engine = values.words
  ? (new Wordless() as unknown as Engine)
  : new Engine({ script: resolve('dist/engine.js'), settings: { device: 'cpu' } });
const packs = await findPacks(values.data);
const cases = Map.groupBy(readCases(values.data, 'localisation'), ({ repository, commit }) =>
  packOf(packs, repository, commit),
);
const outcomes = new Map<string, Outcome[]>();
writeFileSync(values.out, '');
try {
  for (const [pack, own] of cases) {
    if (!pack || !isWanted(pack, wanted)) continue;
    const repository = await openRepository(pack, values.cache, new AbortController().signal);
    const home = resolve(values.cache, values.words ? 'home-words' : 'home');
    const index = await FolderIndex.open({ root: repository.root, engine, home });
    await index.refresh({});
    const began = performance.now();
    for (const one of own) {
      const found = await findFor(index, one.question);
      const places = new Map<number, SegmentPlace>();
      for (const id of found.shares.segmentIds) {
        const place = index.place(id);
        if (place) places.set(id, place);
      }
      const gold = new Set(one.files);
      const files = fileFeatures(one.question, found, places).map((file) =>
        values.words ? { ...file, share: 0, bestShare: 0 } : file,
      );
      const rows = files.map(({ path, ...numbers }) => [
        gold.has(path) ? 1 : 0,
        ...Object.values(numbers).map((number) => Number(number.toFixed(4))),
      ]);
      const strict = one.task === 'localisation' && one.strict;
      const unnamed = !namesFile(one.question, one.files);
      appendFileSync(
        values.out,
        `${JSON.stringify({ id: one.id, repo: pack.repository, strict, unnamed, files: rows })}\n`,
      );
      const ranked = files
        .map((file) => ({ path: file.path, weight: inUse(file) }))
        .sort((a, b) => b.weight - a.weight || (a.path < b.path ? -1 : 1));
      const list = ranked.map(({ path }) => path);
      const outcome = rankOf(list, one.files);
      for (const [kind, counts] of Object.entries({ all: true, unnamed, strict })) {
        if (counts) outcomes.set(kind, [...(outcomes.get(kind) ?? []), outcome]);
      }
    }
    console.log(`${repository.name}: ${own.length} cases, ${Math.round(performance.now() - began)} ms`);
    index.close();
  }
} finally {
  engine.close();
}
for (const [kind, own] of outcomes) {
  const { cases, hit1, hit5, mrr } = summarise(own.map((outcome) => [outcome]));
  console.log(
    `${kind}: ${cases} cases, hit@1 ${(100 * hit1).toFixed(1)}, hit@5 ${(100 * hit5.mean).toFixed(1)}, MRR ${mrr.toFixed(3)}`,
  );
}
