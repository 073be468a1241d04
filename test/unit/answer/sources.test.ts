import { expect, test } from 'vitest';
import { KnownNames } from '../../../src/answer/known-names.ts';
import { sentences } from '../../../src/answer/sentence.ts';
import { Sources } from '../../../src/answer/sources.ts';
import { MultiFolderSearch } from '../../../src/retrieve/multi-folder-search.ts';
import { withFolder } from '../memory/support.ts';
import { indexed } from './support.ts';

const QUESTION = 'When was `lend` added?';

const FILE = '{ "commit": "28eba610e2", "question": "When was lend added?" }';

test('the number of a commit is told by a commit, and not by a file that names another one', () =>
  withFolder(async (folder) => {
    const path = 'test/fixtures.jsonl';
    const { index } = await indexed(folder, { [path]: FILE });
    const search = MultiFolderSearch.of(index);
    const excerpt = { path, start: 1, end: 1, lines: [FILE], segmentIds: [], share: 1 };
    const place = { path: 'src/desk.ts', start: 3, end: 9 };
    const commit = { heading: 'Commit 9aa76da0f5, 2026-11-28', text: 'The desk lends books: lend was added', place };
    const sources = new Sources(search, new KnownNames(search, QUESTION), [excerpt], [commit], QUESTION);
    const isSound = (text: string): boolean => sentences(text).every((sentence) => sources.isSound(sentence));
    expect(isSound('`lend` was added in the commit 28eba610e2.')).toBe(false);
    expect(isSound('`lend` was added in the commit 9aa76da0f5: the desk lends books.')).toBe(true);
    index.close();
  }));
