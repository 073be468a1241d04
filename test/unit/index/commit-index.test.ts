import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCommit } from '../../../src/index/commit-index.ts';
import type { AtCommit } from '../../../src/index/commit-index.ts';
import type { FolderIndex } from '../../../src/index/folder-index.ts';
import type { FolderIndexOptions } from '../../../src/index/folder-options.ts';
import { noMeta, skippedState } from '../../../src/index/plan.ts';
import { evidenceFor } from '../../../src/evidence/gather.ts';
import { MultiFolderSearch } from '../../../src/retrieve/multi-folder-search.ts';
import { allowGit } from '../../../src/workspace/git/git.ts';
import { git, place } from '../library/support.ts';
import { withFolder } from '../memory/support.ts';
import { folderIndexOf } from '../retrieve/support.ts';

const OLD = {
  'src/store.ts': 'export function keepBarrel(name: string) {\n  return [name];\n}\n',
  'src/gone.ts': 'export const formerHarbour = 1;\n',
  'src/plan.ts': 'export const hiddenPlan = 1;\n',
  'pic.png': 'no picture\n',
};

interface Stage {
  readonly index: FolderIndex;
  readonly home: string;
  readonly at: (ref: string) => Promise<{ readonly index: FolderIndex; readonly at: AtCommit }>;
}

/** A repository with the tag v1, after which a file was changed, one removed and one added; indexed as it is now. */
async function withHistory(options: Partial<FolderIndexOptions>, work: (stage: Stage) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const index = await folderIndexOf(folder, OLD, options);
    const home = join(folder, 'home');
    const opened: FolderIndex[] = [index];
    try {
      git(index.root, 'init', '-q');
      git(index.root, 'add', '.');
      git(index.root, 'commit', '-qm', 'first');
      git(index.root, 'tag', 'v1');
      git(index.root, 'rm', '-q', 'src/gone.ts');
      place(index.root, {
        'src/store.ts': '// Changed.\nexport function keepCask(name: string) {\n  return [name];\n}\n',
        'src/new.ts': 'export const laterQuay = 1;\n',
      });
      git(index.root, 'add', '.');
      git(index.root, 'commit', '-qm', 'second');
      await index.refresh({});
      await work({
        index,
        home,
        at: async (ref) => {
          const found = await openCommit(index, ref);
          opened.push(found.index);
          return found;
        },
      });
    } finally {
      for (const one of opened) one.close();
    }
  });
}

