import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { FolderIndex } from '../../src/index/folder-index.ts';
import { readAdapter } from '../../src/engine/weights/adapter.ts';
import { defaultSettings, SEGMENT_TOKENS } from '../../src/engine/settings.ts';
import { Tokenizer } from '../../src/engine/generate/tokenizer.ts';
import type { Engine } from '../../src/engine/client/engine.ts';
import { segment } from '../../src/workspace/segment/segment.ts';

/**
 * What a memory takes on disk, for any folders: files are walked and cut as always, by the model's own tokenizer; only
 * the keys are random numbers, because a record has the same size whatever is in it. Minutes of the model become
 * seconds.
 *
 *     node test/bench/disk.ts FOLDER …
 */
const folders = process.argv.slice(2);
const settings = defaultSettings({ device: 'cpu' });
const tokenizer = await Tokenizer.load(settings.baseFolder);
const { tokens: memoryTokens, keySize } = await readAdapter(settings.adapterFolder, settings.baseFolder);

const engine = {
  settings,
  segment: (text: string) => {
    const measure = (part: string) => tokenizer.count(part);
    const cuts = segment(text, { maxTokens: SEGMENT_TOKENS, measure });
    return Promise.resolve(cuts.map((cut) => ({ ...cut, tokens: measure(cut.text) })));
  },
  encode: () => {
    const keys = new Float32Array(memoryTokens * keySize);
    for (let token = 0; token < memoryTokens; token += 1) {
      const raw = Float32Array.from({ length: keySize }, () => Math.random() - 0.5);
      const length = Math.hypot(...raw);
      keys.set(
        raw.map((x) => x / length),
        token * keySize,
      );
    }
    return Promise.resolve({ keys, tokens: 1, milliseconds: 0 });
  },
} as unknown as Engine;

const rows: Record<string, Record<string, number | string>> = {};
for (const root of folders) {
  const home = mkdtempSync(join(tmpdir(), 'ask-codebase-disk-'));
  const index = await FolderIndex.open({ root, engine, home });
  await index.refresh({});
  const files = index.ledger.files().filter(({ state }) => state.kind === 'ingested');
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  const source = files.reduce((sum, { path }) => sum + statSync(join(root, path)).size, 0);
  const { databaseBytes, segments } = index.ledger.totals();
  index.close();
  rmSync(home, { recursive: true, force: true });
  rows[basename(root)] = {
    files: files.length,
    lines,
    segments,
    'source, MB': (source / 1e6).toFixed(2),
    'memory, MB': (databaseBytes / 1e6).toFixed(2),
    'kB per 1,000 lines': Math.round(databaseBytes / lines),
    'memory / source': (databaseBytes / source).toFixed(2),
  };
}
console.table(rows);
