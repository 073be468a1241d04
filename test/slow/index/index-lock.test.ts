import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

// A killed holder's turn is over after twelve seconds; a shared machine takes its time besides.
vi.setConfig({ testTimeout: 240_000 });

const FILES = 8;

interface Told {
  readonly read?: number;
  readonly encoded?: number;
  readonly segments?: number;
  readonly kind?: string;
  readonly message?: string;
}

interface Running {
  readonly child: ChildProcess;
  /** Settled when this line was said; rejected when the process ends without it. */
  readonly said: (line: string) => Promise<void>;
  /** What it told at the end; undefined when it was killed. */
  readonly told: Promise<Told | undefined>;
  readonly lines: () => readonly string[];
}

function refresh(home: string, root: string, ms: number): Running {
  const program = join(import.meta.dirname, 'programs/refresher.ts');
  const child = spawn(process.execPath, [program, home, root, String(ms)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  const waiting: (() => void)[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    for (const look of waiting) look();
  });
  const lines = () => out.split('\n').slice(0, -1);
  const closed = new Promise<void>((done) =>
    child.on('close', () => {
      done();
    }),
  );
  const told = closed.then(() => lines().find((line) => line.startsWith('{')));
  return {
    child,
    lines,
    told: told.then((line) => (line === undefined ? undefined : (JSON.parse(line) as Told))),
    said: (line) =>
      new Promise((done, fail) => {
        const look = () => {
          if (lines().includes(line)) done();
        };
        waiting.push(look);
        look();
        void closed.then(() => {
          fail(new Error(`It ended without "${line}": ${out}`));
        });
      }),
  };
}

/** A folder of files of three segments each, and a home. */
async function withPlace(work: (home: string, root: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'turn-'));
  const [home, root] = [join(folder, 'home'), join(folder, 'root')];
  mkdirSync(root);
  for (let n = 0; n < FILES; n++) {
    const parts = [0, 1, 2].map((part) => `export const part${part}Of${n} = '${'x'.repeat(10 + n)}';\n`);
    writeFileSync(join(root, `f${n}.ts`), parts.join('\n'));
  }
  try {
    await work(home, root);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The folder of the only memory below a home. */
const memoryIn = (home: string) => join(home, 'memory', readdirSync(join(home, 'memory'))[0] ?? '');
const lockIn = (home: string) =>
  join(memoryIn(home), readdirSync(memoryIn(home)).find((name) => name.endsWith('.lock')) ?? 'none');

describe('several processes that read one folder', () => {
  it('encode each segment once between them', () =>
    withPlace(async (home, root) => {
      const all = await Promise.all(Array.from({ length: 4 }, () => refresh(home, root, 20).told));
      expect(all.map((told) => told?.segments)).toEqual(Array(4).fill(3 * FILES));
      expect(all.reduce((sum, told) => sum + (told?.encoded ?? NaN), 0)).toBe(3 * FILES);
    }));

  it('wait for no process that was killed, whatever the clock said when it took its turn', () =>
    withPlace(async (home, root) => {
      const first = refresh(home, root, 200);
      await first.said('encoded');
      const second = refresh(home, root, 0);
      await second.said('waits');
      first.child.kill('SIGKILL');
      await first.told;
      const future = new Date(Date.now() + 365 * 86_400_000);
      utimesSync(lockIn(home), future, future);
      expect(await second.told).toMatchObject({ segments: 3 * FILES });
      const [before, after] = [first, second].map(
        ({ lines }) => lines().filter((line) => line === 'encoded').length,
      ) as [number, number];
      // The file in the works is lost, and nothing else.
      expect(before + after).toBeLessThanOrEqual(3 * FILES + 3);
    }));

  it('are kept from it by no link or file in the place of the lock, and leave what the link leads to', () =>
    withPlace(async (home, root) => {
      const first = refresh(home, root, 50);
      await first.said('encoded');
      const lock = lockIn(home);
      await first.told;
      const precious = join(dirname(home), 'precious');
      for (const target of [precious, join(home, 'nowhere')]) {
        mkdirSync(precious, { recursive: true });
        symlinkSync(target, lock);
        expect(await refresh(home, root, 0).told).toMatchObject({ encoded: 0 });
        expect([existsSync(precious), existsSync(lock)]).toEqual([true, false]);
      }
      writeFileSync(lock, '');
      expect(await refresh(home, root, 0).told).toMatchObject({ encoded: 0 });
    }));
});

describe.skipIf(process.platform === 'win32')('a home folder that goes while files are read', () => {
  it.each([
    [
      'deleted',
      (home: string) => {
        rmSync(home, { recursive: true });
      },
    ],
    [
      'replaced by an empty one',
      (home: string) => {
        rmSync(home, { recursive: true });
        mkdirSync(join(home, 'memory'), { recursive: true });
      },
    ],
    [
      'renamed',
      (home: string) => {
        renameSync(home, `${home}-before`);
      },
    ],
    [
      'without its database',
      (home: string) => {
        for (const name of readdirSync(memoryIn(home)))
          if (name.endsWith('.sqlite')) rmSync(join(memoryIn(home), name));
      },
    ],
    [
      'without the log of its database',
      (home: string) => {
        for (const name of readdirSync(memoryIn(home))) if (name.endsWith('-wal')) rmSync(join(memoryIn(home), name));
      },
    ],
  ])('is told: %s', (_, spoil) =>
    withPlace(async (home, root) => {
      const reading = refresh(home, root, 150);
      await reading.said('encoded');
      spoil(home);
      const told = await reading.told;
      expect(told).toMatchObject({ code: 'ledger/gone' });
      expect(told?.message).toMatch(/was deleted or replaced while it was in use.* Try again: a new memory is begun/);
      // And so it is: the next reading has everything.
      expect(await refresh(home, root, 0).told).toMatchObject({ segments: 3 * FILES });
    }),
  );
});
