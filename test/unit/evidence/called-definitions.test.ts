import { expect, test, vi } from 'vitest';
import { calledDefinition } from '../../../src/evidence/called-definitions.ts';
import { Corpus } from '../../../src/evidence/corpus.ts';
import { gatherPointedLines } from '../../../src/evidence/pointed-lines.ts';
import { terms } from '../../../src/memory/search/tokenize.ts';
import { indexed } from '../answer/support.ts';
import { withFolder } from '../memory/support.ts';
import type { Files } from './support.ts';

const QUESTION = 'How does the desk decide whether a reader is blocked for overdue books?';
const DESK = `/** The desk asks before it lends books to a reader. */
export function decide(reader: Reader): Answer {
  greet(reader);
  if (isOnTheList(reader)) return refused;
  return lent;
}
`;
const GREET = '/** Says hello. */\nexport function greet(reader: Reader): void {\n  say(reader.name);\n}\n';
const LIST = `/** A reader is blocked for overdue books. */
export function isOnTheList(reader: Reader): boolean {
  return reader.books.some((book) => book.isOverdue && book.blocked);
}
`;

/** What is shown behind the desk's own lines. */
function behind(files: Files, desk = DESK): Promise<string[]> {
  return withFolder(async (folder) => {
    const { index } = await indexed(folder, { 'src/desk.ts': desk, ...files });
    const recalled = [{ path: 'src/desk.ts', lines: { start: 1, end: 6 } }];
    const { items } = await gatherPointedLines(new Corpus({ index, prefix: '' }), QUESTION, recalled);
    index.close();
    return items.slice(1).map(({ path, lines: { start, end } }) => `${path}:${start}-${end}`);
  });
}

test('of what shown lines call, the definition follows that says most of the question', async () => {
  expect(await behind({ 'src/greet.ts': GREET, 'src/list.ts': LIST })).toEqual(['src/list.ts:1-4']);
});

test('what says little of the question is not shown', async () => {
  expect(await behind({ 'src/greet.ts': GREET })).toEqual([]);
});

test('a type is followed as a call is, and a constant is not', async () => {
  const user = (name: string) => DESK.replace('isOnTheList(reader)', `of[${name}]`);
  const files = (name: string) => ({ 'src/list.ts': LIST.replace('isOnTheList', name) });
  expect(await behind(files('Blocked'), user('Blocked'))).toEqual(['src/list.ts:1-4']);
  expect(await behind(files('BLOCKED'), user('BLOCKED'))).toEqual([]);
});

test('a name that many define is nobody’s own, and that of the same file comes first', async () => {
  const many = { 'src/a.ts': LIST, 'src/b.ts': LIST, 'src/c.ts': LIST };
  expect(await behind(many)).toEqual([]);
  expect(await behind(many, `${DESK}\n${'\n'.repeat(30)}${LIST}`)).toEqual(['src/desk.ts:38-41']);
});

test('ten lines are shown of it', async () => {
  const steps = Array.from({ length: 20 }, (_, at) => `  step${at}();`).join('\n');
  const long = LIST.replace('  return', `${steps}\n  return`);
  expect(await behind({ 'src/list.ts': long })).toEqual(['src/list.ts:1-10']);
});

test.each([
  ['catch', 'try {\n    lend(reader);\n  } catch (late) {\n    return refused;\n  }', []],
  ['catch', 'lend(reader).catch(refuse);', ['src/list.ts:2-5']],
  ['match', 'return match (reader) {\n    late => refused,\n  }', []],
  ['match', 'match(reader);', ['src/list.ts:2-5']],
  ['function', 'const late = function (it) {\n    return refused;\n  };', []],
])('a keyword calls nothing, and a method may have its name: %s in %s', async (name, used, expected) => {
  const body = '    return reader.books.some((book) => book.isOverdue && book.blocked);';
  const text = `class List {\n  /** A reader is blocked for overdue books. */\n  ${name}(reader) {\n${body}\n  }\n}\n`;
  const desk = DESK.replace('if (isOnTheList(reader)) return refused;', used);
  expect(await behind({ 'src/list.ts': text }, desk)).toEqual(expected);
});

test('what a file defines that uses it is looked for nowhere else', async () => {
  await withFolder(async (folder) => {
    const { index } = await indexed(folder, { 'src/desk.ts': `${DESK}\n${LIST}`, 'src/greet.ts': GREET });
    const corpus = new Corpus({ index, prefix: '' });
    const holding = vi.spyOn(corpus, 'holding');
    const shown = [{ path: 'src/desk.ts', range: { start: 4, end: 4 } }];
    const called = await calledDefinition(corpus, shown, [], new Map(terms('overdue').map((term) => [term, 1])), 0);
    index.close();
    expect(called).toMatchObject({ path: 'src/desk.ts', name: 'isOnTheList' });
    expect(holding).not.toHaveBeenCalled();
  });
});
