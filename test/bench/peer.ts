import { stat } from 'node:fs/promises';
import { createRequire as requireFrom } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Decoding, System } from './system.ts';

/** What the bench uses of node-llama-cpp 3.22, written down here because the package is mostly not installed. */
interface Library {
  getLlama(options: {
    readonly gpu: false;
    readonly build: 'never';
    readonly maxThreads: number;
    readonly logLevel: 'error';
    readonly progressLogs: false;
  }): Promise<{ loadModel(options: { readonly modelPath: string }): Promise<LlamaModel> }>;
}

interface LlamaModel {
  createContext(options: {
    readonly contextSize: number;
    readonly batchSize: number;
    readonly threads: { readonly ideal: number; readonly min: number };
  }): Promise<{ getSequence(): Sequence; dispose(): Promise<void> }>;
  dispose(): Promise<void>;
}

interface Sequence {
  clearHistory(): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly number[]): Promise<void>;
  evaluate(
    tokens: readonly number[],
    options: { readonly temperature: 0; readonly yieldEogToken: true },
  ): AsyncGenerator<number, void, number | undefined>;
}

export type Peer =
  | { readonly kind: 'ready'; readonly version: string; readonly system: System }
  | { readonly kind: 'absent'; readonly message: string };

export interface PeerOptions {
  /** test/bench, where it is installed. */
  readonly folder: string;
  readonly gguf: string;
  readonly threads: number;
  /** Tokens of the longest prompt with what follows it. */
  readonly capacity: number;
}

/** Tokens of one run of the peer: its own default. */
const BATCH_TOKENS = 512;

/** node-llama-cpp on the CPU, from its prebuilt binary: nothing is compiled and nothing is fetched. */
export async function openPeer(options: PeerOptions): Promise<Peer> {
  const { folder, gguf, threads, capacity } = options;
  const installed = await load(folder);
  if (!installed) {
    const message =
      'node-llama-cpp is not installed, so there is nothing to compare with: `npm install --prefix test/bench` adds it (about 730 MB).';
    return { kind: 'absent', message };
  }
  const file = await stat(gguf).catch(() => undefined);
  if (!file)
    return { kind: 'absent', message: `There is no GGUF file ${gguf} for the peer; --gguf says where one is.` };
  try {
    const llama = await installed.library.getLlama({
      gpu: false,
      build: 'never',
      maxThreads: threads,
      logLevel: 'error',
      progressLogs: false,
    });
    const model = await llama.loadModel({ modelPath: gguf });
    const context = await model.createContext({
      contextSize: capacity,
      batchSize: BATCH_TOKENS,
      threads: { ideal: threads, min: threads },
    });
    const close = async () => {
      await context.dispose();
      await model.dispose();
    };
    const system = systemOf(context.getSequence(), { bytes: file.size, close });
    return { kind: 'ready', version: installed.version, system };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'absent', message: `node-llama-cpp did not start: ${reason}` };
  }
}

function systemOf(sequence: Sequence, { bytes, close }: Pick<System, 'bytes' | 'close'>): System {
  const prefill = async (ids: readonly number[]) => {
    await sequence.clearHistory();
    await sequence.evaluateWithoutGeneratingNewTokens(ids);
  };
  return {
    name: 'node-llama-cpp',
    bytes,
    close,
    prefill,
    decode: async (ids): Promise<Decoding> => {
      await sequence.clearHistory();
      const tokens = sequence.evaluate(ids, { temperature: 0, yieldEogToken: true });
      // The prompt runs when the first token is asked for.
      await tokens.next();
      return {
        step: async (token) => {
          const next = await tokens.next(token);
          if (next.done === true) throw new Error('The peer ended before it was stopped.');
          return next.value;
        },
        end: async () => {
          await tokens.return();
        },
      };
    },
    // It has no lower half: a segment costs it the whole decoder.
    takeIn: ({ ids }) => prefill(ids),
  };
}

/** The bundle lies elsewhere, so the package is looked for from its own folder. */
async function load(folder: string): Promise<{ library: Library; version: string } | undefined> {
  const peers = requireFrom(join(folder, 'package.json'));
  let entry: string;
  try {
    entry = peers.resolve('node-llama-cpp');
  } catch {
    return undefined;
  }
  const library = (await import(pathToFileURL(entry).href)) as Library;
  const { version } = peers(join(dirname(entry), '../package.json')) as { version: string };
  return { library, version };
}
