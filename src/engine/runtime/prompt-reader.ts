import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { AppError } from '../../common/app-error.ts';
import { RpcClient } from '../../common/rpc/client.ts';
import type { Call } from '../../common/rpc/messages.ts';
import { unboundThreadPeer } from '../../common/rpc/peer.ts';
import { decoderDefaults, promptGraph } from '../../../kernels/decoder.ts';
import { SPARE_ROWS } from '../../../kernels/local-attention.ts';
import type { Manifest } from '../../../kernels/manifest.ts';
import { appendRows, copied, erase, floats, floatsOf, joined, keyValueCache, partOf, runDecoder } from './decoder.ts';
import type { KeyValueCache } from './decoder.ts';
import { createSession } from './session.ts';
import type { SessionOptions } from './session.ts';

/** A prompt's graphs are run by run the same, so that a kept one may be read on from where a run ended. */
export const promptOptions = { ...decoderDefaults, isRunInvariant: true, cache: 'rows', tables: 'bytes' } as const;
/** What writes behind a prompt. */
export const writeOptions = { ...promptOptions, cache: 'parts' } as const;

/** What the thread of the upper blocks is asked, `open` first; keys and values by the names of a cache's tensors. */
export interface PromptCalls {
  open: Call<Opening, void>;
  /** A prompt of which `length` tokens are read, [1, G, length, d] each; it will have `capacity` at most. */
  begin: Call<{ length: number; capacity: number; past: Rows }, void>;
  /** What leaves the lower blocks; the run's own rows [count, G, d]. */
  read: Call<Passed, Rows>;
  /** Overwrites what the prompt left. */
  end: Call<undefined, void>;
}

/** The blocks from `from` on. */
interface Opening {
  readonly manifest: Manifest;
  readonly folder: string;
  readonly from: number;
  readonly options: SessionOptions;
}

type Rows = Readonly<Record<string, Float32Array>>;

/** The residual stream between the two parts, of `count` tokens: [1, count, D] each. */
interface Passed {
  readonly count: number;
  readonly sum: Float32Array;
  readonly branch: Float32Array;
}

/** Called when a run was read through all blocks, with its tokens; what it throws ends the reading. */
export type OnRun = (tokens: number) => Promise<void>;

/** Reads prompts into both caches of a context, one prompt at a time. */
export interface PromptReader {
  /** Parts of the decoder that work at the same time: a run passes one after the other. */
  readonly stages: number;
  /** Moves both caches on, run by run. When it ends, whichever way, nothing is written to them any more. */
  read(caches: Caches, runs: readonly (readonly number[])[], onRun: OnRun): Promise<void>;
  release(): Promise<void>;
}

interface Caches {
  readonly lower: KeyValueCache;
  readonly upper: KeyValueCache;
}

/**
 * With two threads or more the blocks are cut in two parts, and while one thread takes a run through the upper part,
 * the next run passes the lower one here. A product that is shared by two threads ends when the later one does, a
 * thousand times a run, and a sleeping thread wakes too late for it; here they meet once a run. (GPipe, arXiv
 * 1811.06965, does so with a batch's parts; the runs of one prompt may follow each other as well, because a block asks
 * the runs before for nothing but that block's keys and values.) The numbers are the same.
 */
export async function createPromptReader(
  manifest: Manifest,
  folder: string,
  options: SessionOptions,
): Promise<PromptReader> {
  const whole = () => WholeReader.create(manifest, folder, options);
  if (options.threads < 2 || manifest.config.layers < 2) return whole();
  try {
    return new SafeReader(await StagedReader.create(manifest, folder, options), whole);
  } catch {
    // Where no thread can be had, or it does not find the runtime, one session reads as well.
    return whole();
  }
}

/**
 * Reads in two threads until the one of the upper blocks dies. One session then reads the rest of the prompt, and all
 * later prompts: what ended a thread would end the next one too, and the numbers are the same.
 */
class SafeReader implements PromptReader {
  readonly #staged: StagedReader;
  readonly #newWhole: () => Promise<PromptReader>;
  #whole: Promise<PromptReader> | undefined;

  constructor(staged: StagedReader, newWhole: () => Promise<PromptReader>) {
    this.#staged = staged;
    this.#newWhole = newWhole;
  }

  get stages(): number {
    return this.#staged.isLost ? 1 : this.#staged.stages;
  }

  async read(caches: Caches, runs: readonly (readonly number[])[], onRun: OnRun): Promise<void> {
    /** Runs that `onRun` was called with, and whether the last call returned. */
    const told = { runs: 0, isTaken: true };
    if (!this.#staged.isLost) {
      try {
        await this.#staged.read(caches, runs, async (tokens) => {
          told.runs += 1;
          told.isTaken = false;
          await onRun(tokens);
          told.isTaken = true;
        });
        return;
      } catch (error) {
        if (!told.isTaken || this.stages > 1) throw error;
      }
    }
    const whole = await this.#alone();
    await whole.read(caches, runs.slice(told.runs), onRun);
  }

  async release(): Promise<void> {
    await this.#staged.release();
    const whole = await this.#whole?.catch(() => undefined);
    await whole?.release();
  }

  /** The one session; a failure is not kept, as there may be memory for it at the next prompt. */
  #alone(): Promise<PromptReader> {
    this.#whole ??= this.#staged
      .release()
      .then(this.#newWhole)
      .catch((error: unknown) => {
        this.#whole = undefined;
        throw error;
      });
    return this.#whole;
  }
}

