import MarkdownIt from 'markdown-it';
import { harmless, literal } from '../../../src/chat/harmless-markdown.ts';
import { shown, shownMarkdown } from '../../../src/ui/shown.ts';
import { promised, textOf } from '../target.ts';
import type { Target } from '../target.ts';

/** Takes markup and bare addresses, as VS Code's preview does: one without a scheme is none. */
const eager = new MarkdownIt({ html: true, linkify: true });
eager.linkify.set({ fuzzyLink: false });

const DIALECTS = [new MarkdownIt('commonmark'), eager];
const LIVE = new Set(['image', 'link_open', 'html_block', 'html_inline']);

const isLive = (markdown: string) =>
  DIALECTS.some((dialect) =>
    dialect
      .parse(markdown, {})
      .some(({ type, children }) => LIVE.has(type) || children?.some((child) => LIVE.has(child.type))),
  );

/** Answers and names that leave the editor, or are shown by it. */
export const markdown: Target = {
  name: 'markdown',
  dictionary: [
    ...[
      '![p](https://example.com/p.gif)',
      '[a](command:x)',
      '<img src=x>',
      '[a]: https://example.com',
      '![a][a]',
      '](',
      '[',
    ],
    ...[
      '<',
      '>',
      '`',
      '```',
      '~~~',
      '\\',
      '&#33;',
      '*',
      '_',
      '|',
      '|---|',
      '\n',
      '\n\n',
      '> ',
      '- ',
      '1. ',
      '# ',
      '    ',
      '\t',
    ],
    ...[
      'https://example.com',
      'www.example.com',
      'a@example.com',
      '$(x)',
      '\u202E',
      '\u200B',
      '[^1]',
      '<!--',
      '-->',
      '<![CDATA[',
    ],
  ],
  run: (input) => {
    const text = textOf(input).slice(0, 10_000);
    promised(!isLive(harmless(text)), 'Nothing in an answer that leaves the editor is live.');
    promised(!isLive(`- ${literal(text)}`), 'A line of text is nothing but text.');
    promised(!isLive(`| ${shownMarkdown(text)} |`), 'A name in Markdown is nothing but text.');
    promised(
      !/\$\([\w~-]+\)|\]\(|[\n\r\u202E\u200B]/.test(shown(text)),
      'A name that is shown has no link, icon or hidden character.',
    );
  },
};
