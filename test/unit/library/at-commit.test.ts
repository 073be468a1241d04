import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openMemory } from '../../../src/library/memory.ts';
import { refusedWithoutGit } from '../../../src/service/tool-outcome.ts';
import { withFolder } from '../memory/support.ts';
import { engine, FILES, git, place, withMemory } from './support.ts';

function commitAll(root: string): void {
  git(root, 'init', '--quiet');
  git(root, 'add', '--all');
  git(root, 'commit', '--quiet', '--message', 'first');
  git(root, 'tag', 'v1');
}

describe('a tool at an older commit', () => {
  it('finds and reads what stood there then, and the disk afterwards', () =>
    withMemory(async ({ memory, root, save }) => {
      commitAll(root);
      rmSync(join(root, 'src/cookie.ts'));
      save('src/session.ts', 'export function openSession() {}\n');
      const found = await memory.search({ question: 'Where is cookieOf defined?', at: 'v1' });
      // Said once, above the answer.
      expect(found.text.match(/Not indexed/g)).toHaveLength(1);
      expect(found.text).not.toContain('Searched: ');
      expect(found.files.map(({ path }) => path)).toContain('src/cookie.ts');
      expect(found.text).toMatch(
        /^v1 is commit [0-9a-f]{10}: 4 of its 5 files can be asked about\. Not indexed: 1 \(1 minified\)\.\n/,
      );
      const read = await memory.readLines({ path: 'src/session.ts', at: 'v1' });
      expect(read.lines.join('')).toBe(FILES['src/session.ts']);
      const { references } = await memory.findReferences({ name: 'cookieOf', at: 'HEAD' });
      expect(references.map(({ path }) => path)).toContain('src/cookie.ts');
      expect((await memory.run('read_lines', { path: 'src/cookie.ts', at: 'v1' })).text).toContain('cookieOf');
      await memory.ready();
      expect((await memory.search({ question: 'Where is cookieOf defined?' })).text).not.toContain('src/cookie.ts');
      expect((await memory.readLines({ path: 'src/session.ts' })).ofLines).toBe(1);
    }));

  it('says which folders have no such commit, and fails where none has', () =>
    withFolder(async (folder) => {
      const [app, notes] = [place(join(folder, 'app'), FILES), place(join(folder, 'notes'), { 'n.md': '# Notes\n' })];
      commitAll(app);
      const memory = await openMemory({ root: [app, notes], home: join(folder, 'home'), engine, waitMs: 60_000 });
      try {
        const { text } = await memory.search({ question: 'Where is cookieOf defined?', at: 'v1' });
        expect(text).toContain('app: v1 is commit ');
        expect(text).toContain(`git cannot show "v1" in ${memory.roots[1]}. The folder is not in a git work tree.`);
        expect(text).toContain('app/src/cookie.ts');
        await expect(memory.search({ question: 'x', at: 'v2' })).rejects.toThrow('git knows no commit "v2"');
      } finally {
        await memory.close();
      }
    }));

  it('is refused where git may not be asked, in a sentence that says what to do', () => {
    expect(refusedWithoutGit('search_codebase', { question: 'x', at: 'v1' })).toEqual({
      kind: 'refused',
      message:
        'In Restricted Mode git is not asked, so no commit can be read. Leave "at" out to ask the files on disk.',
    });
    expect(refusedWithoutGit('search_codebase', { question: 'x' })).toBeUndefined();
    expect(refusedWithoutGit('what_changed', 'x')).toMatchObject({ kind: 'refused' });
  });
});
