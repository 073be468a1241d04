import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Codebase } from '../ask/codebase.ts';
import { Engine } from '../engine/host.ts';
import type { IngestReport } from '../engine/ingest.ts';
import type { DeviceChoice } from '../engine/settings.ts';
import { IngestBar } from './progress.ts';

/** What every command takes. */
export interface CommonOptions {
  readonly repo: string;
  readonly device: DeviceChoice;
  readonly threads?: number;
  readonly include?: readonly string[];
  readonly json?: boolean;
}

/** A codebase opened for one command, with an engine that goes when the command ends. */
export interface Session {
  readonly codebase: Codebase;
  readonly signal: AbortSignal;
}

/** Exit codes: 0 done, 1 failed with a sentence, 2 wrong usage, 3 does not know, 130 stopped by Ctrl-C. */
export const EXIT = { done: 0, failed: 1, usage: 2, unknown: 3, stopped: 130 } as const;

/** Opens the codebase, runs `work`, and closes both whatever happens. The first Ctrl-C aborts, the second one kills. */
export async function withCodebase<T>(options: CommonOptions, work: (session: Session) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onInterrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.stopped);
    controller.abort(new DOMException('Stopped by Ctrl-C.', 'AbortError'));
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  const settings = { device: options.device, ...(options.threads === undefined ? {} : { threads: options.threads }) };
  const engine = new Engine({ script: join(dirname(fileURLToPath(import.meta.url)), 'engine.js'), settings });
  try {
    const codebase = await Codebase.open({ root: options.repo, engine });
    if (codebase.notice !== undefined) process.stderr.write(`${codebase.notice}\n`);
    try {
      return await work({ codebase, signal: controller.signal });
    } finally {
      codebase.close();
    }
  } finally {
    // The handlers stay: Ctrl-C while the command ends must not turn a finished command into a killed one.
    engine.close();
  }
}

/** Refreshes the memory with a progress bar on the error stream. */
export async function refresh({ codebase, signal }: Session, options: CommonOptions): Promise<IngestReport> {
  const bar = new IngestBar();
  try {
    return await codebase.refresh({
      signal,
      ...(options.include ? { include: options.include } : {}),
      onProgress: (progress) => {
        bar.show(progress);
      },
    });
  } finally {
    bar.stop();
  }
}
