import * as ort from 'onnxruntime-node';
import { decoderDefaults, lowerGraph } from '../../kernels/decoder.ts';
import { memoryTokenGraph } from '../../kernels/memory-tokens.ts';
import { floats, keyValueCache, runDecoder } from '../../src/engine/runtime/decoder.ts';
import { exactSide, hasFastIntegers } from '../../src/engine/runtime/int8-probe.ts';
import { Model, RUN } from '../../src/engine/runtime/model.ts';
import { createSession } from '../../src/engine/runtime/session.ts';
import { defaultSettings } from '../../src/engine/settings.ts';
import type { EngineSettings } from '../../src/engine/settings.ts';
import { encoderTensors } from '../../src/engine/weights/encoder-weights.ts';
import { readLoras } from '../../src/engine/weights/lora.ts';

/**
 * The shipped encoder, whose blocks may attend to tokens that stand between a segment's header and its text and that
 * are not pooled: the upper bound of any memory of what stands before, without training.
 */
export class ContextEncoder {
  readonly settings: EngineSettings;
  readonly #model: Model;
  readonly #blocks: ort.InferenceSession;
  readonly #pooling: ort.InferenceSession;

  private constructor(
    settings: EngineSettings,
    model: Model,
    blocks: ort.InferenceSession,
    pool: ort.InferenceSession,
  ) {
    this.settings = settings;
    this.#model = model;
    this.#blocks = blocks;
    this.#pooling = pool;
  }

  /** On the CPU. Throws `engine/model-file`, `engine/load`. */
  static async open(threads: number): Promise<ContextEncoder> {
    const settings = defaultSettings({ device: 'cpu', threads });
    const { adapterFolder, baseFolder } = settings;
    const model = await Model.open({ ...settings, device: 'cpu' });
    const { adapter, manifest } = model;
    const lowRanks = await readLoras(adapterFolder, adapter, manifest);
    const side = await exactSide(threads);
    const isFast = () => (side === undefined ? Promise.resolve(false) : hasFastIntegers(side, threads));
    const tensors = side && (await encoderTensors(baseFolder, manifest, adapter, lowRanks, side, isFast));
    const graph = tensors
      ? lowerGraph({ ...manifest, tensors }, adapter.layer, { ...decoderDefaults, name: 'recall' })
      : lowerGraph(manifest, adapter.layer, { ...decoderDefaults, name: 'recall', lowRanks });
    const blocks = await createSession(graph, baseFolder, { device: 'cpu', threads });
    const { mean, deviation } = adapter.tensors;
    const pooling = { query: adapter.tensors['segment.query'], project: adapter.tensors['segment.project'] };
    const pool = memoryTokenGraph({ name: 'segment', pooled: adapter.pooled, mean, deviation, pooling });
    return new ContextEncoder(
      settings,
      model,
      blocks,
      await createSession(pool, adapterFolder, { device: 'cpu', threads }),
    );
  }

  readonly tokensOf = (text: string): readonly number[] => this.#model.tokenizer.encode(text);
  readonly count = (text: string): number => this.#model.tokenizer.count(text);

  /** The key [d_k] of a question, as the program asks. */
  async question(text: string): Promise<Float32Array> {
    return (await this.#model.question(text)).key;
  }

  /**
   * Keys [P · d_k] of a segment. Its tokens attend to `context` too, which stands after the header; pooled are the same
   * tokens as without.
   */
  async encode(
    header: string,
    text: string,
    context: readonly number[],
  ): Promise<{ keys: Float32Array; tokens: number }> {
    const read = this.tokensOf(header + text).slice(0, RUN.segmentTokens);
    const own = read.length >= 2 ? read : [...read, ...this.tokensOf('\n\n ')].slice(0, 2);
    const before = Math.min(this.count(header), own.length);
    const ids = [...own.slice(0, before), ...context, ...own.slice(before)];
    const cache = keyValueCache(this.#model.manifest.config, [0, this.#model.adapter.layer], 'once');
    const tensor = new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);
    const run = await runDecoder(this.#blocks, { ids: tensor }, cache, ids.length, ['states']);
    const states = floats(run, 'states'); // [1, T, D]
    const width = states.length / ids.length;
    const pooled = new Float32Array(own.length * width);
    pooled.set(states.subarray(0, before * width));
    pooled.set(states.subarray((before + context.length) * width), before * width);
    const results = await this.#pooling.run({ states: new ort.Tensor('float32', pooled, [1, own.length, width]) }, [
      'keys',
    ]);
    return { keys: floats(results, 'keys'), tokens: ids.length };
  }

  /** The keys that the program gives, to hold the others to. */
  async shipped(header: string, text: string): Promise<Float32Array> {
    return (await this.#model.encode(header, text)).keys;
  }
}
