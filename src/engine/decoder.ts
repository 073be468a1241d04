import * as ort from 'onnxruntime-node';
import type { BaseConfig } from '../../kernels/manifest.ts';

/** Keys and values of the blocks `first` … `end - 1`, each [1, G, capacity, d]; `length` of them are filled. */
export interface KeyValueCache {
  readonly first: number;
  readonly end: number;
  readonly capacity: number;
  length: number;
  readonly tensors: Readonly<Record<string, ort.Tensor>>;
}

/**
 * A cache of fixed capacity. On the CPU the same buffer is handed over as past and as present, and grouped-query attention
 * appends in place; capacity 0 makes an empty past for a graph that runs once.
 */
export function keyValueCache(
  config: BaseConfig,
  [first, end]: readonly [number, number],
  capacity: number,
): KeyValueCache {
  const tensors: Record<string, ort.Tensor> = {};
  for (let layer = first; layer < end; layer += 1) {
    for (const part of ['key', 'value']) {
      const size = config.kvHeads * capacity * config.headDim;
      const shape = [1, config.kvHeads, capacity, config.headDim];
      tensors[`${layer}.${part}`] = new ort.Tensor('float32', new Float32Array(size), shape);
    }
  }
  return { first, end, capacity, length: 0, tensors };
}

/**
 * One run of a decoder graph over `count` new tokens that follow what the cache holds. `main` is the graph's own input
 * (ids or states); `outputs` are the ones wanted besides the cache. Moves the cache on by `count`.
 */
export async function runDecoder(
  session: ort.InferenceSession,
  main: Readonly<Record<string, ort.Tensor>>,
  cache: KeyValueCache,
  count: number,
  outputs: readonly string[],
): Promise<Readonly<Record<string, ort.Tensor>>> {
  const total = cache.length + count;
  const positions = BigInt64Array.from({ length: count }, (_, index) => BigInt(cache.length + index));
  const feeds: Record<string, ort.Tensor> = {
    ...main,
    positions: new ort.Tensor('int64', positions, [1, count]),
    last_key: new ort.Tensor('int32', Int32Array.of(total - 1), [1]),
    total_keys: new ort.Tensor('int32', Int32Array.of(total), []),
  };
  const fetches: Record<string, ort.Tensor | null> = Object.fromEntries(outputs.map((name) => [name, null]));
  for (const [name, tensor] of Object.entries(cache.tensors)) {
    feeds[`past.${name}`] = tensor;
    if (cache.capacity > 0) fetches[`present.${name}`] = tensor;
  }
  const results = await session.run(feeds, fetches);
  cache.length = total;
  return results;
}

/** The output `name` as floats. Throws where the graph gave none. */
export function floats(results: Readonly<Record<string, ort.Tensor>>, name: string): Float32Array {
  const data = results[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`The graph gave no ${name}.`);
  return data;
}

/** The int64 output `name` as numbers; token ids are far below 2^53. */
export function integers(results: Readonly<Record<string, ort.Tensor>>, name: string): readonly number[] {
  const data = results[name]?.data;
  if (!(data instanceof BigInt64Array)) throw new Error(`The graph gave no ${name}.`);
  return Array.from(data, Number);
}
