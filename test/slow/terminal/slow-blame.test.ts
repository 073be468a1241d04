import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { MultiFolderSearch } from '../../../src/retrieve/multi-folder-search.ts';
import { changeRows, lastChanges } from '../../../src/terminal/last-changes.ts';
import { withFolder } from '../../unit/memory/support.ts';
import { folderIndexOf } from '../../unit/retrieve/support.ts';

/** A git that takes for ever to say who wrote one file, as it does in a long history. */
function slowGit(folder: string, file: string): string {
  const real = execFileSync('which', ['git'], { encoding: 'utf8' }).trim();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const script = `#!/bin/sh\ncase " $* " in *" blame "*" ${file} ") exec sleep 600 ;; esac\nexec ${real} "$@"\n`;
  writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
  return [bin, process.env['PATH']].join(delimiter);
}

it.skipIf(process.platform === 'win32')('files that git is too slow for are named below the last changes', () =>
  withFolder(async (folder) => {
    const index = await folderIndexOf(folder, { 'a.ts': 'const keel = 1;\n', 'b.ts': 'const mast = 2;\n' });
    try {
      const git = (...args: string[]) => execFileSync('git', ['-C', index.root, ...args], { stdio: 'ignore' });
      const who = ['-c', 'user.name=Ann', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
      git('init', '--quiet');
      git('add', '--all');
      git(...who, 'commit', '--quiet', '-m', 'Begin the ship');
      const ranked = ['a.ts', 'b.ts'].map((path) => ({ path, share: 0.5, lines: [{ start: 1, end: 1, share: 1 }] }));
      vi.stubEnv('PATH', slowGit(folder, 'b.ts'));
      const found = await lastChanges(MultiFolderSearch.of(index), ranked, undefined);
      expect(found).toMatchObject({ changes: [{ path: 'a.ts', author: 'Ann' }], tooSlow: ['b.ts'] });
      expect(changeRows(found).at(-1)).toBe('git was too slow to say who wrote these last: b.ts.');
      expect(changeRows({ ...found, changes: [] })).toHaveLength(1);
    } finally {
      vi.unstubAllEnvs();
      index.close();
    }
  }),
);