describe('a folder as a commit has it', () => {
  it('has the files and lines of the commit, and says how many are not indexed', () =>
    withHistory({}, async ({ index, at }) => {
      const { index: then, at: said } = await at('v1');
      expect(then.paths().sort()).toEqual(['src/gone.ts', 'src/plan.ts', 'src/store.ts']);
      expect(await then.lines('src/store.ts')).toEqual(OLD['src/store.ts'].split(/(?<=\n)/));
      expect(said).toMatchObject({ ref: 'v1', files: 4, indexed: 3 });
      expect(said.message).toBe(
        `v1 is commit ${said.commit.slice(0, 10)}: 3 of its 4 files can be asked about. Not indexed: 1 (1 binary).`,
      );
      expect(index.paths().sort()).toEqual(['src/new.ts', 'src/plan.ts', 'src/store.ts']);
    }));

  it('answers a question with evidence from the commit alone', () =>
    withHistory({}, async ({ index, at }) => {
      const search = MultiFolderSearch.of((await at('v1')).index);
      const evidence = await evidenceFor(search, 'Where is keepBarrel defined?', {});
      expect(evidence?.items[0]).toMatchObject({ path: 'src/store.ts', lines: { start: 1, end: 1 } });
      expect((await search.recall('What is formerHarbour?')).files[0]?.path).toBe('src/gone.ts');
      const later = 'Where is laterQuay defined?';
      expect((await evidenceFor(MultiFolderSearch.of(index), later, {}))?.kind).toBe('definition');
      expect((await evidenceFor(search, later, {}))?.kind).not.toBe('definition');
      const why = await evidenceFor(search, 'Why was keepBarrel written?', { kind: 'history' });
      const commits = why?.items.filter(({ label }) => label === 'commit').map(({ text }) => text);
      expect(commits).toEqual(['first']);
    }));

  it('takes over vectors of the same text, and keeps what it has for the next time', () =>
    withHistory({}, async ({ at }) => {
      const first = (await at('v1')).index;
      expect(
        first
          .missing()
          .map((id) => first.place(id)?.path)
          .sort(),
      ).toEqual(['src/gone.ts', 'src/store.ts']);
      await first.embedSegments(first.missing(), Infinity);
      expect(first.embedded).toBe(3);
      expect((await at('v1')).index.embedded).toBe(3);
    }));

  it('leaves out what settings exclude, and what was forgotten is deleted from it', () =>
    withHistory({ exclude: ['plan.ts'] }, async ({ index, home, at }) => {
      const { index: then, at: said } = await at('v1');
      expect(then.paths()).not.toContain('src/plan.ts');
      expect(await then.lines('src/plan.ts')).toBeUndefined();
      expect(said.message).toContain('Not indexed: 2 (1 named by ignore files or settings, or forgotten, 1 binary).');
      then.close();
      await index.forget(['src/store.ts']);
      expect(readdirSync(join(home, 'snapshots')).filter((name) => name.includes('.sqlite'))).toEqual([]);
      expect((await at('v1')).index.paths()).toEqual(['src/gone.ts']);
    }));

  it('leaves out what is forgotten while the commit is read', () =>
    withHistory({}, async ({ index }) => {
      const onFile = () => {
        index.ledger.skipFile('src/store.ts', noMeta(undefined), skippedState('forgotten'));
      };
      const { index: then, at: said } = await openCommit(index, 'v1', { onFile });
      try {
        expect(then.paths().sort()).toEqual(['src/gone.ts', 'src/plan.ts']);
        expect(await then.lines('src/store.ts')).toBeUndefined();
        expect(said).toMatchObject({ files: 4, indexed: 2 });
      } finally {
        then.close();
      }
    }));

  it('says which commit there is none of, and why git is not asked', () =>
    withHistory({}, async ({ index, at }) => {
      await expect(at('v9')).rejects.toThrow(`git knows no commit "v9" in ${index.root}.`);
      await expect(at('--output=x')).rejects.toThrow('git knows no commit "--output=x"');
      await expect(at('^v1')).rejects.toThrow('git knows no commit "^v1"');
      allowGit(false);
      try {
        await expect(at('v1')).rejects.toThrow('This folder is not trusted, so git is not asked');
      } finally {
        allowGit(true);
      }
    }));

  it('is not there where there is no repository', () =>
    withFolder(async (folder) => {
      const index = await folderIndexOf(folder, OLD);
      await expect(openCommit(index, 'v1')).rejects.toThrow(
        `git cannot show "v1" in ${index.root}. The folder is not in a git work tree.`,
      );
      index.close();
    }));

  it('reads of a partial clone what is there, and what was fetched since at the next question', () =>
    withFolder(async (folder) => {
      const origin = place(join(folder, 'origin'), OLD);
      git(origin, 'init', '-q');
      git(origin, 'config', 'uploadpack.allowFilter', 'true');
      git(origin, 'add', '.');
      git(origin, 'commit', '-qm', 'first');
      git(origin, 'tag', 'v1');
      git(origin, 'rm', '-q', 'src/gone.ts');
      git(origin, 'commit', '-qm', 'second');
      git(folder, 'clone', '-q', '--filter=blob:none', `file://${origin}`, 'root');
      const index = await folderIndexOf(folder, {});
      const pathsAt = async (): Promise<string[]> => {
        const { index: then, at } = await openCommit(index, 'v1');
        try {
          expect(at.files).toBe(4);
          return then.paths().sort();
        } finally {
          then.close();
        }
      };
      try {
        expect(await pathsAt()).toEqual(['src/plan.ts', 'src/store.ts']);
        git(index.root, 'cat-file', 'blob', 'v1:src/gone.ts');
        expect(await pathsAt()).toEqual(['src/gone.ts', 'src/plan.ts', 'src/store.ts']);
      } finally {
        index.close();
      }
    }));
});
