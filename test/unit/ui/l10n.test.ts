import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const top = fileURLToPath(new URL('../../../', import.meta.url));
const json = (name: string) => JSON.parse(readFileSync(top + name, 'utf8')) as Record<string, string>;
const placeholders = (text: string) => (text.match(/\{\d+\}|command:[\w.%?]+/g) ?? []).sort();

const bundles = readdirSync(`${top}l10n`).filter((name) => /^bundle\.l10n\.\w+\.json$/.test(name));
const manifests = readdirSync(top).filter((name) => /^package\.nls\.\w+\.json$/.test(name));

describe('texts', () => {
  it('of the memory’s thread all go through the translator', () => {
    const folder = `${top}src/service/`;
    const bare = readdirSync(folder).flatMap((name) => {
      const source = readFileSync(folder + name, 'utf8');
      return Array.from(
        source.matchAll(/(?:\bsentence\b(?::| =)\s*|new AppError\(\s*'[\w/-]+',\s*)['"`][^\n]*/g),
        ([text]) => text,
      );
    });
    expect(bare).toEqual([]);
  });

  it('of the manifest are all there, and none too many', () => {
    const manifest = readFileSync(`${top}package.json`, 'utf8');
    const used = new Set(Array.from(manifest.matchAll(/"%([\w.-]+)%"/g), ([, key]) => key));
    expect(Object.keys(json('package.nls.json')).sort()).toEqual([...used].sort());
  });

  it('are translated at least once', () => {
    expect(bundles).toContain('bundle.l10n.de.json');
    expect(manifests).toContain('package.nls.de.json');
  });
});

describe.each([
  ...bundles.map((name) => ['l10n/bundle.l10n.json', `l10n/${name}`] as const),
  ...manifests.map((name) => ['package.nls.json', name] as const),
])('%s in %s', (english, name) => {
  const translated = json(name);

  it('has every text', () => {
    expect(Object.keys(translated).sort()).toEqual(Object.keys(json(english)).sort());
  });

  it('keeps what is filled in, and the commands', () => {
    for (const [key, text] of Object.entries(json(english)))
      expect([key, placeholders(translated[key] ?? '')]).toEqual([key, placeholders(text)]);
  });
});
