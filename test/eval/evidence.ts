import { writeFileSync, appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Codebase } from '../../src/ask/codebase.ts';
import { features, fileEvidence } from '../../src/ask/evidence.ts';
import { Engine } from '../../src/engine/host.ts';
import { defaultSettings } from '../../src/engine/settings.ts';
import { questionTerms } from '../../src/memory/lexicon.ts';
import type { SegmentPlace } from '../../src/memory/records.ts';
import { asInUse } from '../torture/encoder.ts';
import { readCases } from './cases.ts';
import { findPacks, openRepository, packOf } from './repository.ts';

/**
 * What the fusion is fitted on: for every case of a data folder, the features of all files and which of them are gold, a line
 * each: {"id", "repo", "strict", "files": [[gold, …features]]}. `--words` leaves the model out (its shares are all alike), which takes
 * seconds a repository instead of minutes; `models/training/fusion.py` fits both.
 *
 *     node esbuild.js --quiet && node test/eval/evidence.ts --data DIR --out FILE [--repos a,b] [--words]
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    cache: { type: 'string', default: '.cache/eval' },
    out: { type: 'string', default: 'evidence.jsonl' },
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
  : new Engine({ ...defaultSettings({ device: 'cpu' }), script: resolve('dist/engine.js') });
const packs = await findPacks(values.data);
const cases = Map.groupBy(readCases(values.data, 'localisation'), ({ repository, commit }) =>
  packOf(packs, repository, commit),
);
writeFileSync(values.out, '');
try {
  for (const [pack, own] of cases) {
    if (!pack || (wanted.length > 0 && !wanted.some((name) => pack.repository.endsWith(`/${name}`)))) continue;
    const repository = await openRepository(pack, values.cache, new AbortController().signal);
    const home = resolve(values.cache, values.words ? 'home-words' : 'home');
    const codebase = await Codebase.open({ root: repository.root, engine, home });
    await codebase.refresh({});
    const began = performance.now();
    for (const one of own) {
      const words = questionTerms(one.question);
      const found = codebase.find({ keys: [await engine.question(one.question)], words });
      const places = new Map<number, SegmentPlace>();
      for (const id of found.shares.segmentIds) {
        const place = codebase.place(id);
        if (place) places.set(id, place);
      }
      const gold = new Set(one.files);
      const files = fileEvidence(words, found, places).map((file) => [
        gold.has(file.path) ? 1 : 0,
        ...features(file, one.question).map((x) => Number(x.toFixed(4))),
      ]);
      const strict = one.task === 'localisation' && one.strict;
      appendFileSync(values.out, `${JSON.stringify({ id: one.id, repo: pack.repository, strict, files })}\n`);
    }
    console.log(`${repository.name}: ${own.length} cases, ${Math.round(performance.now() - began)} ms`);
    codebase.close();
  }
} finally {
  engine.close();
}
