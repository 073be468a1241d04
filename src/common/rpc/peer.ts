import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { stackOf } from '../app-error.ts';
import { endWithUs } from '../at-exit.ts';
import type { ToPeer } from './messages.ts';

/** How a peer ended, as a message can tell it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The end of what it wrote to its error stream. */
  readonly said: string;
}

/** Characters of the error stream that are kept: an error with its stack. */
const SAID = 4_000;

export interface PeerEvents {
  readonly onMessage: (message: unknown) => void;
  /** Once, after the last message. */
  readonly onExit: (exit: Exit) => void;
  /** What the peer wrote to its error stream, and what it died of. */
  readonly onLog: (level: 'warn' | 'error', line: string) => void;
}

/** A running thread or process, as its caller holds it. */
export interface Peer {
  /** The process's id; undefined for a thread. */
  readonly pid: number | undefined;
  /** @throws DataCloneError for what cannot be copied */
  post(message: ToPeer): void;
  /** Whether it keeps our process alive; only of a peer that can be told so. */
  readonly hold?: (isHeld: boolean) => void;
  /** The hard stop: code that computes cannot be interrupted, its thread or process can. */
  kill(): void;
}

/**
 * Forks a process. `argument` is one short text of its command line; everything else goes over the channel.
 *
 * `environment` is added to our own.
 */
export function forkedPeer(
  script: string,
  { argument, environment }: { readonly argument: string; readonly environment: Readonly<Record<string, string>> },
  events: PeerEvents,
): Peer {
  const child = fork(script, [argument], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    // In VS Code's desktop the executable is Electron, which has to be told to be Node.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', ...environment },
  });
  endWithUs(child);
  let hasEnded = false;
  let said = '';
  const end = (code: number | null, signal: string | null) => {
    if (hasEnded) return;
    hasEnded = true;
    events.onExit({ code, signal, said });
  };
  const kill = () => {
    child.kill('SIGKILL');
  };
  child.on('message', (message: unknown) => {
    if (!hasEnded) events.onMessage(message);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID);
    events.onLog('warn', text.trimEnd());
  });
  // Not `exit`: its last words may still be on the way then.
  child.on('close', end);
  child.on('error', () => {
    // It never started, or its channel broke: without a channel it is of no use.
    kill();
    end(null, null);
  });
  return {
    pid: child.pid,
    post: (message) => {
      if (!hasEnded && child.connected) child.send(message);
    },
    kill,
  };
}

/** Starts a thread; `data` is its workerData. Ports in it are handed over. */
export function threadPeer(
  script: string,
  data: unknown,
  events: PeerEvents,
  ports: readonly MessagePort[] = [],
): Peer {
  const worker = new Worker(script, { workerData: data, stderr: true, transferList: [...ports] });
  const log = listen(worker, events);
  worker.stderr.setEncoding('utf8').on('data', (text: string) => {
    log('warn', text.trimEnd());
  });
  return peerOf(worker);
}

/**
 * Starts a thread that keeps our process alive only while it has a call. What it writes to its error stream goes to
 * ours: a stream that is read would keep the process alive as well.
 */
export function unboundThreadPeer(script: string, events: PeerEvents): Peer {
  const worker = new Worker(script);
  listen(worker, events);
  const hold = (isHeld: boolean) => {
    if (isHeld) worker.ref();
    else worker.unref();
  };
  return { ...peerOf(worker), hold };
}

/** Passes on what a thread says and how it ends. */
function listen(worker: Worker, events: PeerEvents): PeerEvents['onLog'] {
  let said = '';
  const log = (level: 'warn' | 'error', line: string) => {
    said = `${said}${line}\n`.slice(-SAID);
    events.onLog(level, line);
  };
  worker.on('message', (message: unknown) => {
    events.onMessage(message);
  });
  worker.on('error', (error: unknown) => {
    log('error', stackOf(error));
  });
  worker.on('exit', (code) => {
    events.onExit({ code, signal: null, said });
  });
  return log;
}

function peerOf(worker: Worker): Peer {
  return {
    pid: undefined,
    post: (message) => {
      worker.postMessage(message);
    },
    kill: () => {
      void worker.terminate();
    },
  };
}

/** The other end of a port, where a thread calls the one that started it. It ends with its channel. */
export function portPeer(port: MessagePort, events: PeerEvents): Peer {
  port.on('message', (message: unknown) => {
    events.onMessage(message);
  });
  port.on('close', () => {
    events.onExit({ code: null, signal: null, said: '' });
  });
  return {
    pid: undefined,
    post: (message) => {
      port.postMessage(message);
    },
    kill: () => {
      port.close();
    },
  };
}
