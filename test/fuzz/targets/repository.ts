import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAppError } from '../../../src/common/app-error.ts';
import { findRepository, firstCommit, trackedFiles } from '../../../src/workspace/git/git.ts';
import { hostileRepository } from '../../support/hostile-repository.ts';
import { promised } from '../target.ts';
import type { Target } from '../target.ts';

/** git's own files, which belong to the repository; the first byte of an input chooses which one is replaced. */
const FILES = [
  'config',
  'HEAD',
  'index',
  'packed-refs',
  'config.worktree',
  'commondir',
  'shallow',
  'info/exclude',
] as const;

const hostile = hostileRepository({ hangs: [] });
const sound = new Map(FILES.map((name) => [name, contentOf(name)]));

function contentOf(name: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(join(hostile.root, '.git', name)));
  } catch {
    return new Uint8Array();
  }
}

/**
 * What git says about a repository whose own files are damaged or made up; real processes, so a hundred inputs a second
 * at most.
 */
export const repository: Target = {
  name: 'repository',
  dictionary: [
    ...[
      '[core]\n',
      '[include]\n\tpath = ',
      '[remote "a"]\n',
      '\tworktree = /\n',
      '\tfsmonitor = ',
      'ref: refs/heads/main\n',
    ],
    ...['DIRC', 'TREE', 'link', 'sdir', 'FSMN', 'UNTR', '../', '/etc', '\n', '\0', '"', '\\', '= true', 'gitdir: '],
    hostile.root,
  ],
  seeds: () =>
    Promise.resolve(
      [...sound.values()].map((content, at) => new Uint8Array(Buffer.concat([Uint8Array.of(at), content]))),
    ),
  run: async (input) => {
    const name = FILES[(input[0] ?? 0) % FILES.length] ?? 'config';
    const place = join(hostile.root, '.git', name);
    writeFileSync(place, input.subarray(1));
    try {
      const found = await findRepository(hostile.root);
      if (found.kind === 'git') {
        promised(found.top === hostile.root, 'The work tree is the folder that was asked about.');
        for (const { path } of await trackedFiles(hostile.root)) promised(path !== '', 'A tracked file has a name.');
        await firstCommit(hostile.root);
      }
    } catch (error) {
      if (!isAppError(error, 'git/failed')) throw error;
    } finally {
      writeFileSync(place, sound.get(name) ?? '');
    }
    promised(
      hostile.tripped().length === 0,
      `No program of the repository was run, as ${hostile.tripped().join(', ')} was.`,
    );
  },
  end: () => {
    hostile.remove();
    return Promise.resolve();
  },
};
