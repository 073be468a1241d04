import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SentenceGate } from '../../../src/answer/sentence-gate.ts';

interface Passed {
  readonly text: string;
  readonly leftOut: number;
  readonly isWhole: boolean;
  /** What a reader saw, piece by piece. */
  readonly streamed: string;
  readonly isFull: boolean;
}

/** An answer through the gate, in pieces; a sentence with "wrong" in it is not sound. */
function passed(pieces: readonly string[], { most = 3, isCut = false } = {}): Passed {
  let streamed = '';
  let isFull = false;
  const gate = new SentenceGate({
    question: 'Is the loan of a book extended by the desk?',
    most,
    isSound: ({ text }) => !text.includes('wrong'),
    onText: (text) => {
      streamed += text;
    },
    onFull: () => {
      isFull = true;
    },
  });
  for (const piece of pieces) gate.push(piece);
  return { ...gate.end(isCut), streamed, isFull };
}

test('sentences that are not sound are left out and counted', () => {
  const { text, leftOut } = passed(['The cache holds ten files. It is wrong here. Old ones leave first.']);
  expect(text).toBe('The cache holds ten files. Old ones leave first.');
  expect(leftOut).toBe(1);
});

test('a sentence that goes on from one that was left out goes with it', () => {
  const { text, leftOut } = passed([
    'The cache is wrong here. It holds ten files. If so, they leave. The disk is full. It is old.',
  ]);
  expect(text).toBe('The disk is full. It is old.');
  expect(leftOut).toBe(3);
});

test('an answer ends after so many sentences, and says so once', () => {
  const { text, isFull } = passed(['One file lends. Another returns books. A third renews. Nobody reads this.'], {
    most: 2,
  });
  expect(text).toBe('One file lends. Another returns books.');
  expect(isFull).toBe(true);
});

test('what says nothing new is no sentence more, and is not counted as unsourced', () => {
  const list = 'It has these parts:\n\n- `lend` lends a book\n- `lend` lends a book\n- `renew` extends a loan\n';
  expect(passed([list])).toMatchObject({
    text: 'It has these parts:\n\n- `lend` lends a book\n- `renew` extends a loan',
    leftOut: 0,
  });
});

test('a question that is said again is no answer', () => {
  expect(passed(['When was `lend` added? It was added by the first commit.'])).toMatchObject({
    text: 'It was added by the first commit.',
    leftOut: 0,
  });
});

test('a sentence that only says the question again is no answer', () => {
  expect(passed(['The loan of a book is extended by the desk.'])).toMatchObject({ text: '', leftOut: 0 });
  expect(passed(['The loan of a book is extended by the desk twice.']).text).not.toBe('');
});

test('so is one with hardly a word of its own, unless that is a name or a number', () => {
  const echo = 'The loan of a book is extended, and the loan is extended by the book and the desk of the loan, again.';
  expect(passed([echo.replace('again', 'desk')])).toMatchObject({ text: '', leftOut: 0 });
  expect(passed(['The loan of a book is extended by `renew`.']).text).not.toBe('');
  expect(passed(['The loan of a book is extended 3 times by the desk, and the loan by the desk.']).text).not.toBe('');
});

test('a lead-in passes with what it leads to, and not alone', () => {
  expect(passed(['Lending works so:\n\n- It is wrong.\n']).text).toBe('');
  expect(passed(['# Lending\n\nA reader takes a book home.']).text).toBe('# Lending\n\nA reader takes a book home.');
});

test('an answer that was cut ends at a sentence', () => {
  expect(passed(['A reader takes a book home. Then the desk'], { isCut: true }).text).toBe(
    'A reader takes a book home.',
  );
  expect(passed(['A reader takes a book home. Then the desk waits'], {}).text).toContain('waits');
  expect(passed(['A reader takes'], { isCut: true })).toMatchObject({ text: 'A reader takes', isWhole: false });
});

test('a block of code is judged whole', () => {
  const code = 'See:\n\n```ts\nlend(book);\n\nrenew(loan); // wrong\n```\n\nThe desk calls both.';
  expect(passed([code])).toMatchObject({ leftOut: 1, text: expect.stringContaining('The desk calls both.') as string });
  expect(passed([code]).text).not.toContain('lend(book)');
  expect(passed([code.replace('wrong', 'right')]).text).toContain('```ts\nlend(book);\n\nrenew(loan); // right\n```');
});

test('how an answer is cut into pieces changes nothing, and what was streamed is what passed', () => {
  const word = fc.constantFrom(
    'The desk lends. ',
    'It is wrong. ',
    '`a.b` holds',
    ' e.g. ',
    '\n',
    '- item one\n',
    '```\ncode\n```\n',
    'Ten. ',
    '# Head\n',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), fc.array(fc.nat(80), { maxLength: 8 }), (words, cuts) => {
      const whole = words.join('');
      const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).toSorted((a, b) => a - b), whole.length];
      const pieces = at.slice(1).map((end, index) => whole.slice(at[index], end));
      const once = passed([whole]);
      expect(passed(pieces)).toEqual(once);
      expect(once.streamed.trim()).toBe(once.text);
    }),
  );
});
