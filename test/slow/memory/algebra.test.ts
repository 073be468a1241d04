import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import { Ledger } from '../../../src/memory/store/ledger.ts';
import { parseScope, selectPaths } from '../../../src/memory/search/scope.ts';
import { IDENTITY, madeUpFile, put, setHashOf, withFolder } from '../../unit/memory/support.ts';

vi.setConfig({ testTimeout: 120_000 });

const PATHS = ['a.ts', 'src/b.ts', 'src/deep/c.ts', 'src/deep/d.test.ts', 'tests/e.ts', 'vendor/f.js'];
const SCOPES = ['', '+src', '-tests -vendor', '+*.test.ts', '+src -deep', '+src/deep/c.ts', '-a.ts', '+nothing'];
const path = fc.constantFrom(...PATHS);
const version = fc.integer({ min: 1, max: 4 });

type Step =
  | { readonly kind: 'edit'; readonly path: string; readonly version: number }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'delete' | 'skip' | 'forget'; readonly path: string }
  | { readonly kind: 'switch'; readonly version: number }
  | { readonly kind: 'scope'; readonly text: string }
  | { readonly kind: 'other' | 'merge'; readonly path: string; readonly version: number }
  | { readonly kind: 'reopen' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('edit' as const), path, version }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename' as const), path, to: path }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'skip' as const), path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('switch' as const), version }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('scope' as const), text: fc.constantFrom(...SCOPES) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('other' as const), path, version }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('merge' as const), path, version }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);

/** The set hash of these files without a ledger. */
function plain(files: ReadonlyMap<string, number>, scope?: ReadonlySet<string>): string {
  const chosen = [...files].filter(([name]) => scope?.has(name) !== false);
  return setHashOf(chosen.map(([name, n]) => madeUpFile(name, n)));
}

describe('after any sequence of edits, renames, deletes, branch switches, scopes and merges', () => {
  it('the hash in use, a rebuild and plain addition are one, and verify() agrees', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        await withFolder(async (folder) => {
          const at = (name: string) => Ledger.open(folder, { ...IDENTITY, checkout: join(folder, name) }).ledger;
          let ledger = at('here');
          // Another window on the same checkout, and another worktree.
          const [window, worktree] = [at('here'), at('there')];
          // Another repository, which is added to this one and taken out again.
          const second = Ledger.open(join(folder, 'second'), { ...IDENTITY, repository: 'second' }).ledger;
          const secondFiles = new Map<string, number>();
          const files = new Map<string, number>();
          const edit = (by: Ledger, name: string, n: number) => {
            put(by, madeUpFile(name, n));
            files.set(name, n);
          };
          for (const now of steps) {
            let scope: Set<string> | undefined;
            switch (now.kind) {
              case 'edit':
                edit(ledger, now.path, now.version);
                break;
              case 'rename': {
                const n = files.get(now.path);
                ledger.drop([now.path]);
                files.delete(now.path);
                if (n !== undefined) edit(ledger, now.to, n);
                break;
              }
              case 'delete':
                ledger.drop([now.path]);
                files.delete(now.path);
                break;
              case 'skip': {
                const { meta } = madeUpFile(now.path, 1);
                ledger.skipFile(now.path, meta, { kind: 'skipped', reason: 'binary', message: 'Not text.' });
                files.delete(now.path);
                break;
              }
              case 'forget': {
                files.delete(now.path);
                const { certificate } = await ledger.forget([now.path]);
                expect(certificate.rebuilt.setHash).toBe(plain(files));
                break;
              }
              case 'switch':
                for (const name of [...files.keys()]) edit(ledger, name, now.version);
                break;
              case 'scope':
                scope = selectPaths(parseScope(now.text), PATHS).files;
                break;
              case 'other':
                edit(window, now.path, now.version);
                put(worktree, madeUpFile(now.path, 9));
                break;
              case 'merge': {
                put(second, madeUpFile(`second/${now.path}`, now.version));
                secondFiles.set(`second/${now.path}`, now.version);
                const [own, other] = [ledger.setHash(), second.setHash()];
                const [both, turned] = [ledger.setHash(), second.setHash()];
                both.merge(other);
                turned.merge(own);
                const sum = plain(new Map([...files, ...secondFiles]));
                expect([both.hex(), turned.hex()]).toEqual([sum, sum]);
                both.merge(other, -1);
                expect(both.hex()).toBe(own.hex());
                break;
              }
              case 'reopen':
                ledger.close();
                ledger = at('here');
                break;
            }
            const expected = plain(files, scope);
            expect(ledger.setHash(scope).hex(), now.kind).toBe(expected);
            if (scope) expect((await ledger.rebuild(scope)).hex()).toBe(expected);
          }
          const [setHash, treeHash] = [plain(files), ledger.treeHash()];
          expect((await ledger.rebuild()).hex()).toBe(setHash);
          expect(await ledger.verify()).toMatchObject({ kind: 'sound', setHash, treeHash });
          expect(await window.verify()).toMatchObject({ kind: 'sound', setHash, treeHash });
          for (const each of [ledger, window, worktree, second]) each.close();
        });
      }),
      { numRuns: 10 },
    );
  });
});
