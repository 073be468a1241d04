import { expect, it } from 'vitest';
import type { RememberedFile } from '../../../../src/service/protocol.ts';
import { amounts } from '../../../../src/common/number-format.ts';
import { digest, digestLine, rememberedCount } from '../../../../src/ui/memory-view/digest.ts';

const english = amounts('en');
const file = (path: string, lines: number, state: RememberedFile['state']): RememberedFile => ({
  ...{ path, bytes: 1, lines, segments: lines / 10, share: 0 },
  state,
});
const facts = (files: readonly RememberedFile[], databaseBytes: number) => ({
  ...{ folder: { root: '/r', name: 'r' }, files, databaseBytes, tokens: 7 },
});
const message = 'Why.';

it('adds up the roots, and counts only the lines that are remembered', () => {
  const total = digest([
    facts([file('a', 4_000, { kind: 'ingested' }), file('b', 50, { kind: 'skipped', reason: 'data', message })], 2e5),
    facts([file('c', 1_000, { kind: 'ingested' }), file('d', 0, { kind: 'failed', reason: 'x', message })], 15e4),
  ]);
  expect(total).toMatchObject({ remembered: 2, skipped: 1, failed: 1, lines: 5_000, tokens: 14, databaseBytes: 35e4 });
  expect(digestLine(total, english)).toBe('1 left out · 1 failed · 350 kB on disk (70 kB per 1,000 lines)');
  expect(rememberedCount(total, english)).toBe('2 files');
});

it('says nothing about a thousand lines where there are fewer', () => {
  const total = digest([facts([file('a', 40, { kind: 'ingested' })], 2e5)]);
  expect(digestLine(total, english)).toBe('200 kB on disk');
  expect(rememberedCount(total, english)).toBe('1 file');
});
