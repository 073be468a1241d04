import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filesInScope } from '../../../src/service/files-in-scope.ts';
import { withFolder } from '../memory/support.ts';
import { folderIndexOf } from '../retrieve/support.ts';

const CHANGED = { base: { kind: 'changed' }, terms: '' } as const;

it('files that have changed are those that git tells; a sentence says where there are none', () =>
  withFolder(async (folder) => {
    const index = await folderIndexOf(folder, { 'a.ts': 'const a = 1;\n', 'b.ts': 'const b = 1;\n' });
    await index.refresh({});
    const member = { index, prefix: '' };
    const none = 'No file differs from the last commit, or git knows none of these folders.';
    await expect(filesInScope(CHANGED, [member])).rejects.toThrow(none);
    const git = (...args: string[]) => execFileSync('git', ['-C', index.root, ...args], { stdio: 'ignore' });
    const who = ['-c', 'user.name=Ann', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
    git('init', '--quiet');
    git('add', '--all');
    git(...who, 'commit', '--quiet', '-m', 'First');
    await expect(filesInScope(CHANGED, [member])).rejects.toThrow(none);
    writeFileSync(join(index.root, 'b.ts'), 'const b = 2;\n');
    const scope = await filesInScope(CHANGED, [member]);
    expect(scope?.(member)).toEqual(new Set(['b.ts']));
    index.close();
  }));
