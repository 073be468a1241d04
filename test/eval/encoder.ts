import { AutoTokenizer } from '@xenova/transformers';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Problem } from './problem.ts';

// The runtime reads this with its first session; src/engine/client/process.ts says why.
process.env.ORT_DISABLE_TELEMETRY = '1';

/** all-MiniLM-L6-v2 as its authors run it. */
export const minilm = {
  /** Tokens of a sequence with its frame (`max_seq_length` in the model's sentence_bert_config.json). */
  tokens: 256,
  /** Numbers of an embedding. */
  width: 384,
  /** Threads of a run: one gives the most chunks per second of processor time, and leaves the machine usable. */
  threads: 1,
} as const;

/** Sentence embeddings by all-MiniLM-L6-v2: mean of the last hidden states, scaled to length 1. */
export class Encoder {
  /** Changes with the model file, so that embeddings of another model are never mixed in. */
  readonly identity: string;
  readonly #session: InferenceSession;
  readonly #encode: (text: string) => number[];
  readonly #frame: { readonly first: number; readonly last: number };

  private constructor(identity: string, session: InferenceSession, encode: (text: string) => number[]) {
    const [first, last] = encode('');
    if (first === undefined || last === undefined) throw new Problem('The MiniLM tokenizer gives no [CLS] and [SEP].');
    this.identity = identity;
    this.#session = session;
    this.#encode = encode;
    this.#frame = { first, last };
  }

  /** Loads model.onnx and the tokenizer from a folder that setup.sh has filled; undefined where it has not. */
  static async open(folder: string): Promise<Encoder | undefined> {
    const model = join(folder, 'model.onnx');
    if (!existsSync(model) || !existsSync(join(folder, 'tokenizer.json'))) return undefined;
    const identity = createHash('sha256')
      .update(await readFile(model))
      .digest('hex');
    const session = await InferenceSession.create(model, { intraOpNumThreads: minilm.threads });
    const tokenizer = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
    return new Encoder(identity, session, (text) => tokenizer.encode(text));
  }

  /** Token ids of a text without [CLS] and [SEP]. */
  readonly tokens = (text: string): number[] => this.#encode(text).slice(1, -1);

  /**
   * The embedding of a sequence of token ids, cut to what the model reads. One sequence a run: batches of 4 and of 16
   * gave fewer chunks per second of processor time, and made no other embeddings.
   */
  async embed(tokens: readonly number[], signal: AbortSignal): Promise<Float32Array> {
    // run() blocks the process, so that an abort is only heard between runs.
    await new Promise(setImmediate);
    signal.throwIfAborted();
    const ids = BigInt64Array.from(
      [this.#frame.first, ...tokens.slice(0, minilm.tokens - 2), this.#frame.last].map(BigInt),
    );
    const shape = [1, ids.length];
    const output = await this.#session.run({
      input_ids: new Tensor('int64', ids, shape),
      attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
      token_type_ids: new Tensor('int64', new BigInt64Array(ids.length), shape),
    });
    const states = output['last_hidden_state']?.data;
    if (!(states instanceof Float32Array)) throw new Problem('The MiniLM model gives no last_hidden_state in float32.');
    return unitMean(states);
  }
}

/** The mean of the states (tokens × width), scaled to length 1. */
function unitMean(states: Float32Array): Float32Array {
  const sum = new Float64Array(minilm.width);
  for (const [index, value] of states.entries()) {
    const column = index % minilm.width;
    sum[column] = (sum[column] ?? 0) + value;
  }
  const length = Math.hypot(...sum) || 1;
  return Float32Array.from(sum, (value) => value / length);
}
