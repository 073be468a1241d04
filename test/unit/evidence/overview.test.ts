import { expect, test } from 'vitest';
import { evidenceOver } from './support.ts';

test.each([
  [
    'a sentence',
    ['It runs in a terminal, but I am interested in exploring', 'a renderer of its own.', '', 'Read on.'],
    6,
  ],
  ['a heading', ['# Roadmap', '', '- Books in other languages'], 6],
  ['a heading that is one word', ['## Our vision', '', '- Books in other languages'], 6],
  [
    'what someone wants to add',
    ['It is small.', 'Yes.', '', 'We want to add films, and they are going to be lent.'],
    9,
  ],
  ['nothing: what an example wants', ['Suppose we want to parse a file:', '', 'We are going to build a client.'], 9],
  ['nothing: a heading on another plan', ['## Query plans', '', 'They are kept.', '## Computer vision toolkit'], 10],
  [
    'nothing: an app whose subject has the name',
    ['## A to-do app', '', 'It keeps them.', '## Futures', 'It waits.'],
    11,
  ],
  ['a heading after a picture', ['## 🚀 To-do', '', '- Films'], 6],
  ['a heading on what comes', ['## Planned features', '', '- Films'], 6],
  ['nothing: code', ['```sh', '# Show the roadmap', '# plan', 'desk --coming soon', '```', 'It ends.'], 12],
  ['a heading behind code', ['```sh', '# roadmap', '```', '', '## Roadmap', 'Films'], 10],
  ['a point of a list', ['- Lends books', '- We plan to add films', '- Counts days'], 7],
  ['nothing', ['The future of books is here, and you may be interested in films.', 'Yes.'], 8],
])('of a README, what stands before a plan is shown: %s', async (_, lines, end) => {
  const readme = ['# Desk', '', 'A desk that lends books to readers.', '', 'It counts the days.', '', ...lines];
  const evidence = await evidenceOver({ 'README.md': readme.join('\n') }, 'What is this project about?');
  expect(evidence?.items[0]?.lines).toEqual({ start: 3, end });
});

test('a README that begins with code ends before its plans too', async () => {
  const readme = ['```', 'desk lend a book to readers', '```', '', 'It lends books.', '', '## Roadmap', '', '- Films'];
  const evidence = await evidenceOver({ 'README.md': readme.join('\n') }, 'What is this project about?');
  expect(evidence?.items[0]?.lines).toEqual({ start: 2, end: 6 });
});
