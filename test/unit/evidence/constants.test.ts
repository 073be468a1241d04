import { expect, test } from 'vitest';
import { Corpus } from '../../../src/evidence/corpus.ts';
import { gatherPointedLines } from '../../../src/evidence/pointed-lines.ts';
import { indexed } from '../answer/support.ts';
import { withFolder } from '../memory/support.ts';
import type { Files } from './support.ts';

const QUESTION = 'After how many days is a book overdue?';
/** Blank lines, so that a constant stands in no segment's neighborhood. */
const GAP = '\n'.repeat(40);

/** Lines that are shown beside the first place of the ranking, as `path:line text`. */
function beside(files: Files, [path, start, end]: readonly [string, number, number], question = QUESTION) {
  return withFolder(async (folder) => {
    const { index } = await indexed(folder, files);
    const recalled = [{ path, lines: { start, end } }];
    const { items } = await gatherPointedLines(new Corpus({ index, prefix: '' }), question, recalled);
    index.close();
    return items.slice(1).map((item) => `${item.path}:${item.lines.start} ${item.text.trim()}`);
  });
}

test.each([
  ['a.ts', 'export const LOAN_DAYS = 21;', 'function overdue(book: Book) {\n  return book.due + LOAN_DAYS;\n}'],
  ['a.ts', 'const loanDays: number = 3 * 7; // weeks', 'function overdue(book) {\n  return book.due + loanDays;\n}'],
  ['a.ts', 'const LOAN_KINDS = ["short", "long"] as const;', 'function overdue(book) {\n  return LOAN_KINDS;\n}'],
  ['a.py', 'LOAN_DAYS: Final = 21', 'def overdue(book):\n    return book.due + LOAN_DAYS'],
  ['a.py', 'loan_days = timedelta(days=21)', 'def overdue(book):\n    return book.due + loan_days'],
  ['a.py', 'class Loan:\n    LOAN_DAYS = 21', '    def overdue(self, book):\n        return book.due + self.LOAN_DAYS'],
  ['a.go', 'const loanDays int = 21', 'func overdue(book Book) int {\n\treturn book.due + loanDays\n}'],
  ['a.go', 'const (\n\tloanDays = 21 * time.Hour', ')\n\nfunc overdue(book Book) int {\n\treturn loanDays\n}'],
  ['a.rs', 'pub(crate) const LOAN_DAYS: u32 = 21;', 'fn overdue(book: Book) -> u32 {\n    book.due + LOAN_DAYS\n}'],
  [
    'Loan.java',
    'class Loan {\n  private static final int LOAN_DAYS = 21;',
    '  int overdue(Book book) {\n    return book.due + Loan.LOAN_DAYS;\n  }\n}',
  ],
  ['loan.c', '#define LOAN_DAYS 21', 'int overdue(struct book *book) {\n  return book->due + LOAN_DAYS;\n}'],
  ['a.cpp', 'static constexpr int kLoanDays = 21;', 'int overdue(Book book) {\n  return book.due + kLoanDays;\n}'],
  ['a.kt', 'private const val LOAN_DAYS = 21', 'fun overdue(book: Book): Int {\n    return book.due + LOAN_DAYS\n}'],
  ['a.swift', 'let loanDays = 21', 'func overdue(book: Book) -> Int {\n    return book.due + loanDays\n}'],
  ['a.cs', 'class Loan {\n  const int LOAN_DAYS = 21;', '  int Overdue(Book book) {\n    return LOAN_DAYS;\n  }\n}'],
  ['a.rb', 'LOAN_DAYS = 21.freeze', 'def overdue(book)\n  book.due + LOAN_DAYS\nend'],
  ['a.php', '<?php\nconst LOAN_DAYS = 21;', 'function overdue($book) {\n  return $book->due + LOAN_DAYS;\n}'],
  ['a.ex', 'defmodule Loan do\n  @loan_days 21', '  def overdue(book) do\n    book.due + @loan_days\n  end\nend'],
])('%s: %s', async (path, constant, body) => {
  const line = constant.split('\n').length;
  const text = `${constant}\n${GAP}${body.startsWith(')') ? '' : '\n'}${body}\n`;
  const start = text.slice(0, text.indexOf('verdue')).split('\n').length;
  const found = await beside({ [path]: text }, [path, start, start + 4]);
  expect(found).toEqual([`${path}:${line} ${constant.split('\n').at(-1)?.trim()}`]);
});

