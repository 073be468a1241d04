import { expect, it } from 'vitest';
import { findConversations } from '../../../src/chat/find-conversations.ts';
import type { Conversation, Exchange } from '../../../src/chat/transcript.ts';

function conversation(id: string, ...exchanges: readonly (readonly [question: string, text: string])[]): Conversation {
  const made = exchanges.map(([question, text]) => ({ question, text }) as unknown as Exchange);
  return { id, title: exchanges[0]?.[0] ?? '', updated: 0, exchanges: made };
}

const all = [
  conversation('newest', ['Where are sessions kept?', 'In Redis,\nfor a day.']),
  conversation(
    'older',
    ['Who calls it?', 'Nobody.'],
    ['And the ETag?', `${'Long ago. '.repeat(9)}An **ETag** is made.`],
  ),
];
const ids = (query: string) => findConversations(all, query).map(({ conversation: { id } }) => id);

it('finds words of a question and of its answer together, whatever the case', () => {
  expect(ids('SESSIONS redis')).toEqual(['newest']);
  expect(ids('etag nobody')).toEqual([]);
  expect(ids('s')).toEqual(['newest', 'older']);
});

it('lists all where nothing is looked for', () => {
  expect(findConversations(all, '  ').map(({ snippet }) => snippet)).toEqual([undefined, undefined]);
});

it('shows the words around what was found, on one line', () => {
  expect(findConversations(all, 'redis')[0]?.snippet).toBe('Where are sessions kept? In Redis, for a day.');
  const [found] = findConversations(all, '**etag');
  expect(found?.snippet).toMatch(/^….{40}\*\*ETag\*\* is made\.$/);
});
