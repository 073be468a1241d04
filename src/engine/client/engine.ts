import { AppError } from '../../common/app-error.ts';
import { RpcClient } from '../../common/rpc/client.ts';
import type { CallOptions, Crash } from '../../common/rpc/client.ts';
import { forkedPeer } from '../../common/rpc/peer.ts';
import type { Exit } from '../../common/rpc/peer.ts';
import { measuredSegments } from '../token-count/measured-segments.ts';
import { TokenCounter } from '../token-count/token-counter.ts';
import { checkHashes, checkSizes, readManifest } from '../weights/model-files.ts';
import type { Description, Encoded, EngineCalls, Generated, GenerateEvent, MeasuredSegment } from '../protocol.ts';
import type { Sampling } from '../generate/sampler.ts';
import { defaultSettings } from '../settings.ts';
import type { EngineSettings } from '../settings.ts';
import type { Message } from '../generate/tokenizer.ts';

/**
 * A question goes before a save, and a save before the first reading: each waits at most for the segment in the works.
 */
export type Priority = 'question' | 'save' | 'ingest';

const RANK: Readonly<Record<Priority, number>> = { question: 0, save: 1, ingest: 2 };

/** Times in milliseconds, and counts, with their reasons. */
const LIMITS = {
  /** A cancelled call that has not ended by then is stuck in a run: the process is killed. */
  abortGrace: 5_000,
  /** First wait before a crashed engine is started again; doubles each time. */
  backOff: 250,
  /** Crashes under one call after which it is given up. */
  maxCrashes: 3,
  /** Unused for so long, the process goes and its memory with it. */
  idle: 5 * 60_000,
} as const;

export interface EngineOptions {
  /** The worker's script: dist/engine.js. */
  readonly script: string;
  readonly settings?: Partial<EngineSettings>;
  readonly idleMs?: number;
  readonly onLog?: (line: string) => void;
}

/** What Node says of a native module that is not there, or that this system cannot load. */
const UNLOADABLE = /onnxruntime_binding\.node|ERR_DLOPEN_FAILED/;

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  readonly priority?: Priority;
}

export interface GenerateOptions {
  readonly maxTokens: number;
  readonly sampling: Sampling;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: (event: GenerateEvent) => void;
}

/**
 * The engine as its users see it: a queue in front of one forked process that runs one call at a time.
 *
 * The process is started by the first call and again after a crash; a call that only computes is repeated, an answer
 * that had begun to stream is not.
 */
export class Engine {
  readonly settings: EngineSettings;
  readonly #client: RpcClient<EngineCalls>;
  #counter: Promise<TokenCounter | undefined> | undefined;

