import { describe, expect, it, test } from 'vitest';
import { NAMED_FILE, namedFiles } from '../../../src/retrieve/named-file.ts';

const PATHS = [
  'LICENSE',
  'README.md',
  'docs/README.md',
  'src/engine/host.ts',
  'src/engine/index.ts',
  'src/ask/index.ts',
  'src/routes/[slug]/page.tsx',
  'test/unit/ghost.ts',
];
const { file, folder } = NAMED_FILE.weight;

test.each([
  ['What does src/engine/host.ts do?', { 'src/engine/host.ts': file }],
  ['what does HOST.TS do', { 'src/engine/host.ts': file }],
  ['Explain `engine/host.ts`, please.', { 'src/engine/host.ts': file }],
  ['Why does it fail at ./src/engine/host.ts:120:7?', { 'src/engine/host.ts': file }],
  ['Why does src\\engine\\host.ts fail?', { 'src/engine/host.ts': file }],
  ['Read (host.ts).', { 'src/engine/host.ts': file }],
  ['Read it (and host.ts), then explain.', { 'src/engine/host.ts': file }],
  ['Which page is src/routes/[slug]/page.tsx?', { 'src/routes/[slug]/page.tsx': file }],
  ['What is in index.ts?', { 'src/engine/index.ts': file / 2, 'src/ask/index.ts': file / 2 }],
  ['What is in README.md?', { 'README.md': file }],
  ['What is in docs/readme.md?', { 'docs/README.md': file }],
  ['May I sell it? See LICENSE.', { LICENSE: file }],
  ['Is there a license?', {}],
  ['What is in src/engine?', { 'src/engine/host.ts': folder, 'src/engine/index.ts': folder }],
  ['What is in src/engine/?', { 'src/engine/host.ts': folder, 'src/engine/index.ts': folder }],
  ['What does the host do?', {}],
  ['What does and/or mean, e.g. in 1.5?', {}],
  ['Is host.tsx there?', {}],
])('%s', (question, expected) => {
  const found = [...namedFiles(question, PATHS)].map(([path, { added }]) => [path, added] as const);
  expect(Object.fromEntries(found)).toEqual(expected);
});

describe('a long text', () => {
  it('takes no longer than a person notices', () => {
    const paths = Array.from({ length: 50_000 }, (_, at) => `area-${at % 100}/file-${at}.ts`);
    expect(
      namedFiles(`${'./'.repeat(50_000)} ${'a.b/'.repeat(50_000)} file-7.ts`, paths).get('area-7/file-7.ts')?.added,
    ).toBe(file);
  }, 2_000);
});
