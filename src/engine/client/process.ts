import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { endWithUs } from '../../common/at-exit.ts';
import { isReplyEnvelope } from '../protocol.ts';
import type { Envelope, Reply } from '../protocol.ts';
import type { EngineSettings } from '../settings.ts';

/** How a process ended, as a sentence can tell it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it wrote to its error stream. */
  readonly said: string;
}

/** Characters of the error stream that are kept: an error with its stack. */
const SAID = 4_000;

export interface ProcessEvents {
  readonly onReply: (id: number, reply: Reply) => void;
  readonly onExit: (exit: Exit) => void;
  /** A line that the process wrote to its error stream: the runtime's own warnings, kept for the log. */
  readonly onLog: (line: string) => void;
}

/**
 * One forked engine. Settings travel as one short argument; everything else over the channel, never the command line.
 */
export class EngineProcess {
  readonly #child: ChildProcess;
  #gone = false;
  #said = '';

  constructor(script: string, settings: EngineSettings, events: ProcessEvents) {
    this.#child = fork(script, [JSON.stringify(settings)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      // In VS Code's desktop the executable is Electron, which has to be told to be Node. Its runtime would tell its
      // maker what runs here, and keep a number of this machine in a folder of the user's for that.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', ORT_DISABLE_TELEMETRY: '1' },
    });
    endWithUs(this.#child);
    this.#child.on('message', (message: unknown) => {
      if (isReplyEnvelope(message)) events.onReply(message.id, message.reply);
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-SAID);
      events.onLog(text.trimEnd());
    });
    const ended = (code: number | null, signal: NodeJS.Signals | null) => {
      if (this.#gone) return;
      this.#gone = true;
      events.onExit({ code, signal, said: this.#said });
    };
    // Not `exit`: its last words may still be on the way then.
    this.#child.on('close', ended);
    this.#child.on('error', () => {
      ended(null, null);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(envelope: Envelope): void {
    if (!this.#gone && this.#child.connected) this.#child.send(envelope);
  }

  /** The hard stop: a run cannot be interrupted, a process can. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
