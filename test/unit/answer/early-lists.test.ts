import { expect, test } from 'vitest';
import { listEarly } from '../../../src/answer/early-lists.ts';
import type { EarlyList } from '../../../src/answer/early-lists.ts';
import { withFolder } from '../memory/support.ts';
import { indexed } from './support.ts';

const FILES = {
  'src/loans.ts': 'export function lend(book: Book): Loan {\n  return { book };\n}\n',
  'src/mail.ts': 'export function remind(loan: Loan): void {\n  send(loan);\n}\n',
};
const QUESTION = 'How is a book lent?';

test('files are told by the words that are there, again as more come, until all of them are read', () =>
  withFolder(async (folder) => {
    const { index } = await indexed(folder, FILES, undefined, 'words');
    const members = [{ index, prefix: '' }];
    const reading = Promise.withResolvers<undefined>();
    const lists: EarlyList[] = [];
    let percent = 40;
    try {
      await listEarly(
        QUESTION,
        reading.promise,
        { members: () => members, percent: () => percent, every: 1 },
        (list) => {
          lists.push(list);
          percent = 70;
          if (lists.length === 2) reading.resolve(undefined);
        },
      );
      expect(lists.map((list) => [list.percent, list.files[0]?.path])).toEqual([
        [40, 'src/loans.ts'],
        [70, 'src/loans.ts'],
      ]);
      await listEarly(
        QUESTION,
        Promise.resolve(),
        { members: () => members, percent: () => 0, every: 60_000 },
        (list) => {
          lists.push(list);
        },
      );
      expect(lists).toHaveLength(2);
    } finally {
      index.close();
    }
  }));

test('nothing is told of a folder that is empty so far, and a question that is taken back ends it', () =>
  withFolder(async (folder) => {
    const { index } = await indexed(folder, FILES, undefined, 'words');
    const members = [{ index, prefix: '' }];
    const stop = new AbortController();
    let looks = 0;
    const scope = () => {
      looks += 1;
      if (looks === 3) stop.abort();
      return Promise.resolve(() => new Set<string>());
    };
    const told: EarlyList[] = [];
    const asked = { members: () => members, scope, percent: () => 5, signal: stop.signal, every: 1 };
    try {
      const listing = listEarly(QUESTION, new Promise(() => undefined), asked, (list) => told.push(list));
      await expect(listing).rejects.toThrow(/abort/i);
      expect(told).toEqual([]);
    } finally {
      index.close();
    }
  }));
