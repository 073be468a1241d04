import { expect, test } from 'vitest';
import { KnownNames, writtenNames } from '../../../src/answer/known-names.ts';
import { withFolder } from '../memory/support.ts';
import { indexed } from './support.ts';

test('names are what is written like code, in parts', () => {
  expect(writtenNames('The `app.handle()` of lib/router.js calls nextTick and sub_app. It is fast.')).toEqual([
    'app',
    'handle',
    'router',
    'nextTick',
    'sub_app',
  ]);
  expect(writtenNames('A plain sentence, e.g. this one, says _nothing_.')).toEqual([]);
});

test('a name is known that stands in a file or a path, however it is written, or in the question', () =>
  withFolder(async (folder) => {
    const files = { 'src/lendingDesk.ts': 'export function lendBook(): void {}\n', 'README.md': 'A library.\n' };
    const { search, index } = await indexed(folder, files);
    const names = new KnownNames(search, 'What does renewLoan do?');
    expect(names.unknownIn('`lendBook` of lendingDesk, not `renewLoan`, calls returnBook and `lend_book`.')).toEqual([
      'returnBook',
    ]);
    expect(names.unknownIn('JavaScript and `null` need no file.')).toEqual([]);
    index.close();
  }));
