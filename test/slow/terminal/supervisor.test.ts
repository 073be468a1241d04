import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

interface Supervised {
  readonly code: number | null;
  readonly err: string;
  /** Processes that the program noted in the file `pids`. */
  readonly left: readonly number[];
}

/** Supervises a program with this body; signals come once it has made the file `ready`. */
async function supervised(body: string, ...signals: readonly NodeJS.Signals[]): Promise<Supervised> {
  const folder = mkdtempSync(join(tmpdir(), 'supervisor-'));
  const path = (name: string) => join(folder, name);
  const source = (name: string) => JSON.stringify(join(import.meta.dirname, '../../../src/terminal', name));
  writeFileSync(
    path('program.ts'),
    `import { spawn } from 'node:child_process';
     import { appendFileSync, writeFileSync } from 'node:fs';
     import { isSupervised, supervise } from ${source('supervisor.ts')};
     import { endOnSignal, stopping } from ${source('interrupt.ts')};
     const note = (pid) => appendFileSync(${JSON.stringify(path('pids'))}, pid + '\\n');
     const ready = () => writeFileSync(${JSON.stringify(path('ready'))}, '');
     const block = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
     const sleeper = (detached) => note(spawn('sleep', ['1000'], { detached, stdio: 'ignore' }).pid);
     if (!isSupervised()) process.exitCode = await supervise(import.meta.filename);
     else {
       note(process.pid);
       endOnSignal();
       ${body}
     }`,
  );
  const child = spawn(process.execPath, [path('program.ts')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  if (signals.length > 0) while (!existsSync(path('ready'))) await wait(20);
  for (const signal of signals) child.kill(signal);
  const code = await ended;
  const pids = existsSync(path('pids')) ? readFileSync(path('pids'), 'utf8').trim().split('\n').map(Number) : [];
  for (let waited = 0; waited < 3_000 && pids.some(isRunning); waited += 20) await wait(20);
  return { code, err, left: pids.filter(isRunning) };
}

/** A zombie that nobody has collected yet does not run. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const STOPPED = 'Stopped. What was read is saved; run the command again to go on.\n';

describe.skipIf(process.platform !== 'linux')('a supervised command', () => {
  it('ends with its own code, and leaves no child', async () => {
    const { code, err, left } = await supervised('sleeper(false); process.exit(3);');
    expect([code, err, left]).toEqual([3, '', []]);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends by itself where it hears %s', async (signal) => {
    const body = `ready(); stopping.addEventListener('abort', () => process.exit(130)); setInterval(() => 0, 1000);`;
    expect(await supervised(body, signal)).toEqual({ code: 130, err: '', left: [] });
  });

  it('ends hard where it hears and goes on', async () => {
    const { code, err, left } = await supervised('ready(); sleeper(false); setInterval(() => 0, 1000);', 'SIGINT');
    expect([code, err, left]).toEqual([130, STOPPED, []]);
  });

  it('is killed with all its children where it cannot hear', async () => {
    const body = 'sleeper(false); sleeper(true); ready(); block();';
    for (const signals of [['SIGINT'], ['SIGTERM', 'SIGTERM']] as const) {
      const { code, err, left } = await supervised(body, ...signals);
      expect([code, err, left]).toEqual([130, STOPPED, []]);
    }
  });

  it('does not outlive its supervisor', async () => {
    const body = 'ready(); sleeper(false); setInterval(() => 0, 1000);';
    const { code, left } = await supervised(`${body} process.on('exit', () => process.kill(0, 'SIGKILL'));`, 'SIGKILL');
    expect([code, left]).toEqual([null, []]);
  });

  it('says how it ended when something else kills it', async () => {
    const { code, err } = await supervised("process.kill(process.pid, 'SIGKILL'); block();");
    expect([code, err]).toEqual([137, 'The program was ended by SIGKILL.\n']);
  });
});
