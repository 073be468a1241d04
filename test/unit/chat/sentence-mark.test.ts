// @vitest-environment jsdom
import { expect, test } from 'vitest';
import { rendered } from '../../../media/chat/markdown.ts';
import { markSentences } from '../../../media/chat/sentence-mark.ts';
import { sentences } from '../../../src/answer/sentence.ts';

/** The text of each sentence that was found, as the page shows it; the answer's own text must not change. */
function marked(answer: string): string[] {
  const root = document.createElement('div');
  root.append(rendered(answer));
  const before = root.textContent;
  const prose = sentences(answer).filter(({ kind }) => kind === 'prose');
  const found = markSentences(
    root,
    prose.map(({ text }) => text),
  );
  expect(root.textContent).toBe(before);
  return found.map(({ pieces }) => pieces.map((piece) => piece.textContent).join(''));
}

test.each([
  ['It reads. Then it writes.', ['It reads.', 'Then it writes.']],
  [
    'Call `app.js` first. The `etag fn` (set in `lib/utils.js`) is next.',
    ['Call app.js first.', 'The etag fn (set in lib/utils.js) is next.'],
  ],
  ['It ends in `code`. **Bold** begins.', ['It ends in code.', 'Bold begins.']],
  ['**Bold** ends *here*. Then `more` follows.', ['Bold ends here.', 'Then more follows.']],
  ['1. First it reads.\n2. Then it writes.\n   It waits.', ['First it reads.', 'Then it writes.', 'It waits.']],
  [
    '- One thing is done.\n- Another is.\n\nThe end is near.',
    ['One thing is done.', 'Another is.', 'The end is near.'],
  ],
  ['See [the docs](https://example.com/a) first. "Quoted" is said.', ['See the docs first.', '"Quoted" is said.']],
  ['Ça marche 👍 déjà. Это работает.', ['Ça marche 👍 déjà.', 'Это работает.']],
  ['Before.\n\n```js\nBefore. Inside.\n```\n\nAfter it all.', ['Before.', 'After it all.']],
  ['The same. The same. The same.', ['The same.', 'The same.', 'The same.']],
  ['<b>Tags</b> are text. So is &amp.', ['<b>Tags</b> are text.', 'So is &amp.']],
])('the sentences of %j stand where they are read', (answer, expected) => {
  expect(marked(answer)).toEqual(expected);
});

test('a sentence that is not there is left out and takes no other with it', () => {
  const root = document.createElement('div');
  root.append(rendered('One is here. Two is here.'));
  const found = markSentences(root, ['One is here.', 'Nothing like it.', '...', 'Two is here.']);
  expect(found.map(({ index }) => index)).toEqual([0, 3]);
});
