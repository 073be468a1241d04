import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Refreshed } from '../../src/service/protocol.ts';
import { serviceIn } from './client.ts';

/**
 * Fifty saves in a copy of this project's sources: how long after the change is told the memory holds it, and how much
 * of that was the model's own time. The editor waits another moment before it tells (`src/ui/watch/change-batch.ts`).
 *
 *     node esbuild.js --quiet && node test/bench/saves.ts
 */
const SAVES = 50;
const top = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'ask-codebase-saves-'));
const root = join(folder, 'repository');
cpSync(join(top, 'src/index'), join(root, 'index'), { recursive: true });
cpSync(join(top, 'src/engine'), join(root, 'engine'), { recursive: true });
execFileSync('git', ['-C', root, 'init', '--quiet']);

const refreshed: Refreshed[] = [];
const client = serviceIn(join(folder, 'home'), (notice) => {
  if (notice.kind === 'refreshed') refreshed.push(notice.refreshed);
});
await client.folders([{ root, name: 'repository' }]);
await client.refresh(root);

const path = 'engine/client/engine.ts';
const text = readFileSync(join(root, path), 'utf8').split('\n');
for (let save = 0; save < SAVES; save += 1) {
  const at = 60 + ((save * 7) % 180);
  writeFileSync(join(root, path), text.with(at, `${text[at] ?? ''} // save ${save}`).join('\n'));
  await client.refresh(root, [path]);
}
await client.close();
rmSync(folder, { recursive: true, force: true });

const sorted = (of: (one: Refreshed) => number) => refreshed.map(of).sort((a, b) => a - b);
const row = (values: readonly number[]) => ({
  median: Math.round(values[Math.floor(values.length / 2)] ?? 0),
  p95: Math.round(values[Math.floor(values.length * 0.95)] ?? 0),
  longest: Math.round(values.at(-1) ?? 0),
});
console.log(
  `${refreshed.length} saves, ${refreshed.reduce((sum, { encoded }) => sum + encoded, 0)} segments encoded; milliseconds:`,
);
console.table({
  'save to memory': row(sorted(({ milliseconds }) => milliseconds)),
  'of that, the model': row(sorted(({ encodeMilliseconds }) => encodeMilliseconds)),
  'the rest': row(sorted(({ milliseconds, encodeMilliseconds }) => milliseconds - encodeMilliseconds)),
});
