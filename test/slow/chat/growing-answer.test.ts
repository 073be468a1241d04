// @vitest-environment jsdom
import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { afterEach, expect, test, vi } from 'vitest';
import { GrowingAnswer } from '../../../media/chat/growing-answer.ts';
import { openBlock, rendered } from '../../../media/chat/markdown.ts';
import { text } from '../../chat-page/material.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

function growing(): { root: HTMLElement; answer: GrowingAnswer } {
  const root = document.createElement('div');
  return { root, answer: new GrowingAnswer(root, () => undefined) };
}

function whole(markdown: string): string {
  const root = document.createElement('div');
  root.append(...[...rendered(markdown).childNodes].filter((node) => node.textContent !== '\n'));
  return root.innerHTML;
}

/** A text in pieces that stand for tokens. */
const pieces = (markdown: string) => markdown.match(/\S+|\s/g) ?? [];

test('whatever the pieces, what is drawn is what the whole text gives', () => {
  const line = fc.constantFrom(
    ...[
      '',
      '',
      'It opens `a.ts`.',
      'and goes on',
      '- one',
      '  - two',
      '* other',
      '1. first',
      '2. second',
      '  in the item',
      '> said',
    ],
    ...[
      '```ts',
      '```',
      '```inline``` text',
      '~~~',
      'const a = 1;',
      '# Title',
      '---',
      '===',
      '| a | b |',
      '|---|---|',
      '| 1 | 2 |',
      '    four',
    ],
    ...['**bold', 'end**', '\\', '[a][b]', '<b>', '\tx', '+ plus', '10) ten', '- ', '-', '#', '> ```'],
  );
  const markdown = fc.array(line, { maxLength: 14 }).map((lines) => lines.join('\n'));
  const cuts = fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(markdown, cuts, (drawn, lengths) => {
      const { root, answer } = growing();
      let at = 0;
      for (let turn = 0; at < drawn.length; turn += 1) {
        const length = 1 + (lengths[turn % lengths.length] ?? 0);
        answer.append(drawn.slice(at, at + length));
        at += length;
        answer.draw();
        expect(root.innerHTML).toBe(whole(drawn.slice(0, at)));
      }
    }),
    { numRuns: 60 },
  );
});

test('a link goes where it was defined before, be it in a block that is done', () => {
  const { root, answer } = growing();
  for (const piece of pieces('[docs]: https://a.example/x\n\nSome text.\n\nSee [docs] there.')) {
    answer.append(piece);
    answer.draw();
  }
  expect(root.querySelector<HTMLElement>('span.link')?.dataset['target']).toBe('https://a.example/x');
});

test('the blocks of a text that are done stay the nodes that they were', () => {
  const { root, answer } = growing();
  const first = `${text}\n\n`;
  answer.append(first);
  answer.draw();
  const nodes = [...root.childNodes];
  for (const piece of pieces(`Then it is sent.\n\n- One\n- Two\n\n${text}`)) {
    answer.append(piece);
    answer.draw();
  }
  // The last paragraph of the first text ends when the next block begins; it is drawn once more then.
  expect([...root.childNodes].slice(0, nodes.length)).toEqual(nodes);
  expect(nodes.every((node, at) => root.childNodes[at] === node)).toBe(true);
});

test('no more is parsed for the last token of a long answer than for one of its first', () => {
  const parse = vi.spyOn(MarkdownIt.prototype, 'parse');
  const { answer } = growing();
  const counts = pieces(`${text}\n\n`.repeat(6)).map((piece) => {
    parse.mockClear();
    answer.append(piece);
    answer.draw();
    return parse.mock.calls.reduce((sum, [parsed]) => sum + parsed.length, 0);
  });
  const half = counts.length / 2;
  expect(Math.max(...counts.slice(half))).toBeLessThanOrEqual(Math.max(...counts.slice(0, half)));
});

test('an open block begins where nothing before it can change any more', () => {
  expect(openBlock('One.\n\nTwo')).toBe(0);
  expect(openBlock('One.\n\nTwo\n')).toBe(6);
  expect(openBlock('para\n```')).toBe(0);
  expect(openBlock('para\n```\n')).toBe(5);
  expect(openBlock('a\r\n\r\nb\r\n')).toBe(5);
  expect(openBlock('- a\n- b\n\n  c\n')).toBe(0);
});
