import { describe, expect, it } from 'vitest';
import { skippedPaths } from '../../../src/index/exclusion.ts';
import { whatChanged } from '../../../src/library/what-changed.ts';
import { git, place } from '../library/support.ts';
import { withFolder } from '../memory/support.ts';
import { folderIndexOf } from '../retrieve/support.ts';
import type { FolderIndex } from '../../../src/index/folder-index.ts';
import type { FolderIndexOptions } from '../../../src/index/folder-options.ts';

const FILES = {
  'src/a.ts': 'export const a = 1;\n',
  'src/plan.ts': 'export const plan = "hidden";\n',
  'b.md': '# B\n',
};

/** A repository whose every file is committed and indexed. */
async function withIndex(
  options: Partial<FolderIndexOptions>,
  work: (index: FolderIndex) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const index = await folderIndexOf(folder, FILES, options);
    try {
      git(index.root, 'init', '-q');
      git(index.root, 'add', '.');
      git(index.root, 'commit', '-qm', 'first');
      await index.indexWords({});
      await work(index);
    } finally {
      index.close();
    }
  });
}

const skipped = async (index: FolderIndex) => [...(await skippedPaths(index, Object.keys(FILES)))].sort();

describe('what no commit brings back', () => {
  it('is what an ignore file names now, though the index was made before it', async () => {
    await withIndex({}, async (index) => {
      expect(await skipped(index)).toEqual([]);
      place(index.root, { '.codebaseignore': 'plan.ts\n' });
      expect(index.ledger.file('src/plan.ts')?.state.kind).toBe('ingested');
      expect(await skipped(index)).toEqual(['src/plan.ts']);
    });
  });

  it('is what git ignores now and tracks no more, unless it was asked for', async () => {
    for (const [include, expected] of [
      [[], ['src/plan.ts']],
      [['plan.ts'], []],
    ]) {
      await withIndex({ include: include ?? [] }, async (index) => {
        git(index.root, 'rm', '-q', '--cached', 'src/plan.ts');
        place(index.root, { '.gitignore': '/src/plan.ts\n' });
        expect(await skipped(index)).toEqual(expected);
      });
    }
  });

  it('is what the settings exclude, gone from the disk or not', async () => {
    await withIndex({ exclude: ['plan.ts'] }, async (index) => {
      expect(await skipped(index)).toEqual(['src/plan.ts']);
      git(index.root, 'rm', '-q', 'src/plan.ts');
      await index.indexWords({});
      expect(index.ledger.file('src/plan.ts')).toBeUndefined();
      const changes = await whatChanged([{ index, prefix: '' }], {});
      expect(changes.files).toEqual([]);
      expect(JSON.stringify(changes.parts)).not.toContain('hidden');
    });
  });

  it('is what its owner had forgotten', async () => {
    await withIndex({ include: ['plan.ts'] }, async (index) => {
      await index.forget(['src/plan.ts']);
      expect(await skipped(index)).toEqual(['src/plan.ts']);
    });
  });
});
