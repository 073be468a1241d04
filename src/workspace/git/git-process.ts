import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { devNull } from 'node:os';
import { dirname } from 'node:path';

/** How a run of git ended. */
export type GitRun =
  | { readonly kind: 'done'; readonly out: Buffer }
  /** git said no; `errors` are its own words. */
  | { readonly kind: 'refused'; readonly errors: string; readonly code: number | null }
  | { readonly kind: 'missing' }
  | { readonly kind: 'not-allowed' }
  | { readonly kind: 'too-slow' }
  | { readonly kind: 'too-much' };

export interface GitLimits {
  readonly signal?: AbortSignal | undefined;
  /** What git reads from its standard input; it is empty where it is left out. */
  readonly input?: string;
  /** Bytes of output. */
  readonly maxBytes?: number;
  /** ms without a word from git. */
  readonly patience?: number;
}

const LIMITS = {
  /** Names of a million files. */
  maxBytes: 256 * 1024 * 1024,
  /** A question that git answers from its own files takes milliseconds; a cold disk, a second. */
  patience: 20_000,
  /** Characters of the error stream that are kept. */
  errors: 16_384,
} as const;

let isAllowed = true;

/** Says whether git may be run at all in this process: not for a folder that its user does not trust. */
export function allowGit(allowed: boolean): void {
  isAllowed = allowed;
}

/**
 * A repository's own settings may name programs, for almost everything that git does, and a folder that somebody was
 * sent is a repository with settings. No command that is run here has use for any of them.
 */
const SAFE: readonly (readonly [string, string])[] = [
  ['core.fsmonitor', 'false'],
  ['core.untrackedCache', 'false'],
  ['core.hooksPath', devNull],
  ['core.pager', 'cat'],
  ['core.editor', 'false'],
  ['core.askPass', ''],
  ['core.sshCommand', 'false'],
  ['core.gitProxy', ''],
  ['core.alternateRefsCommand', 'false'],
  ['credential.helper', ''],
  ['diff.external', ''],
  ['gpg.program', 'false'],
  ['log.showSignature', 'false'],
  ['protocol.allow', 'never'],
  ['submodule.recurse', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  // A bare repository that lies inside another one is a folder of files, not a repository to be obeyed.
  ['safe.bareRepository', 'explicit'],
];

const OPTIONS = ['--no-pager', '--literal-pathspecs', ...SAFE.flatMap(([key, value]) => ['-c', `${key}=${value}`])];

/**
 * What git finds in its environment. The GIT_* of this process are dropped: a hook that starts us must not make us look
 * at the hook's repository. The user's own settings stay, because `safe.directory` and `core.excludesFile` are in them.
 */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:GIT_|SSH_ASKPASS)/i.test(name));
  return {
    ...Object.fromEntries(own),
    LC_ALL: 'C',
    // Objects that a partial clone left with its remote are not fetched: nothing here uses the network.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_PAGER: 'cat',
    GIT_EDITOR: 'false',
    GIT_SSH_COMMAND: 'false',
    GIT_ATTR_NOSYSTEM: '1',
  };
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) kill(child);
});

const hasGroups = process.platform !== 'win32';

/** Ends git and all that it has started. */
function kill(child: ChildProcess): void {
  try {
    if (hasGroups && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/**
 * Runs one command of git over a folder, to its end. Only plumbing that neither fetches, filters nor compares content
 * belongs here: every command is one that reads git's own files.
 * @throws the signal's reason
 */
export async function runGit(folder: string, args: readonly string[], limits: GitLimits = {}): Promise<GitRun> {
  const chunks: Buffer[] = [];
  const ended = await streamGit(folder, args, limits, (chunk) => {
    chunks.push(chunk);
  });
  return ended.kind === 'done' ? { kind: 'done', out: Buffer.concat(chunks) } : ended;
}

type Ended = Exclude<GitRun, { kind: 'done' }> | { readonly kind: 'done' };

/** As `runGit`, and hands over the output as it comes. */
export async function streamGit(
  folder: string,
  args: readonly string[],
  limits: GitLimits,
  onChunk: (chunk: Buffer) => void,
): Promise<Ended> {
  const { signal, input = '', maxBytes = LIMITS.maxBytes, patience = LIMITS.patience } = limits;
  signal?.throwIfAborted();
  if (!isAllowed) return { kind: 'not-allowed' };
  // Windows looks for a program in the current folder first, so that folder is not the repository.
  const child = spawn('git', [...OPTIONS, '-C', folder, ...args], {
    cwd: dirname(process.execPath),
    env: environment(),
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
    detached: hasGroups,
  });
  running.add(child);
  // A git that ends before it has read all says why itself.
  child.stdin.on('error', () => undefined).end(input);
  return new Promise<Ended>((settle, fail) => {
    let stopped: Ended | undefined;
    let errors = '';
    let bytes = 0;
    const stop = (why: Ended) => {
      stopped ??= why;
      kill(child);
    };
    const timer = setTimeout(() => {
      stop({ kind: 'too-slow' });
    }, patience);
    const onAbort = () => {
      kill(child);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const end = (how: Ended) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      running.delete(child);
      if (signal?.aborted === true) fail(signal.reason instanceof Error ? signal.reason : new Error('Stopped.'));
      else settle(stopped ?? how);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      timer.refresh();
      bytes += chunk.length;
      if (bytes > maxBytes) stop({ kind: 'too-much' });
      else onChunk(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (errors.length < LIMITS.errors) errors += text;
    });
    child.on('error', () => {
      end({ kind: 'missing' });
    });
    child.on('close', (code) => {
      end(code === 0 ? { kind: 'done' } : { kind: 'refused', errors: errors.trim(), code });
    });
  });
}

export interface LineLimits extends GitLimits {
  /** git was ended because it said nothing for too long. */
  readonly onTooSlow?: (() => void) | undefined;
}

/** The output of a command, cut at its NULs or line ends; undefined where git did not do it. */
export async function gitLines(
  folder: string,
  args: readonly string[],
  { onTooSlow, ...limits }: LineLimits = {},
): Promise<string[] | undefined> {
  const run = await runGit(folder, args, limits);
  if (run.kind === 'too-slow') onTooSlow?.();
  if (run.kind !== 'done') return undefined;
  const end = args.includes('-z') ? '\0' : '\n';
  return run.out.toString('utf8').split(end).filter(Boolean);
}
