import { lstatSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireIndexLock } from '../../../src/index/index-lock.ts';
import { withFolder } from '../memory/support.ts';

const never = () => {
  throw new Error('Nobody else holds the lock.');
};

/** A database in a folder of its own, and the locks that lie beside it. */
async function withDatabase(work: (database: string, locks: () => string[]) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const database = join(folder, 'a.sqlite');
    writeFileSync(database, '');
    await work(database, () => readdirSync(folder).filter((name) => name.endsWith('.lock')));
  });
}

describe('the index lock', () => {
  it('lies beside the database while it is held, and is gone when it was released', () =>
    withDatabase(async (database, locks) => {
      const release = await acquireIndexLock(database, '/root', undefined, never);
      expect(locks()).toHaveLength(1);
      await release();
      expect(locks()).toEqual([]);
      // A second release harms nobody.
      await release();
    }));

  it('is one for each folder', () =>
    withDatabase(async (database, locks) => {
      const releases = [
        await acquireIndexLock(database, '/root', undefined, never),
        await acquireIndexLock(database, '/other', undefined, never),
      ];
      expect(locks()).toHaveLength(2);
      for (const release of releases) await release();
    }));

  it('is waited for, and the wait is told', () =>
    withDatabase(async (database) => {
      const first = await acquireIndexLock(database, '/root', undefined, never);
      let isReleased = false;
      let waits = 0;
      const second = await acquireIndexLock(database, '/root', undefined, () => {
        waits += 1;
        if (waits === 1) void first().then(() => (isReleased = true));
      });
      expect({ isReleased, waits }).toEqual({ isReleased: true, waits: 1 });
      await second();
    }));

  it('is waited for no longer than its signal says', () =>
    withDatabase(async (database, locks) => {
      const release = await acquireIndexLock(database, '/root', undefined, never);
      const controller = new AbortController();
      const waiting = acquireIndexLock(database, '/root', controller.signal, () => {
        controller.abort(new Error('enough'));
      });
      await expect(waiting).rejects.toMatchObject({ cause: new Error('enough') });
      expect(locks()).toHaveLength(1);
      await release();
      await expect(acquireIndexLock(database, '/root', controller.signal, never)).rejects.toThrow('enough');
    }));

  it.skipIf(process.platform === 'win32').each([
    ['a link', symlinkSync.bind(undefined, '/')],
    [
      'a file',
      (place: string) => {
        writeFileSync(place, '');
      },
    ],
  ])('takes away %s in its place', (_, put) =>
    withDatabase(async (database, locks) => {
      const release = await acquireIndexLock(database, '/root', undefined, never);
      const place = join(database, '..', locks()[0]!);
      await release();
      put(place);
      const again = await acquireIndexLock(database, '/root', undefined, never);
      expect(lstatSync(place).isDirectory()).toBe(true);
      await again();
    }),
  );

  it('is told where its folder is gone', () =>
    withFolder(async (folder) => {
      const absent = join(folder, 'absent/a.sqlite');
      await expect(acquireIndexLock(absent, '/root', undefined, never)).rejects.toMatchObject({ name: 'AppError' });
    }));
});
