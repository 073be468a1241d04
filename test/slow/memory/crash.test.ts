import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';

import { describe, expect, it, vi } from 'vitest';

import { Ledger } from '../../../src/memory/store/ledger.ts';
import { IDENTITY, madeUpFile, put, setHashOf, stepOf, withFolder } from '../../unit/memory/support.ts';

// A second or two alone; a shared machine has taken twenty times as long.
vi.setConfig({ testTimeout: 120_000 });

const PROGRAMS = join(import.meta.dirname, 'programs');

function start(database: string, first: number, steps: number): ChildProcess {
  return spawn(process.execPath, [join(PROGRAMS, 'writer.ts'), database, String(first), String(steps)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Resolves with the numbers said once the process has ended; `onFirst` runs at the first. */
async function listen(child: ChildProcess, onFirst?: () => void): Promise<number[]> {
  let said = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    if (said === '') onFirst?.();
    said += chunk.toString();
  });
  await new Promise((done) => child.on('close', done));
  return said.split('\n').slice(0, -1).map(Number);
}

/** The state after some steps: path → number of the step that stored it, or that skipped it (negative). */
function stateAfter(steps: number): Map<string, number> {
  const state = new Map<string, number>();
  for (let n = 0; n < steps; n++) {
    const { path, what } = stepOf(n);
    if (what === 'forget') state.delete(path);
    else state.set(path, what === 'put' ? n : -n);
  }
  return state;
}

function hashOf(state: ReadonlyMap<string, number>): string {
  return setHashOf([...state].filter(([, n]) => n >= 0).map(([path, n]) => madeUpFile(path, n)));
}

describe('a writer that is killed', () => {
  it('leaves all that it said was stored, and whole files only', async () => {
    await withFolder(async (folder) => {
      const database = join(folder, 'x.sqlite');
      let stored = 0;
      let killedWhileWriting = 0;
      for (let round = 0; round < 20; round++) {
        const child = start(database, stored, 100_000);
        const said = await listen(child, () => {
          void wait(Math.random() * 60).then(() => child.kill('SIGKILL'));
        });
        expect(child.signalCode).toBe('SIGKILL');
        const acknowledged = said.at(-1)! + 1;
        const opened = Ledger.open(database, IDENTITY);
        expect(opened.kind).toBe('open');
        // The step under way when it was killed may be in or not, as a whole.
        stored = opened.ledger.generation();
        expect([acknowledged, acknowledged + 1]).toContain(stored);
        if (stored > acknowledged) killedWhileWriting++;
        const expected = stateAfter(stored);
        const found = opened.ledger.files().map(({ path, blobHash, state }) => {
          const n = Number(blobHash.slice('blob-'.length));
          return [path, state.kind === 'ingested' ? n : -n] as const;
        });
        expect(new Map(found)).toEqual(expected);
        expect(opened.ledger.setHash().hex()).toBe(hashOf(expected));
        expect(await opened.ledger.verify()).toMatchObject({ kind: 'sound' });
        opened.ledger.close();
      }
      expect(stored).toBeGreaterThan(20);
      expect(killedWhileWriting).toBeLessThanOrEqual(20);
    });
  });
});

describe('several processes', () => {
  it('begin and write one database at once while another reads', async () => {
    await withFolder(async (folder) => {
      const database = join(folder, 'x.sqlite');
      const steps = 60;
      // Far apart, so that the steps of the three differ in all but their paths.
      const children = [0, 1000, 2000].map((first) => start(database, first, steps));
      const ends = children.map((child) => listen(child));
      const { ledger } = Ledger.open(database, IDENTITY);
      let reads = 0;
      while (children.some((child) => child.exitCode === null && child.signalCode === null)) {
        expect(ledger.setHash().bytes().length).toBe(2048);
        expect((await ledger.rebuild()).bytes().length).toBe(2048);
        ledger.lexicalSearch(['export'], 10);
        for (const { contentHash } of ledger.segments()) expect(contentHash.length).toBe(64);
        reads++;
        await wait(5);
      }
      for (const said of await Promise.all(ends)) expect(said.length).toBe(steps);
      expect(children.map((child) => child.exitCode)).toEqual([0, 0, 0]);
      expect(reads).toBeGreaterThan(1);
      expect(ledger.generation()).toBe(3 * steps);
      expect(await ledger.verify()).toMatchObject({ kind: 'sound' });
      expect(ledger.setHash().equals(await ledger.rebuild())).toBe(true);
      ledger.close();
    });
  });
});

describe('a process that holds the database for writing', () => {
  it('keeps nobody from opening it and reading what was stored before', async () => {
    await withFolder(async (folder) => {
      const first = Ledger.open(folder, IDENTITY).ledger;
      for (let n = 0; n < 5; n++) put(first, madeUpFile(`f${n}.ts`, 1));
      const writer = new DatabaseSync(first.location);
      writer.exec("BEGIN EXCLUSIVE; DELETE FROM segment; UPDATE file SET state = 'skipped'");
      const second = Ledger.open(folder, IDENTITY).ledger;
      for (const reader of [first, second]) {
        expect(reader.files().map(({ state }) => state.kind)).toEqual(Array(5).fill('ingested'));
        expect(reader.tree().size).toBe(5);
        expect([...reader.segments()]).toHaveLength(15);
        expect(reader.lexicalSearch(['export'], 50)).toHaveLength(15);
        expect(reader.fileSearch(['export'])).toHaveLength(5);
        expect(reader.setHash().hex()).toBe((await reader.rebuild()).hex());
        expect(await reader.verify()).toMatchObject({ kind: 'sound', segments: 15 });
      }
      writer.exec('ROLLBACK');
      for (const each of [writer, first, second]) each.close();
    });
  });
});

describe.skipIf(process.platform === 'win32')('a folder that may not be written', () => {
  it('gives one sentence and what to do', async () => {
    await withFolder((folder) => {
      chmodSync(folder, 0o555);
      // The superuser may write anywhere, so the question is asked as somebody else.
      const as = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
      for (const place of [folder, join(folder, 'below'), join(folder, 'x.sqlite')]) {
        const { stdout, stderr } = spawnSync(process.execPath, [join(PROGRAMS, 'opener.ts'), place], {
          ...as,
          encoding: 'utf8',
        });
        expect(stderr).toBe('');
        const { code, message } = JSON.parse(stdout) as { code: string; message: string };
        expect(code).toBe('ledger/read-only');
        expect(message).toMatch(/^The memory cannot be stored in .*: writing is not allowed\. Allow writing/);
      }
      chmodSync(folder, 0o777);
      const { stdout } = spawnSync(process.execPath, [join(PROGRAMS, 'opener.ts'), folder], {
        ...as,
        encoding: 'utf8',
      });
      expect(JSON.parse(stdout)).toEqual({ kind: 'stored' });
    });
  });
});
