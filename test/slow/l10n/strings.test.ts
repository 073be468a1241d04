import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const l10n = join(import.meta.dirname, '../../../l10n');

it('all texts are in the bundle that translators start from (else run: node l10n/export.js)', async () => {
  const { strings } = (await import(join(l10n, 'strings.js'))) as { strings: () => Promise<Record<string, string>> };
  const bundle = JSON.parse(readFileSync(join(l10n, 'bundle.l10n.json'), 'utf8')) as Record<string, string>;
  expect(Object.keys(bundle)).toEqual(Object.keys(await strings()));
});
