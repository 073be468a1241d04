import MarkdownIt from 'markdown-it';
import { expect, test } from 'vitest';
import { newExchange } from '../../../src/chat/exchange.ts';
import { answerMarkdown, code, conversationMarkdown } from '../../../src/chat/markdown.ts';
import type { Exchange } from '../../../src/chat/transcript.ts';
import { attributed, hostile, question, ranked, text } from '../../chat-page/material.ts';
import { strings, whole } from './support.ts';

const exchange = (own: Partial<Exchange>): Exchange => ({
  ...newExchange('1', { question, scope: whole }, strings),
  text,
  state: { kind: 'answered', sentences: attributed, leftOut: 0, ending: 'stop', seconds: 3, tokens: 5, rate: 20 },
  ...own,
});
const conversation = (...exchanges: Exchange[]) => ({ id: 'c', title: question, updated: 0, exchanges });
const parsed = (markdown: string) => new MarkdownIt('commonmark').parse(markdown, {});
const headings = (markdown: string) =>
  parsed(markdown).flatMap((token, at, all) => (token.type === 'heading_open' ? [all[at + 1]!.content] : []));

test('a conversation is a document with its questions, shares, answers and citations', () => {
  const scope = { base: { kind: 'folder', path: 'lib' }, terms: '-test' } as const;
  const markdown = conversationMarkdown(conversation(exchange({ scope, ranked: ranked.slice(0, 2) })), strings);
  expect(headings(markdown)).toEqual([question, question]);
  expect(markdown).toContain('- 38.7% `lib/response.js`\n- 19.5% `lib/utils.js`\n- 41.8% Others');
  expect(markdown).toContain('`lib -test`');
  expect(markdown).toContain(text);
  expect(markdown).toContain('- `lib/utils.js:129`: ');
  expect(markdown).toContain(`_${strings.unsupported}_: They are cached`);
});

test('an answer that breaks off inside a fence swallows nothing that comes after it', () => {
  for (const broken of ['```js\nopen()', '~~~~\n```\nstill open', hostile.text]) {
    const stopped = exchange({ text: broken, state: { kind: 'stopped', message: 'Stopped.', seconds: 1 } });
    const markdown = conversationMarkdown(conversation(stopped, exchange({})), strings);
    expect(headings(markdown)).toEqual([question, question, question]);
  }
});

test('paths and questions are text, whatever they hold', () => {
  const path = 'src/``tick`s/<b>*x*</b>.js';
  const evil = '# <img src=x> `code` [a](http://b) |';
  const markdown = conversationMarkdown(
    {
      ...conversation(exchange({ question: evil, ranked: [{ path, share: 1, lines: [] }] })),
      title: evil,
    },
    strings,
  );
  const inline = parsed(markdown).flatMap((token) => token.children ?? []);
  expect(inline.filter(({ type }) => ['image', 'html_inline'].includes(type))).toEqual([]);
  expect(inline.filter(({ type }) => type === 'link_open')).toEqual([]);
  expect(inline.some(({ type, content }) => type === 'code_inline' && content === path)).toBe(true);
});

test('inline code survives every run of back-ticks', () => {
  for (const path of ['a', '`', '``a`', 'a``````b', '` `']) {
    const token = parsed(code(path))[1]?.children?.[0];
    expect(token).toMatchObject({ type: 'code_inline', content: path });
  }
});

test('an answer is copied with what it rests on, and a failure with its sentence', () => {
  expect(answerMarkdown(exchange({}), strings)).toMatch(/^The ETag[\s\S]+\*\*Sources\*\*/);
  const failed = exchange({ text: '', state: { kind: 'failed', message: 'The disk is full.', action: 'free-space' } });
  expect(answerMarkdown(failed, strings)).toBe('_The disk is full._');
});
