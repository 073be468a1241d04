import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { EXIT, STOPPED } from './exit.ts';
import { err } from './output.ts';

/** Set for the process that runs the command; it has a channel to its supervisor too. */
const MARK = 'ASK_CODEBASE_SUPERVISED';

/** ms after a signal at which a command that has not ended is killed: within a second, and after its own hard end. */
const PATIENCE = 900;

const STOP = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Windows has no groups of processes, and would open another window. */
const hasGroups = process.platform !== 'win32';

/** Whether this process is the one that runs the command. */
export function isSupervised(): boolean {
  const isMarked = process.env[MARK] !== undefined && process.connected;
  Reflect.deleteProperty(process.env, MARK);
  return isMarked;
}

/**
 * Runs the program in a second process and ends it when a signal says so, whatever it is doing. A process that waits in
 * a call of SQLite hears no signal: only another one can end it. The group is its own, so that no child of it stays.
 *
 * @returns the exit code
 */
export async function supervise(script: string): Promise<number> {
  const state: { timer?: NodeJS.Timeout; isKilled: boolean } = { isKilled: false };
  const kill = () => {
    state.isKilled = true;
    const groups = groupsOf(child);
    signalAll(child, 'SIGKILL');
    for (const pid of groups) signalAll({ pid }, 'SIGKILL');
  };
  const stop = () => {
    // The second Ctrl-C is from somebody in a hurry.
    if (state.timer) {
      kill();
      return;
    }
    state.timer = setTimeout(kill, PATIENCE);
    if (child.connected) child.send('stop', () => undefined);
  };
  // Before the child is there: a signal in between would end this process alone.
  for (const signal of STOP) process.on(signal, stop);
  const child = spawn(process.execPath, [...process.execArgv, script, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [MARK]: '1' },
    detached: hasGroups,
    windowsHide: true,
  });
  if (hasGroups) suspendTogether(child);
  const { code, signal } = await ending(child);
  clearTimeout(state.timer);
  signalAll(child, 'SIGKILL');
  if (code !== null) return code;
  if (state.isKilled) {
    err.restore();
    err.rows(STOPPED);
    return EXIT.stopped;
  }
  err.rows(signal === null ? 'The program could not be started. Try again.' : `The program was ended by ${signal}.`);
  return signal === null ? EXIT.failed : 128 + constants.signals[signal];
}

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function ending(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
    child.on('error', () => {
      // Anything but a failed start comes with its own end.
      if (child.pid === undefined) resolve({ code: null, signal: null });
    });
  });
}

/**
 * What the child started in groups of their own, as git is. Linux alone tells; elsewhere git ends when it finds that
 * nobody reads its output.
 */
function groupsOf({ pid = 0 }: ChildProcess): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').map(Number).filter(Boolean);
  } catch {
    return [];
  }
}

/** Sends a signal to a process and all that it started in its group. */
function signalAll({ pid }: { readonly pid?: number | undefined }, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(hasGroups ? -pid : pid, signal);
  } catch {
    // All have ended.
  }
}

/** Ctrl-Z reaches this group alone. */
function suspendTogether(child: ChildProcess): void {
  process.on('SIGTSTP', () => {
    signalAll(child, 'SIGSTOP');
    process.kill(process.pid, 'SIGSTOP');
  });
  process.on('SIGCONT', () => {
    signalAll(child, 'SIGCONT');
  });
}
