import { expect, test } from 'vitest';
import type { Evidence } from '../../../src/evidence/evidence.ts';
import { evidenceRows } from '../../../src/terminal/evidence.ts';
import type { Row } from '../../../src/terminal/output.ts';

const plain = (row: Row): string =>
  typeof row === 'string' ? row : row.map((part) => (typeof part === 'string' ? part : part.text)).join('');

const item = { label: 'use', path: 'a.ts', lines: { start: 3, end: 3 }, text: '  lend();', note: 'lend' } as const;
const evidence: Evidence = {
  kind: 'references',
  items: [item],
  from: 0,
  count: 1,
  files: 1,
  names: 0,
  isComplete: true,
};

test('one line stands beside its place, several below it', () => {
  expect(evidenceRows(evidence).map(plain)).toEqual(['References  1 place in 1 file', '  a.ts:3  lend();']);
  const definition = {
    ...item,
    label: 'definition',
    lines: { start: 1, end: 2 },
    text: '// Lends.\n\tlend() {',
  } as const;
  expect(
    evidenceRows({ ...evidence, kind: 'definition', items: [definition] })
      .map(plain)
      .slice(1),
  ).toEqual(['  a.ts:1-2', '      // Lends.', '        lend() {']);
  const commit = { ...item, label: 'commit', text: 'Lend', note: '0123456789 2026-01-02 Ada' } as const;
  expect(evidenceRows({ ...evidence, kind: 'history', items: [commit], isComplete: false }).map(plain)).toEqual([
    'History  1 place in 1 file (perhaps not all)',
    '  a.ts:3  0123456789 2026-01-02 Ada',
    '      Lend',
  ]);
});

test('what is not listed is counted', () => {
  const many: Evidence = { ...evidence, items: Array.from({ length: 50 }, () => item), count: 70, files: 9, names: 4 };
  const rows = evidenceRows(many).map(plain);
  expect(rows[0]).toBe('References  70 places in 9 files, 4 names');
  expect(rows).toHaveLength(22);
  expect(rows.at(-1)).toBe('  … and 50 more: `evidence --from 20 "…"`');
  expect(evidenceRows(many, { kind: 'list', scope: '+src -tests' }).map(plain).at(-1)).toBe(
    '  … and 50 more: `evidence --kind list --scope "+src -tests" --from 20 "…"`',
  );
  const page = evidenceRows({ ...many, items: many.items.slice(0, 10) }, { from: 60, most: 100 }).map(plain);
  expect(page).toHaveLength(11);
});
