import { DatabaseSync } from 'node:sqlite';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { noMeta, skippedState } from '../../../src/index/plan.ts';
import { removeStored, storedMemories } from '../../../src/index/stored-memories.ts';
import { Ledger } from '../../../src/memory/store/ledger.ts';
import { memoriesCommand } from '../../../src/terminal/memories.ts';
import { IDENTITY, madeUpFile, put, withFolder } from '../memory/support.ts';

const APP = 'app-0123456789ab';
const LIB = 'lib-0123456789ab';

/** A memory with one file, last used by this working folder; the ledger is left open. */
function begin(home: string, name: string, checkout: string): Ledger {
  const { ledger } = Ledger.open(join(home, 'memory', name), { ...IDENTITY, checkout });
  put(ledger, madeUpFile('src/a.ts', 1));
  return ledger;
}

function withHome(work: (home: string, folder: string) => void | Promise<void>): Promise<void> {
  return withFolder(async (home) => {
    const folder = join(home, 'code', 'app');
    mkdirSync(folder, { recursive: true });
    begin(home, APP, folder).close();
    begin(home, LIB, join(home, 'code', 'gone', 'lib')).close();
    await work(home, folder);
  });
}

describe('the memories of a machine', () => {
  it('are listed with folder, size and age, and say whether their folder is there', () =>
    withHome((home, folder) => {
      const found = storedMemories(home);
      expect(found.map(({ title, state }) => [title, state]).sort()).toEqual([
        ['app', 'kept'],
        ['lib', 'gone'],
      ]);
      const app = found.find(({ name }) => name === APP);
      expect(app).toMatchObject({ files: 1, folders: [{ path: folder, isThere: true }] });
      expect(app?.bytes).toBeGreaterThan(4_096);
      expect(Math.abs(Date.now() - (app?.usedMs ?? 0))).toBeLessThan(3_600_000);
      expect(Math.abs(Date.now() - (app?.createdMs ?? 0))).toBeLessThan(3_600_000);
    }));

  it('are none where there is no home, and what is no memory is not listed', () =>
    withHome((home) => {
      expect(storedMemories(join(home, 'nowhere'))).toEqual([]);
      mkdirSync(join(home, 'memory', 'notes-0123456789ab'));
      symlinkSync(join(home, 'memory', APP), join(home, 'memory', 'link-0123456789ab'));
      expect(storedMemories(home)).toHaveLength(2);
    }));

  it('that are damaged are listed too, and can be removed', () =>
    withHome((home) => {
      for (const name of readdirSync(join(home, 'memory', APP))) {
        writeFileSync(join(home, 'memory', APP, name), 'no database at all '.repeat(100));
      }
      expect(storedMemories(home).find(({ name }) => name === APP)).toMatchObject({
        state: 'unreadable',
        title: 'app',
      });
      expect(removeStored(home, [APP])).toMatchObject([{ kind: 'removed', name: APP }]);
    }));
});