  constructor({ script, settings, idleMs = LIMITS.idle, onLog }: EngineOptions) {
    const own = defaultSettings(settings);
    this.settings = own;
    // The runtime would tell its maker what runs here, and keep a number of this machine in a folder of the user's.
    const how = { argument: JSON.stringify(own), environment: { ORT_DISABLE_TELEMETRY: '1' } };
    this.#client = new RpcClient({
      start: (events) => forkedPeer(script, how, events),
      maxRunning: 1,
      onCrash,
      closed: () => new AppError('engine/crashed', 'The engine was closed.'),
      abortGrace: LIMITS.abortGrace,
      backOff: LIMITS.backOff,
      idle: idleMs,
      onLog: (_level, line) => onLog?.(line),
    });
  }

  /** The process's id while it runs, for the log and for tests that kill it. */
  get pid(): number | undefined {
    return this.#client.pid;
  }

  describe(options?: AskOptions): Promise<Description> {
    return this.#client.call('describe', undefined, ranked(options));
  }

  /**
   * Cuts a text into segments. Where the tokenizer's counts can be made here, the process that runs the model is not
   * started for it: a folder can be searched for words before a model is loaded.
   */
  async segment(text: string, options: AskOptions = {}): Promise<readonly MeasuredSegment[]> {
    const counter = await this.#tokenCounter();
    options.signal?.throwIfAborted();
    if (counter) return measuredSegments(text, (part) => counter.count(part));
    return this.#client.call('segment', { text }, ranked(options));
  }

  encode(header: string, text: string, options?: AskOptions): Promise<Encoded> {
    return this.#client.call('encode', { header, text }, ranked(options));
  }

  /** The key [d_k] that a question asks with. */
  question(text: string, options?: AskOptions): Promise<Float32Array> {
    return this.#client.call('question', { text }, ranked(options, 'question'));
  }

  count(texts: readonly string[], options?: AskOptions): Promise<readonly number[]> {
    return this.#client.call('count', { texts }, ranked(options, 'question'));
  }

  /** Tokens of a text; counted in this process where that can be done, so that no model is loaded for it. */
  async countHere(text: string, options: AskOptions = {}): Promise<number> {
    const counter = await this.#tokenCounter();
    options.signal?.throwIfAborted();
    if (counter) return counter.count(text);
    const [tokens = 0] = await this.count([text], options);
    return tokens;
  }

  generate(
    messages: readonly Message[],
    { maxTokens, sampling, signal, onEvent }: GenerateOptions,
  ): Promise<Generated> {
    let hasStreamed = false;
    return this.#client.call(
      'generate',
      { messages, maxTokens, sampling },
      {
        ...ranked({ signal }, 'question'),
        isRepeatable: () => !hasStreamed,
        onEvent: (event) => {
          hasStreamed ||= event.kind === 'token';
          onEvent?.(event);
        },
      },
    );
  }

  /** Has what prompts are read faster with made now, which else is made behind an answer. */
  prepareAnswers(options?: AskOptions): Promise<void> {
    return this.#client.call('prepareAnswers', undefined, ranked(options));
  }

  /** Has the process overwrite what it keeps of the last prompt. None is started for it. */
  async forgetPrompt(): Promise<void> {
    if (this.pid !== undefined) await this.#client.call('forgetPrompt', undefined, ranked({}, 'question'));
  }

  /** Ends the process at once; what waits is rejected. */
  close(): void {
    this.#client.kill();
  }

  #tokenCounter(): Promise<TokenCounter | undefined> {
    this.#counter ??= loadCounter(this.settings.baseFolder).catch((error: unknown) => {
      // Not kept: the file may be repaired meanwhile.
      this.#counter = undefined;
      throw error;
    });
    return this.#counter;
  }
}

function ranked({ signal, priority }: AskOptions = {}, usual: Priority = 'ingest'): CallOptions<never> {
  return { signal, priority: RANK[priority ?? usual] };
}

function onCrash({ exit, crashes, isRepeatable }: Crash): Error | undefined {
  if (!isRepeatable) {
    return new AppError('engine/crashed', `The engine stopped in mid-answer (${told(exit)}). Ask again.`);
  }
  if (UNLOADABLE.test(exit.said)) return new AppError('engine/unsupported', unsupported());
  if (crashes < LIMITS.maxCrashes) return undefined;
  const message = `The engine stopped ${crashes} times in a row (${told(exit)}). Try again, or with --device cpu.`;
  return new AppError('engine/gave-up', message);
}

/** The counter of the base's tokenizer, whose file is what the manifest says. Throws `engine/model-file`. */
async function loadCounter(folder: string): Promise<TokenCounter | undefined> {
  const { files } = await readManifest(folder);
  const name = 'tokenizer.json';
  const listed = files[name];
  if (listed === undefined) throw new AppError('engine/model-file', `The model manifest does not list ${name}.`);
  await checkSizes(folder, { [name]: listed });
  await checkHashes(folder, { [name]: listed });
  return TokenCounter.load(folder);
}

function unsupported(): string {
  return (
    `The model's runtime, onnxruntime, does not load on this system (${process.platform}-${process.arch}). It is built for ` +
    'Windows, macOS on Apple silicon and Linux with glibc; on those, install the dependencies again.'
  );
}

function told({ code, signal }: Exit): string {
  return signal ? `signal ${signal}` : `exit code ${code ?? 'unknown'}`;
}
