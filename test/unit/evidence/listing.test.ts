import { expect, test } from 'vitest';
import { evidenceOver, shown } from './support.ts';

const PLACED: Readonly<Record<string, string>> = {
  'package.json': '{\n  "name": "next"\n}\n',
  'packages/web/a.ts': '// TODO: one\n',
  'packages/b.ts': '// TODO: two\n',
};

test.each([
  ['How many TODOs are in the packages/web folder?', ['match packages/web/a.ts:1 TODO']],
  ['How many TODOs are in the `packages/web/` folder?', ['match packages/web/a.ts:1 TODO']],
  ['How many TODOs are in the Web folder?', ['match packages/web/a.ts:1 TODO']],
  ['How many TODOs are in next.js?', ['match packages/b.ts:1 TODO', 'match packages/web/a.ts:1 TODO']],
])('a place is read as it is meant: %s', async (question, items) => {
  const evidence = await evidenceOver(PLACED, question);
  expect(evidence).toMatchObject({ kind: 'list', isComplete: true });
  expect(shown(evidence)).toEqual(items);
});

test('that there is none is not said of a place that is no path', async () => {
  const evidence = await evidenceOver(PLACED, 'List all TODOs in v2.x');
  expect(evidence?.kind).not.toBe('list');
  const none = await evidenceOver({ 'web/a.ts': 'const one = 1;\n' }, 'List all TODOs in the web folder');
  expect(none).toMatchObject({ kind: 'list', count: 0, isComplete: true });
});
