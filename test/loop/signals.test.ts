import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { CLI, LIBRARY, MODELS, place, temporary } from './cli.ts';

/** ms in which a command has to be gone: it takes one second; a busy machine may take longer. */
const LIMIT = 3_000;

interface Stopped {
  readonly code: number | null;
  readonly err: string;
  readonly milliseconds: number;
}

/** Runs the command line, sends it a signal when `ready` settles, and says how it ended. */
async function stopped(
  args: readonly string[],
  options: {
    readonly home: string;
    readonly signal: NodeJS.Signals;
    readonly ready: (child: ChildProcess) => Promise<unknown>;
    readonly env?: NodeJS.ProcessEnv;
  },
): Promise<Stopped> {
  const { home, signal, ready, env } = options;
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, ASK_CODEBASE_HOME: home, ASK_CODEBASE_MODELS: MODELS, ...env },
  });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await ready(child);
  const began = performance.now();
  child.kill(signal);
  const code = await ended;
  return { code, err, milliseconds: performance.now() - began };
}

/** Processes that still run and were started with this home, by what they run. */
function running(home: string): string[] {
  return readdirSync('/proc').flatMap((id) => {
    try {
      const given = readFileSync(`/proc/${id}/environ`, 'latin1');
      return given.includes(home) ? [readFileSync(`/proc/${id}/cmdline`, 'latin1').replaceAll('\0', ' ')] : [];
    } catch {
      return [];
    }
  });
}

/** Waits until nothing of a home runs any more; what is left after the limit. */
async function orphans(home: string): Promise<string[]> {
  for (let waited = 0; waited < LIMIT && running(home).length > 0; waited += 50) await wait(50);
  return running(home);
}

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 20) {
    if (waited > 60_000) throw new Error('What was waited for did not come.');
    await wait(20);
  }
}

function databases(home: string): string[] {
  if (!existsSync(home)) return [];
  return readdirSync(home, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sqlite'))
    .map((name) => join(home, name));
}

function expectWhole(home: string): void {
  for (const file of databases(home)) {
    const db = new DatabaseSync(file);
    expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    db.close();
  }
}

// Windows ends a process at once and knows no signals; elsewhere than on Linux there is no /proc to look for orphans
// in.
describe.skipIf(process.platform !== 'linux')('a signal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends a command that waits in SQLite for a lock',
    async (signal) => {
      const home = temporary('home');
      const repo = place(temporary('repo'), { 'a.bin': Uint8Array.of(0, 1, 2, 255) });
      const first = await stopped(['ingest', '--repo', repo], {
        home,
        signal: 'SIGCONT',
        ready: () => Promise.resolve(),
      });
      expect(first.code, first.err).toBe(0);
      place(repo, { 'b.bin': Uint8Array.of(0, 1, 2, 255) });
      const [file = ''] = databases(home);
      const other = new DatabaseSync(file);
      other.exec('BEGIN IMMEDIATE');
      const ran = await stopped(['ingest', '--repo', repo], { home, signal, ready: () => wait(1_500) });
      expect(ran.err).toBe('Stopped. What was read is saved; run the command again to go on.\n');
      expect(ran.code).toBe(130);
      expect(ran.milliseconds).toBeLessThan(LIMIT);
      expect(await orphans(home)).toEqual([]);
      other.exec('ROLLBACK');
      other.close();
      expectWhole(home);
    },
  );

  it('ends a command whose git hangs, and git with all that it started', async () => {
    const home = temporary('home');
    const programs = temporary('programs');
    const begun = join(programs, 'begun');
    writeFileSync(join(programs, 'git'), `#!/bin/sh\ntrap '' INT TERM HUP\ntouch ${begun}\nsleep 1000\n`);
    chmodSync(join(programs, 'git'), 0o755);
    const env = { PATH: `${programs}:${process.env.PATH ?? ''}` };
    const repo = place(temporary('repo'), LIBRARY);
    execFileSync('git', ['init', '--quiet', repo]);
    const args = ['stats', '--repo', repo];
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      rmSync(begun, { force: true });
      const ran = await stopped(args, { home, signal, env, ready: () => until(() => existsSync(begun)) });
      expect(ran.code, ran.err).toBe(130);
      expect(ran.milliseconds).toBeLessThan(LIMIT);
      expect(await orphans(home)).toEqual([]);
    }
  });

  it('ends a command while the model loads or reads, at any moment, and the next run goes on', async () => {
    const home = temporary('home');
    const parts = Array.from({ length: 200 }, (_, at) => [`part${at}.ts`, `// part ${at}\n${LIBRARY['src/loans.ts']}`]);
    const repo = place(temporary('repo'), Object.fromEntries(parts) as Record<string, string>);
    const args = ['ingest', '--repo', repo, '--device', 'cpu'];
    for (const [at, milliseconds] of [0, 100, 300, 600, 1_000, 2_000, 4_000].entries()) {
      const signal = at % 2 === 0 ? 'SIGINT' : 'SIGTERM';
      const ran = await stopped(args, { home, signal, ready: () => wait(milliseconds) });
      // Before its first line runs, a program cannot do anything but die of it.
      expect([130, ...(milliseconds < 300 ? [null] : [])], ran.err).toContain(ran.code);
      expect(ran.milliseconds).toBeLessThan(LIMIT);
      expect(await orphans(home)).toEqual([]);
      expectWhole(home);
    }
    const killed = await stopped(args, { home, signal: 'SIGKILL', ready: () => wait(2_000) });
    expect(killed.code).toBeNull();
    expect(await orphans(home)).toEqual([]);
    const ran = await stopped(args, { home, signal: 'SIGCONT', ready: () => Promise.resolve() });
    expect(ran.code, ran.err).toBe(0);
    expectWhole(home);
  });

  it('a second one ends it at once', async () => {
    const home = temporary('home');
    const repo = place(temporary('repo'), LIBRARY);
    const ran = await stopped(['ingest', '--repo', repo, '--device', 'cpu'], {
      home,
      signal: 'SIGINT',
      ready: async (child) => {
        await wait(1_000);
        child.kill('SIGINT');
      },
    });
    expect(ran.code).toBe(130);
    expect(ran.milliseconds).toBeLessThan(LIMIT);
    expect(await orphans(home)).toEqual([]);
  });
});
