import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowGit } from '../../../src/workspace/git/git.ts';
import { walk } from '../../../src/workspace/walk/walk.ts';
import { found, git, listed, place, put, repository } from '../../unit/workspace/place.ts';

describe('a walk without git', () => {
  it('agrees with git on any tree and any rules', async () => {
    const name = fc.constantFrom('a', 'b', 'c.log', 'd.ts', 'e f', '[x]', '!y', '#z');
    const part = fc.constantFrom('a', 'b', 'c.log', '*.log', '*', '**', '?', '[ab]', 'd.*', 'e f', '\\[x]', '[!a]');
    const pattern = fc
      .tuple(
        fc.constantFrom('', '', '!'),
        fc.constantFrom('', '/'),
        fc.array(part, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('', '', '/', ' '),
      )
      .map(([not, slash, parts, end]) => not + slash + parts.join('/') + end);
    const rules = fc.array(fc.oneof(pattern, fc.constantFrom('', '#z', '\\#z', '\\!y', '!', '/')), { maxLength: 5 });
    const folders = fc.array(name, { maxLength: 3 });
    const tree = fc.record({
      files: fc.array(fc.tuple(folders, name), { minLength: 1, maxLength: 12 }),
      ignores: fc.array(fc.tuple(folders, rules), { maxLength: 3 }),
    });
    // Many trees side by side: they cannot see each other's rules, and git is asked once for all.
    await fc.assert(
      fc.asyncProperty(fc.array(tree, { minLength: 20, maxLength: 30 }), async (trees) => {
        const root = await repository({});
        for (const [number, { files, ignores }] of trees.entries()) {
          for (const [path, content] of [
            ...ignores.map(([folder, lines]) => [[...folder, '.gitignore'], `${lines.join('\n')}\n`] as const),
            ...files.map(([folder, file]) => [[...folder, file], 'x'] as const),
          ]) {
            // A file may stand where another path wants a folder: that path is left out.
            await put(root, { [`${number}/${path.join('/')}`]: content }).catch(() => undefined);
          }
        }
        const expected = listed(root);
        expect((await found(root)).paths).toEqual(expected);
        try {
          allowGit(false);
          expect((await found(root)).paths).toEqual(expected);
        } finally {
          allowGit(true);
        }
      }),
      { numRuns: 3 },
    );
  });
});

describe('a large folder', () => {
  it('lets the event loop run, and stops when told', async () => {
    const root = await place();
    const names = Array.from({ length: 600 }, (_, i) => `folder-${i % 30}/file-${i}.ts`);
    await put(root, Object.fromEntries(names.map((name) => [name, 'x'])));
    for (const prepare of [() => '', () => git(root, 'init', '-q')]) {
      prepare();
      let turns = 0;
      const count = () => {
        turns += 1;
        timer = setImmediate(count);
      };
      let timer = setImmediate(count);
      expect((await found(root)).candidates).toEqual(names.toSorted());
      clearImmediate(timer);
      expect(turns).toBeGreaterThan(10);

      const controller = new AbortController();
      let seen = 0;
      const stopped = (async () => {
        for await (const entry of walk(root, { signal: controller.signal })) {
          if (entry.kind === 'candidate' && ++seen === 100) controller.abort(new Error('enough'));
        }
      })();
      await expect(stopped).rejects.toThrow('enough');
      expect(seen).toBeLessThan(400);
      await expect(walk(root, { signal: AbortSignal.abort(new Error('before')) }).next()).rejects.toThrow('before');
      for await (const entry of walk(root)) if (entry.kind === 'candidate') break;
    }
  });
});
