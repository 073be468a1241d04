import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LastChanges } from '../../../src/evidence/last-change.ts';
import type { FolderIndex } from '../../../src/index/folder-index.ts';
import type { FolderIndexOptions } from '../../../src/index/folder-options.ts';
import { MultiFolderSearch } from '../../../src/retrieve/multi-folder-search.ts';
import { changeRows, lastChanges } from '../../../src/terminal/last-changes.ts';
import { allowGit } from '../../../src/workspace/git/git.ts';
import { place } from '../library/support.ts';
import { withFolder } from '../memory/support.ts';
import { folderIndexOf } from '../retrieve/support.ts';

function commit(root: string, author: string, day: string, message: string): void {
  const who = ['-c', `user.name=${author}`, '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
  const env = { ...process.env, GIT_AUTHOR_DATE: `${day}T12:00:00Z`, GIT_COMMITTER_DATE: `${day}T12:00:00Z` };
  execFileSync('git', ['-C', root, 'add', '--all'], { stdio: 'ignore' });
  execFileSync('git', ['-C', root, ...who, 'commit', '--quiet', '-m', message], { env, stdio: 'ignore' });
}

/** Lines 1 and 2 are by Ann, lines 3 and 4 by Bob. */
async function withHistory(
  work: (index: FolderIndex) => Promise<void>,
  options: Partial<FolderIndexOptions> = {},
): Promise<void> {
  await withFolder(async (folder) => {
    const index = await folderIndexOf(folder, { 'a.ts': 'const keel = 1;\nconst mast = 2;\n' }, options);
    try {
      execFileSync('git', ['-C', index.root, 'init', '--quiet']);
      commit(index.root, 'Ann', '2024-03-01', 'Begin the ship\n\nWith a keel.');
      place(index.root, { 'a.ts': 'const keel = 1;\nconst mast = 2;\nconst sail = 3;\nconst rope = 4;\n' });
      commit(index.root, 'Bob', '2025-04-02', 'Add a sail, password = "hunter2-Xk9#mQ"');
      await index.refresh({});
      await work(index);
    } finally {
      index.close();
    }
  });
}

describe('the last change of lines', () => {
  it('is the newest commit that wrote one of them, asked of git once', () =>
    withHistory(async (index) => {
      const asked = new LastChanges();
      const first = await asked.of(index, 'a.ts', { start: 1, end: 2 });
      expect(first).toMatchObject({ date: '2024-03-01', author: 'Ann', subject: 'Begin the ship', isEdited: false });
      expect(await asked.of(index, 'a.ts', { start: 1, end: 2 })).toBe(first);
      const last = await asked.of(index, 'a.ts', { start: 2, end: 4 });
      expect(last).toMatchObject({ date: '2025-04-02', author: 'Bob' });
      expect(last?.subject).toMatch(/^Add a sail/);
      expect(last?.subject).not.toContain('hunter2');
    }));

  it('says that lines were edited since, and nothing of lines that are not committed', () =>
    withHistory(async (index) => {
      place(index.root, { 'a.ts': 'const keel = 1;\nconst mast = 22;\nconst flag = 5;\n', 'b.ts': 'const b = 1;\n' });
      await index.refresh({});
      const asked = new LastChanges();
      expect(await asked.of(index, 'a.ts', { start: 1, end: 2 })).toMatchObject({ author: 'Ann', isEdited: true });
      expect(await asked.of(index, 'a.ts', { start: 3, end: 3 })).toBeUndefined();
      expect(await asked.of(index, 'b.ts', { start: 1, end: 1 })).toBeUndefined();
    }));

  it('is not told of lines that git numbers in another way: of a notebook, or divided by a lone carriage return', () =>
    withHistory(async (index) => {
      const cells = { cells: [{ cell_type: 'code', source: ['const a = 1;\n', '{\n'] }], nbformat: 4 };
      place(index.root, {
        'n.ipynb': JSON.stringify(cells, undefined, 1),
        'mac.ts': 'const a = 1;\rconst b = 2;\nb;\n',
      });
      commit(index.root, 'Cay', '2025-05-03', 'More');
      await index.refresh({});
      for (const path of ['n.ipynb', 'mac.ts']) {
        const lines = { start: 1, end: (await index.lines(path))?.length ?? 0 };
        expect(lines.end).toBeGreaterThan(1);
        expect(await new LastChanges().of(index, path, lines)).toBeUndefined();
      }
    }));

  it('is told of lines with a secret that the user has read in clear', () =>
    withHistory(
      async (index) => {
        place(index.root, { 'key.ts': 'export const password = "hunter2-Xk9#mQ";\n' });
        commit(index.root, 'Cay', '2025-05-03', 'More');
        await index.refresh({});
        expect((await index.lines('key.ts'))?.join('')).toContain('hunter2');
        const change = await new LastChanges().of(index, 'key.ts', { start: 1, end: 1 });
        expect(change).toMatchObject({ author: 'Cay', isEdited: false });
      },
      { secretExceptions: ['key.ts'] },
    ));

  it('is asked again where git did not say it before', () =>
    withHistory(async (index) => {
      const asked = new LastChanges();
      const id = execFileSync('git', ['-C', index.root, 'rev-parse', 'HEAD:a.ts'], { encoding: 'utf8' }).trim();
      const blob = join(index.root, '.git/objects', id.slice(0, 2), id.slice(2));
      renameSync(blob, `${blob}.gone`);
      expect(await asked.of(index, 'a.ts', { start: 1, end: 2 })).toBeUndefined();
      renameSync(`${blob}.gone`, blob);
      expect(await asked.of(index, 'a.ts', { start: 1, end: 2 })).toMatchObject({ author: 'Ann' });
    }));

  it('comes to one caller though another, who asked first, takes the question back', () =>
    withHistory(async (index) => {
      const asked = new LastChanges();
      const abort = new AbortController();
      const begun = Promise.withResolvers<undefined>();
      const { root, revision, ledger, isExempt } = index;
      const lines = () => {
        begun.resolve(undefined);
        return new Promise((_, fail) => {
          abort.signal.addEventListener('abort', () => {
            fail(new Error('taken back'));
          });
        });
      };
      const waiting = { root, revision, ledger, isExempt, lines } as unknown as FolderIndex;
      const first = asked.of(waiting, 'a.ts', { start: 1, end: 2 }, { signal: abort.signal });
      await begun.promise;
      expect(await asked.of(index, 'a.ts', { start: 1, end: 2 })).toMatchObject({ author: 'Ann' });
      abort.abort();
      await expect(first).rejects.toThrow('taken back');
    }));

  it('is asked of no git that may not be run', () =>
    withHistory(async (index) => {
      allowGit(false);
      try {
        expect(await new LastChanges().of(index, 'a.ts', { start: 1, end: 1 })).toBeUndefined();
      } finally {
        allowGit(true);
      }
    }));

  it('stands below a ranking in the terminal', () =>
    withHistory(async (index) => {
      const search = MultiFolderSearch.of(index);
      const lines = [{ start: 1, end: 4, share: 1 }];
      const changes = await lastChanges(search, [{ path: 'a.ts', share: 1, lines }], undefined);
      expect(changes).toMatchObject({
        changes: [{ path: 'a.ts', start: 1, end: 4, author: 'Bob' }],
        tooSlow: [],
      });
      expect(JSON.stringify(changeRows(changes))).toContain('2025-04-02 Bob: Add a sail');
      const none = changeRows({ changes: [], tooSlow: [] });
      expect(none).toEqual(['No last changes: git is not asked here, was too slow, or the lines are not committed.']);
    }));
});
