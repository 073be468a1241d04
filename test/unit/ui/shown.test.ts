import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import { shown, shownLines, shownMarkdown } from '../../../src/ui/shown.ts';

/** Names that a hostile repository gives its files, and what VS Code would make of them. */
const NAMES = [
  '[Details](command:workbench.action.terminal.sendSequence?%7B%7D)',
  '[x](https://example.com)',
  '$(trash) all good.ts',
  '$(loading~spin)',
  'invoice\u202Egnp.exe',
  'a\nb\r\nFORGED: all is well',
  'zero\u200Bwidth\u2060.ts',
  '\u001b]0;title\u0007',
  'https://example.com/x',
  'www.example.com',
  '<img src=x onerror=alert(1)>',
  '![p](https://example.com/p.gif)',
  'a@example.com',
  '&lt;b&gt; `code` *em* | cell',
];
const names = fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: 'binary' }), fc.string());
/** As VS Code finds links in a notification, and icons in a label. */
const LINK = /\[[^\]]+\]\([^)\s]+\)/;
const ICON = /\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/;
const HIDDEN = /[\p{Cc}\u200B\u2028-\u202E\u2060-\u2069\uFEFF]/u;

describe('a name that is shown', () => {
  it('is one line without links, icons and hidden characters, whatever it holds', () => {
    const both = fc.tuple(names, names).map((parts) => parts.join(''));
    fc.assert(
      fc.property(both, (name) => {
        expect(shown(name)).not.toMatch(LINK);
        expect(shown(name)).not.toMatch(ICON);
        expect(shown(name)).not.toMatch(HIDDEN);
      }),
      { numRuns: 2000 },
    );
  });

  it('stays what it is where nothing is wrong with it', () => {
    for (const name of ['src/loans.ts', 'Übersicht (neu).md', '日本.ts', '👩‍👩‍👧.md', '[slug].svelte', '(group)']) {
      expect(shown(name)).toBe(name);
    }
  });

  it('keeps the lines of a text that has some', () => {
    expect(shownLines('a\nb $(x)\u202E')).toBe('a\nb $ (x)\\u{202e}');
  });
});

/** Takes markup and bare addresses, as VS Code's preview does: one without a scheme is none. */
const eager = new MarkdownIt({ html: true, linkify: true });
eager.linkify.set({ fuzzyLink: false });

describe('a name in Markdown', () => {
  const dialects = [new MarkdownIt('commonmark'), eager];

  it('is read as nothing but text, in every dialect', () => {
    fc.assert(
      fc.property(names, (name) => {
        for (const dialect of dialects) {
          const tokens = dialect.parseInline(shownMarkdown(name), {}).flatMap(({ children }) => children ?? []);
          expect(tokens.filter(({ type }) => type !== 'text')).toEqual([]);
          expect(
            tokens
              .map(({ content }) => content)
              .join('')
              .trim(),
          ).toBe(shown(name).trim());
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('cannot leave the cell of a table', () => {
    const row = (cell: string) => `| a | b |\n|---|---|\n| ${shownMarkdown(cell)} | end |`;
    for (const name of NAMES) {
      const cells = new MarkdownIt().parse(row(name), {}).filter(({ type }) => type === 'td_open');
      expect(cells).toHaveLength(2);
    }
  });
});
