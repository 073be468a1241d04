import { expect, it } from 'vitest';
import { sentences } from '../../../src/answer/sentence.ts';

const texts = (answer: string) => sentences(answer).map(({ text }) => text);

it('a sentence that is wrapped is one', () => {
  expect(texts('It is logged unless `expose` is true or `status`\nis 404. Then\nnothing is.')).toEqual([
    'It is logged unless `expose` is true or `status` is 404.',
    'Then nothing is.',
  ]);
});

it('items, headings, lead-ins and paragraphs end what stands before them', () => {
  const answer = '# Steps\nThe steps are:\nFirst it walks\n- It reads.\n- It writes\n  down.\n\nIt ends.\n1. Once.';
  expect(texts(answer)).toEqual(['First it walks', '- It reads.', '- It writes down.', 'It ends.', 'Once.']);
});

it('code is one claim, and ends a sentence that had no end', () => {
  expect(sentences('It calls\n```js\nf();\n\ng();\n```\nand returns.')).toEqual([
    { kind: 'prose', text: 'It calls' },
    { kind: 'code', text: 'f();\n\ng();' },
    { kind: 'prose', text: 'and returns.' },
  ]);
});
