import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostMessage, pageMessage } from '../../../src/chat/protocol.ts';
import type { HostMessage, PageMessage } from '../../../src/chat/protocol.ts';
import { TRANSCRIPT } from '../../../src/chat/transcript.ts';
import { strings } from './support.ts';

const choice = { kind: 'folder', terms: '+src -tests' } as const;
const good: PageMessage[] = [
  { kind: 'ready' },
  { kind: 'ask', question: 'Why?', scope: choice },
  { kind: 'ask', question: 'Why?', replaces: 'e1', selection: { path: 'a.ts', start: 1, end: 2 } },
  { kind: 'open', path: 'lib/a.ts', start: 1, end: 2 },
  { kind: 'act', action: 'open-log' },
  { kind: 'switch', conversation: 'c1' },
];

test.each(good)('the host lets in %j', (message) => {
  expect(pageMessage(structuredClone(message))).toEqual(message);
});

test.each([
  undefined,
  null,
  'ready',
  {},
  { kind: 'eval', code: 'process.exit()' },
  { kind: 'ask' },
  { kind: 'ask', question: 7 },
  { kind: 'ask', question: 'x'.repeat(TRANSCRIPT.question + 1) },
  { kind: 'ask', question: 'x', scope: { kind: 'folder', path: '/etc', terms: 1 } },
  { kind: 'open', path: 'a', start: 0 },
  { kind: 'open', path: 'a', start: Number.NaN },
  { kind: 'open', path: 'a', start: 1.5 },
  { kind: 'act', action: 'rm -rf' },
  { kind: 'switch', conversation: '' },
])('the host drops %j', (value) => {
  expect(pageMessage(value)).toBeUndefined();
});

test('no value whatever makes a guard throw', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withMap: true, withDate: true }), (value) => {
      expect(pageMessage(value)).toBeUndefined();
      expect(hostMessage(value)).toBeUndefined();
    }),
  );
  const kinds = [...good.map(({ kind }) => kind), 'all', 'event', 'exchange', 'conversation'];
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.object(), (kind, rest) => {
      expect(() => [pageMessage({ ...rest, kind }), hostMessage({ ...rest, kind })]).not.toThrow();
    }),
  );
});

test('fields that nobody asked for do not come through', () => {
  expect(pageMessage({ kind: 'stop', __proto__: { evil: 1 }, evil: 2 })).toEqual({ kind: 'stop' });
});

test('the page lets in what the host says, and no half of the words', () => {
  const editorContext = {
    workspace: 'open',
    trust: 'trusted',
    folder: undefined,
    selection: undefined,
    editors: 0,
    suggestions: [],
    memories: [],
    recent: [],
  } as const;
  const conversation = { id: 'c', title: '', updated: 0, exchanges: [] };
  const all: HostMessage = { kind: 'all', strings, conversation, editorContext };
  expect(hostMessage(structuredClone(all))).toEqual(all);
  const half = Object.fromEntries(Object.entries(strings).slice(1));
  expect(hostMessage({ ...all, strings: half })).toBeUndefined();
});
