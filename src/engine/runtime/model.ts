import * as ort from 'onnxruntime-node';
import { AppError } from '../../common/app-error.ts';
import { decoderDefaults, lowerGraph, upperGraph } from '../../../kernels/decoder.ts';
import type { Graph } from '../../../kernels/graph.ts';
import { SPARE_ROWS } from '../../../kernels/local-attention.ts';
import type { Manifest } from '../../../kernels/manifest.ts';
import { memoryTokenGraph } from '../../../kernels/memory-tokens.ts';
import { MAX_POSITIONS } from '../../../kernels/rotary.ts';
import { ADAPTER_FILE, readAdapter } from '../weights/adapter.ts';
import type { Adapter } from '../weights/adapter.ts';
import { cacheBytes, copied, erase, floats, integers, keyValueCache, rewind, runDecoder } from './decoder.ts';
import type { KeyValueCache } from './decoder.ts';
import { exactSide, hasFastIntegers } from './int8-probe.ts';
import { FastDecoder, isInBlocks } from './fast-decoder.ts';
import type { FastSessions } from './fast-decoder.ts';
import { idTensor, writeOptions } from './prompt-reader.ts';
import type { OnRun } from './prompt-reader.ts';
import { readLoras } from '../weights/lora.ts';
import { checkHashes, checkSizes, loadFailure, readManifest } from '../weights/model-files.ts';
import { encoderTensors } from '../weights/encoder-weights.ts';
import { createSession } from './session.ts';
import type { Device, SessionOptions } from './session.ts';
import { Tokenizer } from '../generate/tokenizer.ts';

/** Sizes of one run. */
export const RUN = {
  /** Tokens of a segment with its header; a longer line is cut here, the file itself is read at ask time. */
  segmentTokens: 320,
  /** A question longer than this is cut: the memory was trained on a sentence or two. */
  questionTokens: 256,
  /** Prompt tokens of one run: a cancel is noticed between runs. */
  prefillTokens: 128,
} as const;

const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json'];

export interface ModelOptions {
  readonly baseFolder: string;
  readonly adapterFolder: string;
  /** Whether the base stands alone, without an adapter; false where it is left out. */
  readonly isAnswerOnly?: boolean;
  readonly device: Device;
  readonly threads: number;
  /**
   * `blocks` keeps recall on the base's own blocks where fast integer products would be taken: for comparing the two.
   */
  readonly recall?: 'fastest' | 'blocks';
}

/** Best candidates for the next token. */
export interface Candidates {
  readonly tokens: readonly number[];
  readonly logits: Float32Array;
}

/** A conversation that is being continued: the caches of both halves of the decoder. */
export interface Context {
  readonly lower: KeyValueCache;
  readonly upper: KeyValueCache;
  /** What runs it; undefined where the base does as it is. */
  readonly fast: FastSessions | undefined;
}

/** What a graph that only gives states has of its own on the CPU. */
const ON_CPU = { tables: 'bytes' } as const;

type SessionName = 'lower' | 'upper' | 'recall' | 'segment' | 'question';

/**
 * The base with its adapter. Sessions are created when first needed; ingest never loads what answers. Recall has lower
 * blocks of its own, with the adapter's additions and in 8 bits where that is faster: about 130 MB more while answers
 * are written.
 */
export class Model {
  readonly manifest: Manifest;
  readonly tokenizer: Tokenizer;
  readonly #options: ModelOptions;
  readonly #adapter: Adapter | undefined;
  /** Blocks of the lower half. */
  readonly #layer: number;
  readonly #sessions = new Map<string, Promise<ort.InferenceSession>>();
  readonly #fast: FastDecoder;

  private constructor(options: ModelOptions, manifest: Manifest, adapter: Adapter | undefined, tokenizer: Tokenizer) {
    this.#options = options;
    this.manifest = manifest;
    this.#adapter = adapter;
    this.#layer = adapter?.layer ?? Math.floor(manifest.config.layers / 2);
    this.tokenizer = tokenizer;
    this.#fast = new FastDecoder(options.baseFolder, manifest, this.#layer, options);
  }

  /**
   * Reads manifest, adapter and tokenizer and checks every file's size and sha256. Throws `engine/model-file`,
   * `engine/load`.
   */
  static async open(options: ModelOptions): Promise<Model> {
    const manifest = await readManifest(options.baseFolder);
    const unlisted = TOKENIZER_FILES.find((name) => manifest.files[name] === undefined);
    if (unlisted !== undefined)
      throw new AppError('engine/model-file', `The model manifest does not list ${unlisted}.`);
    await checkSizes(options.baseFolder, manifest.files);
    const adapter = options.isAnswerOnly === true ? undefined : await adapterFor(manifest, options);
    await checkHashes(options.baseFolder, manifest.files);
    if (adapter) await checkHashes(options.adapterFolder, { [ADAPTER_FILE]: adapter.file });
    const tokenizer = await Tokenizer.load(options.baseFolder).catch((error: unknown) => {
      throw loadFailure(error);
    });
    return new Model(options, manifest, adapter, tokenizer);
  }