describe('removing a memory', () => {
  it('takes it away with all that lies beside it, and nothing else', () =>
    withHome((home, folder) => {
      writeFileSync(join(home, 'memory', APP, 'memory-0123456789abcdef.sqlite.damaged-1'), 'x');
      expect(removeStored(home, [APP])).toMatchObject([{ kind: 'removed', name: APP }]);
      expect(existsSync(join(home, 'memory', APP))).toBe(false);
      expect(existsSync(folder)).toBe(true);
      expect(storedMemories(home).map(({ name }) => name)).toEqual([LIB]);
    }));

  it('leaves one that is open, which stays whole', () =>
    withHome((home, folder) => {
      const ledger = begin(home, APP, folder);
      expect(removeStored(home, [APP])).toMatchObject([{ kind: 'in-use', name: APP }]);
      expect(ledger.totals().files.ingested).toBe(1);
      ledger.close();
      expect(removeStored(home, [APP])).toMatchObject([{ kind: 'removed' }]);
    }));

  it('leaves one that is being written in a folder where no write-ahead log can be', () =>
    withHome((home) => {
      const [file = ''] = readdirSync(join(home, 'memory', APP)).filter((name) => name.endsWith('.sqlite'));
      const db = new DatabaseSync(join(home, 'memory', APP, file));
      db.exec('PRAGMA journal_mode = DELETE; BEGIN IMMEDIATE');
      expect(removeStored(home, [APP])).toMatchObject([{ kind: 'in-use', name: APP }]);
      db.exec('ROLLBACK');
      db.close();
      expect(removeStored(home, [APP])).toMatchObject([{ kind: 'removed', name: APP }]);
    }));

  it('says what went wrong where nobody has it open', () =>
    withHome((home) => {
      const [file = ''] = readdirSync(join(home, 'memory', APP)).filter((name) => name.endsWith('.sqlite'));
      rmSync(join(home, 'memory', APP, file));
      mkdirSync(join(home, 'memory', APP, file));
      expect(removeStored(home, [APP])).toMatchObject([
        { kind: 'failed', message: expect.stringContaining('app could not be removed: ') as string },
      ]);
      expect(existsSync(join(home, 'memory', APP))).toBe(true);
    }));

  it('takes away what a removal before it left, and nothing of that name that is no memory', () =>
    withHome((home) => {
      const left = join(home, 'memory', `.removing-${APP}`);
      const other = join(home, 'memory', '.removing-notes');
      for (const folder of [left, other]) mkdirSync(folder);
      writeFileSync(join(left, 'memory-0123456789abcdef.sqlite'), 'x');
      removeStored(home, []);
      expect([existsSync(left), existsSync(other)]).toEqual([false, true]);
    }));

  it('takes no path for a name', () =>
    withHome((home) => {
      expect(removeStored(home, ['../code', '..'])).toMatchObject([{ kind: 'unknown' }, { kind: 'unknown' }]);
      expect(existsSync(join(home, 'code'))).toBe(true);
    }));
});

describe('the command', () => {
  it('says which forgotten files would be known no more', () =>
    withHome(async (home, folder) => {
      const ledger = begin(home, APP, folder);
      ledger.skipFile('src/key.ts', noMeta(0), skippedState('forgotten'));
      ledger.skipFile('src/pic.ts', noMeta(0), skippedState('binary'));
      ledger.close();
      expect(storedMemories(home).find(({ name }) => name === APP)?.forgotten).toBe(1);
      expect(await printed(home, { remove: ['lib'] })).not.toContain('forgotten');
      expect(await printed(home, { remove: ['app'] })).toContain(
        '1 file was forgotten on request. After removal it is indexed again.',
      );
    }));

  async function printed(home: string, options: Parameters<typeof memoriesCommand>[0]): Promise<string> {
    let text = '';
    vi.stubEnv('ASK_CODEBASE_HOME', home);
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
      text += String(piece);
      return true;
    });
    try {
      await Promise.resolve(memoriesCommand(options));
    } finally {
      write.mockRestore();
      vi.unstubAllEnvs();
    }
    return text;
  }

  it('shows what would be removed, and removes it when it is told to', () =>
    withHome(async (home) => {
      expect(await printed(home, {})).toMatch(/^2 memories in /);
      const shown = await printed(home, { gone: true });
      expect(shown).toContain('lib');
      expect(shown).not.toContain(APP);
      expect(shown).toContain('Add --yes');
      expect(storedMemories(home)).toHaveLength(2);
      expect(await printed(home, { gone: true, yes: true })).toContain('Removed: 1 memory, ');
      expect(storedMemories(home).map(({ name }) => name)).toEqual([APP]);
      expect(await printed(home, {})).toMatch(/^1 memory in /);
      expect(await printed(home, { unused: 1, yes: true })).toContain('Removed: 0 memories');
      expect(() => memoriesCommand({ remove: ['nobody'] })).toThrow('There is no memory "nobody"');
      await printed(home, { remove: ['app'], yes: true });
      expect(storedMemories(home)).toEqual([]);
    }));
});