test.each([
  ['a value that only the run can tell', 'const LOAN_DAYS = read("days");', 'LOAN_DAYS'],
  ['a name that gets another value', 'let LOAN_DAYS = 21;\nLOAN_DAYS = 28;', 'LOAN_DAYS'],
  ['a value of several lines', 'const LOAN_DAYS = [\n  21,\n];', 'LOAN_DAYS'],
  ['a constant of something else', 'const LOAN_DAYS = 21;', 'Magazines.LOAN_DAYS'],
  ["a function's own", 'function other() {\n  const loanDays = 21;\n}', 'loanDays'],
  ['a text that says no more than its name', 'const LOAN_DAYS = "loan-days";', 'LOAN_DAYS'],
  ['a case of an enumeration', 'enum LOANS {\n  LOAN_DAYS = 21,\n}', 'LOANS.LOAN_DAYS'],
  ['a variable', 'let loanDays = 21;', 'loanDays'],
])('%s is not shown', async (_, constant, used) => {
  const text = `${constant}\n${GAP}function overdue(book) {\n  return book.due + ${used};\n}\n`;
  const start = text.split('\n').length - 3;
  expect(await beside({ 'a.ts': text }, ['a.ts', start, start + 2])).toEqual([]);
});

test('what is shown already is not shown twice', async () => {
  const text = '/** Overdue. */\nexport class Loan {\n  static readonly DAYS = 21;\n  overdue = Loan.DAYS;\n}\n';
  expect(await beside({ 'a.ts': text }, ['a.ts', 1, 5])).toEqual([]);
});

const USER = 'import { LOAN_DAYS } from "./days";\n\nfunction overdue(book) {\n  return book.due + LOAN_DAYS;\n}\n';

test('a constant that one other file defines is shown with its place', async () => {
  const files = { 'src/a.ts': USER, 'src/days.ts': '// All.\nexport const LOAN_DAYS = 21;\n' };
  expect(await beside(files, ['src/a.ts', 3, 5])).toEqual(['src/days.ts:2 export const LOAN_DAYS = 21;']);
  const python = {
    'a.py': 'import days\n\n\ndef overdue(book):\n    return book.due + days.LOAN_DAYS\n',
    'days.py': 'LOAN_DAYS = 21\n',
  };
  expect(await beside(python, ['a.py', 4, 5])).toEqual(['days.py:1 LOAN_DAYS = 21']);
  const c = {
    'a.c': '#include "days.h"\n\nint overdue(struct book *book) {\n  return book->due + LOAN_DAYS;\n}\n',
    'days.h': '#define LOAN_DAYS 21\n',
  };
  expect(await beside(c, ['a.c', 3, 6])).toEqual(['days.h:1 #define LOAN_DAYS 21']);
});

test('of several files that define it the one that is imported counts', async () => {
  const files = { 'a.ts': USER, 'days.ts': 'export const LOAN_DAYS = 21;\n', 'other.ts': 'const LOAN_DAYS = 28;\n' };
  expect(await beside(files, ['a.ts', 3, 5])).toEqual(['days.ts:1 export const LOAN_DAYS = 21;']);
});

test('where several files define it, or another language does, none is', async () => {
  const days = 'export const LOAN_DAYS = 21;\n';
  expect(await beside({ 'a.ts': USER, 'b.ts': days, 'c.ts': days }, ['a.ts', 3, 5])).toEqual([]);
  expect(await beside({ 'a.ts': USER, 'b.py': 'LOAN_DAYS = 21\n' }, ['a.ts', 3, 5])).toEqual([]);
});

test('of many, those come first whose names say words of the question, and three are shown', async () => {
  const names = ['INK_COLOR', 'STAMP_SIZE', 'SLIP_WIDTH', 'DAYS_OF_LOAN'];
  const text = `${names.map((name, at) => `const ${name} = ${at};`).join('\n')}\n${GAP}function overdue(book) {\n  return ${names.join(' + ')};\n}\n`;
  const start = text.split('\n').length - 3;
  const found = await beside({ 'a.ts': text }, ['a.ts', start, start + 2]);
  expect(found.map((line) => line.split(' ')[2])).toEqual(['DAYS_OF_LOAN', 'INK_COLOR', 'STAMP_SIZE']);
});
