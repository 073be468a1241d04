import { expect, test } from 'vitest';
import { asksForChange } from '../../../src/retrieve/change-request.ts';

test.each([
  'restore the transaction',
  'fix(db): transaction',
  'unix: transaction of a pipe',
  "Don't write a response writer",
  'Added a route to the router',
  'Removed the cache',
  'Dropped old clients',
  'Applied the patch',
  '- Updated headers',
  '- fix(db): the cache',
])('a change: %s', (text) => {
  expect(asksForChange(text)).toBe(true);
});

test.each([
  'transaction',
  'how is a route added to the router',
  'removing a prefix from the address',
  'needed headers of an answer',
  'ignored files',
  'allowed origins of a request',
  'где хранится кэш',
])('no change: %s', (text) => {
  expect(asksForChange(text)).toBe(false);
});
