import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a program and all that it started asked the kernel for. */
export interface Trace {
  /** Programs that were started, the first included, each with its arguments. */
  readonly started: readonly { readonly program: string; readonly args: readonly string[] }[];
  /** Sockets that were made or connected, as strace writes them; `AF_INET` and `AF_INET6` lead off the machine. */
  readonly sockets: readonly string[];
  readonly code: number | null;
  readonly out: string;
}

/** A namespace with no network but a loopback device that is down; the second way needs no root. */
const WALLS = [['-n'], ['-rn']].find((flags) => runs('unshare', ...flags, 'true'));

/** Why nothing can be traced here; undefined where it can. */
export function whyNoTrace(): string | undefined {
  if (process.platform !== 'linux') return 'Only Linux has strace and network namespaces.';
  if (!WALLS) return 'This kernel lets no network namespace be made.';
  if (!runs('strace', '-V')) return 'strace is missing: sh test/loop/setup.sh installs it.';
  if (!runs('strace', '-qq', '-o', '/dev/null', 'true')) return 'This kernel lets no program be traced.';
  return undefined;
}

/** Runs a program behind the walls and traces it, with everything that it starts, to its end. */
export async function traced(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<Trace> {
  const folder = mkdtempSync(join(tmpdir(), 'traced-'));
  const file = join(folder, 'trace');
  const strace = ['strace', '-f', '-qq', '-s', '512', '-e', 'trace=execve,execveat,socket,connect', '-o', file];
  try {
    const child = spawn('unshare', [...(WALLS ?? []), ...strace, program, ...args], { env, cwd });
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (out += text));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    return { ...calls(readFileSync(file, 'utf8')), code, out };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What strace wrote; a call that another thread interrupted stands on two lines. */
export function calls(trace: string): Pick<Trace, 'started' | 'sockets'> {
  const started: Trace['started'][number][] = [];
  const sockets: string[] = [];
  const unfinished = new Map<string, string>();
  for (const raw of trace.split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(raw) ?? [];
    const begun = /^(.*) <unfinished \.\.\.>$/.exec(rest);
    if (begun) {
      unfinished.set(pid, begun[1] ?? '');
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const line = resumed ? `${unfinished.get(pid) ?? ''}${resumed[1] ?? ''}` : rest;
    if (/^execve(at)?\(/.test(line)) {
      // A name that was looked for along the PATH and is not there was not started.
      if (!/\) += 0\b/.test(line)) continue;
      const [program = '', ...args] = Array.from(line.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, text = '']) => text);
      started.push({ program, args });
    } else if (/^(socket|connect)\(/.test(line)) sockets.push(line);
  }
  return { started, sockets };
}

function runs(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