  /** What it encodes with. Throws `engine/internal` where the base stands alone. */
  get adapter(): Adapter {
    if (this.#adapter) return this.#adapter;
    throw new AppError('engine/internal', `${this.manifest.name} only answers: it has no adapter to encode with.`);
  }

  /** Keys [P · d_k] of a segment that is encoded alone, with an empty memory. */
  async encode(header: string, text: string): Promise<{ keys: Float32Array; tokens: number }> {
    const ids = this.tokenizer.encode(header + text).slice(0, RUN.segmentTokens);
    return { keys: await this.#keys('segment', ids), tokens: ids.length };
  }

  /** The key [d_k] of a question. */
  async question(text: string): Promise<{ key: Float32Array; tokens: number }> {
    const ids = this.tokenizer.encode(text).slice(0, RUN.questionTokens);
    return { key: await this.#keys('question', ids), tokens: ids.length };
  }

  /** An empty context for at most `capacity` tokens, and the sessions that run it. */
  async context(capacity: number): Promise<Context> {
    const { config } = this.manifest;
    const kind = this.#options.device === 'cpu' ? 'rows' : 'grown';
    const positions = Math.min(capacity, MAX_POSITIONS) + SPARE_ROWS;
    const fast = await this.#fast.sessions();
    await this.#session('lower');
    await (fast ? this.#release('upper') : this.#session('upper'));
    return {
      lower: keyValueCache(config, [0, this.#layer], kind, positions),
      upper: keyValueCache(config, [this.#layer, config.layers], kind, positions),
      fast,
    };
  }

  /**
   * A context for at most `capacity` tokens that begins with the first `length` of another's; undefined where they
   * would be others if they were read today.
   */
  async continued(context: Context, length: number, capacity: number): Promise<Context | undefined> {
    const made = await this.context(capacity);
    if (made.fast !== context.fast || !this.canRewind(context)) return undefined;
    copied(context.lower, made.lower, length);
    copied(context.upper, made.upper, length);
    return made;
  }

  /** Whether a context that is made now could begin as this one. */
  async canContinue(context: Context): Promise<boolean> {
    return this.canRewind(context) && (await this.#fast.sessions()) === context.fast;
  }

  /** Bytes of a context's keys and values. */
  bytesOf({ lower, upper }: Context): number {
    return cacheBytes(lower) + cacheBytes(upper);
  }

  /** Overwrites a context's keys and values: text can be made out from them. */
  erase({ lower, upper }: Context): void {
    erase(lower);
    erase(upper);
  }

  /**
   * Reads a part of a prompt, of which at least one token more follows, in runs. `onRun` hears of each; it may end the
   * reading by what it throws, and the context holds then what it has heard of.
   */
  async read(context: Context, ids: readonly number[], onRun: OnRun = () => Promise.resolve()): Promise<void> {
    const runs = Array.from({ length: Math.ceil(ids.length / RUN.prefillTokens) }, (_, at) =>
      ids.slice(at * RUN.prefillTokens, (at + 1) * RUN.prefillTokens),
    );
    if (context.fast) {
      await context.fast.prompt.read(context, runs, onRun);
      return;
    }
    for (const run of runs) {
      await this.next(context, run);
      await onRun(run.length);
    }
  }

  /** Runs of a prompt that are read at the same time. */
  stages({ fast }: Context): number {
    return fast?.prompt.stages ?? 1;
  }

  /** Makes ready what answers faster; `pause` is waited for between its parts. */
  prepareAnswers(pause: () => Promise<void>): Promise<void> {
    return this.#fast.make(pause);
  }

  /** Runs both halves over `ids` and returns candidates for the token after the last. */
  async next(context: Context, ids: readonly number[]): Promise<Candidates> {
    const [last] = await this.nextOfEach(context, ids, 1);
    if (!last) throw new Error('The upper half gave no candidates.');
    return last;
  }

  /** As `next`, with candidates for the token after each of the last `rows` of `ids`, in their order. */
  async nextOfEach(context: Context, ids: readonly number[], rows: number): Promise<readonly Candidates[]> {
    const lower = await this.#session('lower');
    const upper = context.fast?.upper ?? (await this.#session('upper'));
    const below = await runDecoder(lower, { ids: idTensor(ids) }, context.lower, ids.length, ['states']);
    if (!below.states) throw new Error('The lower half gave no states.');
    const first = new ort.Tensor('int64', BigInt64Array.of(BigInt(-rows)), [1]);
    const inputs = { states: below.states, first };
    const above = await runDecoder(upper, inputs, context.upper, ids.length, ['logits', 'tokens']);
    const tokens = integers(above, 'tokens');
    const logits = floats(above, 'logits');
    const width = tokens.length / rows;
    return Array.from({ length: rows }, (_, row) => {
      const [start, end] = [row * width, (row + 1) * width];
      return { tokens: tokens.slice(start, end), logits: logits.subarray(start, end) };
    });
  }

  /**
   * Whether tokens may be run and taken back without a trace: a cache that grows cannot be cut, and products of plain
   * floats depend on how many rows they have.
   */
  canRewind({ lower, upper }: Context): boolean {
    return isInBlocks(this.manifest) && lower.kind === 'rows' && upper.kind === 'rows';
  }

  /** Forgets all but the first `length` tokens of a context. */
  rewind({ lower, upper }: Context, length: number): void {
    rewind(lower, length);
    rewind(upper, length);
  }

  /** Residual states [1, T, D] of the frozen base after the adapter's layer: what the upper half goes on from. */
  async states(ids: readonly number[]): Promise<ort.Tensor> {
    return this.#states(await this.#session('lower'), ids);
  }

  async #states(session: ort.InferenceSession, ids: readonly number[]): Promise<ort.Tensor> {
    const cache = keyValueCache(this.manifest.config, [0, this.#layer], 'once');
    const run = await runDecoder(session, { ids: idTensor(ids) }, cache, ids.length, ['states']);
    if (!run.states) throw new Error('The lower half gave no states.');
    return run.states;
  }

  async #keys(part: 'segment' | 'question', ids: readonly number[]): Promise<Float32Array> {
    // The graph leaves out the first token, so there must be a second.
    const padded = ids.length >= 2 ? ids : [...ids, ...this.tokenizer.encode('\n\n ')].slice(0, 2);
    const states = await this.#states(await this.#session('recall'), padded);
    const session = await this.#session(part);
    const results = await session.run({ states }, ['keys']);
    return floats(results, 'keys');
  }

  #session(name: SessionName): Promise<ort.InferenceSession> {
    const known = this.#sessions.get(name);
    if (known) return known;
    // A failure is not kept: what is in the way may be gone at the next request.
    const created = this.#create(name).catch((error: unknown) => {
      this.#sessions.delete(name);
      throw loadFailure(error);
    });
    this.#sessions.set(name, created);
    return created;
  }

  /** Gives back what is not run any more. */
  async #release(name: SessionName): Promise<void> {
    const session = await this.#sessions.get(name)?.catch(() => undefined);
    this.#sessions.delete(name);
    await session?.release();
  }

  async #create(name: SessionName): Promise<ort.InferenceSession> {
    const { manifest } = this;
    const options: SessionOptions = { device: this.#options.device, threads: this.#options.threads };
    if (name === 'lower' || name === 'upper') {
      const answering = options.device === 'cpu' ? writeOptions : decoderDefaults;
      const graph = name === 'lower' ? lowerGraph : upperGraph;
      return createSession(graph(manifest, this.#layer, answering), this.#options.baseFolder, options);
    }
    const { adapter } = this;
    if (name === 'recall') return createSession(await this.#recallGraph(), this.#options.baseFolder, options);
    const { mean, deviation } = adapter.tensors;
    const pooling = { query: adapter.tensors[`${name}.query`], project: adapter.tensors[`${name}.project`] };
    // A few hundred kilobytes of work: the CPU is never the bottleneck here, and its sums are the same everywhere.
    const pooled = name === 'segment' ? adapter.pooled : 'whole';
    const graph = memoryTokenGraph({ name, pooled, mean, deviation, pooling });
    return createSession(graph, this.#options.adapterFolder, { ...options, device: 'cpu' });
  }

  async #recallGraph(): Promise<Graph> {
    const { adapter, manifest } = this;
    const { adapterFolder, baseFolder, device, threads, recall } = this.#options;
    const lowRanks = await readLoras(adapterFolder, adapter, manifest);
    const options = { ...decoderDefaults, name: 'recall', ...(device === 'cpu' && ON_CPU) };
    const side = recall === 'blocks' || device !== 'cpu' ? undefined : await exactSide(threads);
    if (side !== undefined) {
      const isWorthIt = () => hasFastIntegers(side, threads);
      const tensors = await encoderTensors(baseFolder, manifest, adapter, lowRanks, side, isWorthIt);
      if (tensors) return lowerGraph({ ...manifest, tensors }, adapter.layer, options);
    }
    return lowerGraph(manifest, adapter.layer, { ...options, lowRanks });
  }
}

async function adapterFor(manifest: Manifest, { adapterFolder, baseFolder }: ModelOptions): Promise<Adapter> {
  const adapter = await readAdapter(adapterFolder, baseFolder);
  if (adapter.layer >= manifest.config.layers) {
    throw new AppError(
      'engine/model-file',
      `The adapter reads block ${adapter.layer}, the base has ${manifest.config.layers}.`,
    );
  }
  await checkSizes(adapterFolder, { [ADAPTER_FILE]: adapter.file });
  return adapter;
}
