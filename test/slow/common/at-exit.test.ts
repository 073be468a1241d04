import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

/** Runs a program that uses at-exit.ts to its end. Its exit code. */
async function run(folder: string, body: string): Promise<number | null> {
  const script = join(folder, 'program.ts');
  const module = JSON.stringify(join(import.meta.dirname, '../../../src/common/at-exit.ts'));
  writeFileSync(
    script,
    `import { spawn } from 'node:child_process';
     import { writeFileSync } from 'node:fs';
     import { atExit, endWithUs } from ${module};
     const mark = (name) => writeFileSync(${JSON.stringify(folder)} + '/' + name, name);
     ${body}`,
  );
  const child = spawn(process.execPath, [script], { stdio: 'ignore' });
  return new Promise((resolve) => child.on('close', resolve));
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const temporary = () => mkdtempSync(join(tmpdir(), 'at-exit-'));

describe('the end of a process', () => {
  it.skipIf(process.platform === 'win32')('is that of its children, also of one that ignores signals', async () => {
    const folder = temporary();
    const code = await run(
      folder,
      `const child = spawn('sh', ['-c', "trap '' INT TERM HUP; echo; exec sleep 1000"], { stdio: ['ignore', 'pipe', 'ignore'] });
       endWithUs(child);
       child.stdout.once('data', () => {
         writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(child.pid));
         process.exit(7);
       });`,
    );
    expect(code).toBe(7);
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    for (let waited = 0; waited < 5_000 && isRunning(pid); waited += 20) await wait(20);
    expect(isRunning(pid)).toBe(false);
  });

  it('runs what was registered and not what was taken off, whatever one of them throws', async () => {
    const folder = temporary();
    const body = `
      atExit(() => { throw new Error('broken'); });
      atExit(() => mark('kept'));
      atExit(() => mark('gone'))();`;
    expect(await run(folder, `${body} process.exit(3);`)).toBe(3);
    expect([existsSync(join(folder, 'kept')), existsSync(join(folder, 'gone'))]).toEqual([true, false]);
  });
});
