import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it, test } from 'vitest';
import { harmless, literal } from '../../../src/chat/harmless-markdown.ts';
import { hostile, text } from '../../chat-page/material.ts';

/** Takes markup and bare addresses, as VS Code's preview does: one without a scheme is none. */
const eager = new MarkdownIt({ html: true, linkify: true });
eager.linkify.set({ fuzzyLink: false });

/** Renderers that an exported answer may meet: the strict one, and one that takes markup and bare addresses. */
const DIALECTS = [new MarkdownIt('commonmark'), eager];
const tokensOf = (markdown: string, dialect: (typeof DIALECTS)[number]) =>
  dialect.parse(markdown, {}).flatMap((token) => [token, ...(token.children ?? [])]);

/** What would be fetched, followed or run. */
const LIVE = new Set(['image', 'link_open', 'html_block', 'html_inline']);
const live = (markdown: string) =>
  DIALECTS.flatMap((dialect) =>
    tokensOf(markdown, dialect)
      .filter(({ type }) => LIVE.has(type))
      .map(({ type }) => type),
  );

/** Pieces that make links, images and markup, in the ways that CommonMark and its neighbors know. */
const EVIL = [
  '![pixel](https://example.com/p.gif?q=secret)',
  '[words](https://example.com)',
  '[run](command:workbench.action.quit)',
  '[run](<javascript:alert(1)> "title")',
  '![p][ref]',
  '[ref]',
  '[ref]: https://example.com/p.gif',
  '[ref]:\n  <https://example.com/p.gif>\n  "t"',
  '>[ref]:\n>  <https://example.com/p.gif>',
  '<https://example.com>',
  '<img src="https://example.com/p.gif">',
  '<img\nsrc=https://example.com/p.gif\n>',
  '<!-- x -->',
  '<details open ontoggle=alert(1)>',
  'https://example.com/a',
  'www.example.com',
  'mail@example.com',
  '[![p](https://example.com/p.gif)](https://example.com)',
  '| a |\n|---|\n| ![p](https://example.com/p.gif) |',
  '> - 1. ![p](https://example.com/p.gif)',
  '# ![p](https://example.com/p.gif)',
  '```\n![p](https://example.com/p.gif)',
  '`![p](https://example.com/p.gif)',
  '\\![p](https://example.com/p.gif)',
  '![p\\](https://example.com/p.gif)',
  '[^1]: https://example.com',
  '![[https://example.com/p.gif]]',
  '&#33;[p](https://example.com/p.gif)',
  '~~~html\n<b>',
  '    ![p](https://example.com/p.gif)',
];
const around = fc.constantFrom('', ' ', '\n', '\n\n', '*', '`', '``', '- ', '> ', '1. ', '\\', '    ', '|', '\u202E');
const answers = fc
  .array(fc.oneof(fc.constantFrom(...EVIL), around, fc.string({ maxLength: 12 })), { maxLength: 10 })
  .map((parts) => parts.join(''));

describe('an answer that leaves the editor', () => {
  it.each(EVIL)('holds nothing live: %j', (evil) => {
    for (const markdown of [evil, `Text ${evil} text.`, `Text.\n\n${evil}\n\nText.`]) {
      expect(live(harmless(markdown))).toEqual([]);
    }
  });

  it('holds nothing live, whatever stands in it and however it is joined', () => {
    fc.assert(
      fc.property(fc.tuple(answers, answers), ([one, other]) => {
        // One document holds several answers.
        expect(live(`${harmless(one)}\n\n${harmless(other)}`)).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it('names no address for another answer', () => {
    for (const evil of EVIL) expect(live(`${harmless(evil)}\n\n[ref] ![ref]`)).toEqual([]);
  });

  it('closes what it opens: a heading after it is a heading', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        const found = tokensOf(`${harmless(answer)}\n\n# The end`, DIALECTS[0]!);
        expect(found.findLast(({ type }) => type === 'inline')?.content).toBe('The end');
        expect(found.at(-1)?.type).toBe('heading_close');
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps the words and the address of a link, as text', () => {
    const [paragraph] = new MarkdownIt().parse(harmless('See [the docs](https://example.com/a?b=c).'), {}).slice(1);
    const shown = paragraph?.children?.map(({ content }) => content).join('');
    expect(shown).toBe('See [the docs](https://example.com/a?b=c).');
  });

  it('shows what is hidden', () => {
    expect(harmless(hostile.text)).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
    expect(harmless(hostile.text)).toContain('\\u{202e}');
  });

  it('draws nothing: a diagram is shown as its source', () => {
    const drawn = harmless('```mermaid\ngraph LR; click a "https://example.com"\n```\n\n```html\n<img src=x>\n```');
    expect(
      tokensOf(drawn, DIALECTS[0]!)
        .filter(({ type }) => type === 'fence')
        .map(({ info }) => info),
    ).toEqual(['', '']);
  });
});

test('an answer without any of that stays as it was written', () => {
  expect(harmless(text)).toBe(text);
  const table = '| a | b |\n|---|---|\n| 1 | *2* |';
  expect(harmless(table)).toBe(table);
});

test('one line of text is nothing but text', () => {
  for (const evil of EVIL) {
    for (const dialect of DIALECTS) {
      const tokens = tokensOf(literal(evil), dialect).filter(
        ({ type }) => !/^(paragraph_(open|close)|inline|text)$/.test(type),
      );
      expect(tokens).toEqual([]);
    }
  }
});
