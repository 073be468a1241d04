import { describe, expect, it, test } from 'vitest';
import type { FolderIndex } from '../../../src/index/folder-index.ts';
import { findExact } from '../../../src/retrieve/exact-match.ts';
import { longestRun, PHRASES } from '../../../src/retrieve/phrase-match.ts';
import { questionTerms } from '../../../src/memory/search/tokenize.ts';
import { withFolder } from '../memory/support.ts';
import { folderIndexOf } from './support.ts';

test.each([
  ['the ship is moored', 'the ship is moored', 4],
  ['the ship is moored', 'a ship is not moored', 2],
  ['a b a b c', 'x a b c a b a', 3],
  ['a a a', 'a a', 2],
  ['a b', '', 0],
  ['', 'a b', 0],
])('the longest run of "%s" in "%s"', (asked, said, run) => {
  const words = (text: string) => text.split(' ').filter((word) => word !== '');
  expect(longestRun(words(asked), words(said))).toBe(run);
  expect(longestRun(words(said), words(asked))).toBe(run);
});

const FILES = {
  'src/rope.ts': 'throw new Error(`the rope ${name} is not long enough`);\n',
  'src/other.ts': 'tell("not a rope", "enough of the error", "the rope is long");\n',
  'src/mast.ts': 'throw new Error("no mast");\n',
  'test/rope.test.ts': 'expect(tie).toThrow("the rope a is not long enough");\n',
} as const;

async function saying(index: FolderIndex, question: string) {
  const { segments } = index.find({ keys: [new Float32Array(256).fill(1 / 16)], words: questionTerms(question) });
  const found = await findExact(index, question, segments);
  return Object.fromEntries<number>([...found].map(([id, added]) => [index.place(id)?.path ?? '', added] as const));
}

/** What `run` words in a row of a line of so many add. */
const partly = (run: number, of: number) => PHRASES.weight * Math.min(1, (PHRASES.part * run) / of) ** 2;

describe('words in a row', () => {
  it.each([
    ['The rope b1 is not long enough', { 'src/rope.ts': partly(4, 7) }],
    [
      'Since the upgrade our job fails:\n12:07:30,115 ERROR is not long enough\nWhy?',
      { 'src/rope.ts': PHRASES.weight },
    ],
    [
      'Why is it that some of them say that it is not long enough when somebody ties one?',
      { 'src/rope.ts': partly(4, 18) },
    ],
    ['What is not\nlong enough?', {}],
    ['When do I see "no mast"?', { 'src/mast.ts': PHRASES.weight }],
    ['When do I see ‘no mast’, and why is there no mast?', {}],
    ['When is the rope long?', {}],
    ['Is “long enough” the same as long?', { 'src/rope.ts': PHRASES.weight }],
  ])('%s', async (question, expected) => {
    await withFolder(async (folder) => {
      const index = await folderIndexOf(folder, FILES);
      await index.refresh({});
      expect(await saying(index, question)).toEqual(expected);
      index.close();
    });
  });

  it('count for less where several files say them', async () => {
    await withFolder(async (folder) => {
      const index = await folderIndexOf(folder, { ...FILES, 'src/copy.ts': FILES['src/mast.ts'] });
      await index.refresh({});
      const half = PHRASES.weight / 2;
      expect(await saying(index, '"no mast"')).toEqual({ 'src/mast.ts': half, 'src/copy.ts': half });
      index.close();
    });
  });
});