class WholeReader implements PromptReader {
  readonly stages = 1;
  readonly #session: ort.InferenceSession;

  private constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  static async create(manifest: Manifest, folder: string, options: SessionOptions): Promise<WholeReader> {
    return new WholeReader(await createSession(promptGraph(manifest, promptOptions), folder, options));
  }

  async read({ lower, upper }: Caches, runs: readonly (readonly number[])[], onRun: OnRun): Promise<void> {
    for (const run of runs) {
      await runDecoder(this.#session, { ids: idTensor(run) }, joined(lower, upper), run.length, []);
      lower.length += run.length;
      upper.length += run.length;
      await onRun(run.length);
    }
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

class StagedReader implements PromptReader {
  readonly stages = 2;
  readonly #above: UpperThread;
  readonly #below: ort.InferenceSession;
  #released: Promise<void> | undefined;

  private constructor(above: UpperThread, below: ort.InferenceSession) {
    this.#above = above;
    this.#below = below;
  }

  /** Whether its thread died: it reads nothing more. */
  get isLost(): boolean {
    return this.#above.hasDied;
  }

  static async create(manifest: Manifest, folder: string, options: SessionOptions): Promise<StagedReader> {
    const { layers } = manifest.config;
    const own = Math.ceil(options.threads / 2);
    // A part has as many of the blocks as it has of the threads: both are through a run at the same time.
    const middle = Math.min(layers - 1, Math.max(1, Math.round((layers * own) / options.threads)));
    const above = new UpperThread(manifest, middle);
    const graph = promptGraph(manifest, promptOptions, [0, middle]);
    const [opened, below] = await Promise.allSettled([
      above.calls.call('open', {
        manifest,
        folder,
        from: middle,
        options: { ...options, threads: options.threads - own },
      }),
      createSession(graph, folder, { ...options, threads: own }),
    ]);
    if (opened.status === 'fulfilled' && below.status === 'fulfilled') return new StagedReader(above, below.value);
    above.calls.kill();
    if (below.status === 'rejected') throw below.reason;
    await below.value.release();
    throw new AppError('engine/internal', 'The thread of the upper blocks did not open.');
  }

  async read({ lower, upper }: Caches, runs: readonly (readonly number[])[], onRun: OnRun): Promise<void> {
    const { from, manifest, calls } = this.#above;
    const whole = joined(lower, upper);
    const below = partOf(whole, [0, from]);
    const above = partOf(whole, [from, manifest.config.layers]);
    /** What the run before has still to pass. */
    let behind: { readonly count: number; readonly rows: Promise<Rows> } | undefined;
    const finish = async (next?: Passed) => {
      const { count = 0, rows } = behind ?? {};
      const read = await rows;
      behind = next && { count: next.count, rows: calls.call('read', next) };
      // A failure is told where it is waited for, which may be a run later.
      behind?.rows.catch(() => undefined);
      if (read === undefined) return;
      appendRows(above, read, count);
      lower.length += count;
      upper.length += count;
      await onRun(count);
    };
    try {
      await this.#begin(above, runs);
      for (const run of runs) {
        const results = await runDecoder(this.#below, { ids: idTensor(run) }, below, run.length, PASSED);
        const [sum, branch] = [floats(results, 'next.sum'), floats(results, 'next.branch')];
        await finish({ count: run.length, sum, branch });
      }
      await finish();
    } finally {
      await behind?.rows.catch(() => undefined);
      // A thread that died holds nothing any more.
      await calls.call('end', undefined).catch(() => undefined);
    }
  }

  async #begin(above: KeyValueCache, runs: readonly (readonly number[])[]): Promise<void> {
    const { from, manifest, calls } = this.#above;
    const tokens = runs.reduce((sum, run) => sum + run.length, 0);
    const { length } = above;
    const past = keyValueCache(manifest.config, [from, manifest.config.layers], 'rows', length);
    copied(above, past, length);
    const arrays = Object.entries(past.tensors).map(([name, tensor]): [string, Float32Array] => [
      name,
      floatsOf(tensor),
    ]);
    try {
      const capacity = length + tokens + SPARE_ROWS;
      await calls.call('begin', { length, capacity, past: Object.fromEntries(arrays) });
    } finally {
      erase(past);
    }
  }

  release(): Promise<void> {
    this.#above.calls.kill();
    this.#released ??= this.#below.release();
    return this.#released;
  }
}

/** The thread of the blocks from `from` on. Once it died, each call fails. */
class UpperThread {
  readonly manifest: Manifest;
  readonly from: number;
  readonly calls: RpcClient<PromptCalls>;
  hasDied = false;

  constructor(manifest: Manifest, from: number) {
    this.manifest = manifest;
    this.from = from;
    this.calls = new RpcClient<PromptCalls>({
      start: (events) => unboundThreadPeer(script(), events),
      onCrash: ({ exit }) => new AppError('engine/internal', 'A thread of the engine ended.', exit.said),
      onExit: () => {
        this.hasDied = true;
        this.calls.kill();
      },
      closed: () => new AppError('engine/internal', 'The model was given back.'),
      onLog: () => undefined,
    });
  }
}

const PASSED = ['next.sum', 'next.branch'] as const;

/** The thread's script lies beside this one, from source and in a bundle. */
function script(): string {
  const here = fileURLToPath(import.meta.url);
  return fileURLToPath(new URL(`./prompt-thread${extname(here)}`, import.meta.url));
}

export function idTensor(ids: readonly number[]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);
}
