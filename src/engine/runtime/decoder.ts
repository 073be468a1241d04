import * as ort from 'onnxruntime-node';
import { KEYS_STEP, pastOfHead } from '../../../kernels/grouped-attention.ts';
import type { BaseConfig } from '../../../kernels/manifest.ts';

/**
 * Keys and values of a run of blocks; `length` positions are filled.
 *
 * - `once`  an empty past, and a present that nobody wants: for a graph that runs once
 * - `rows`  buffers [1, G, capacity, d] into which the rows of a run are written after it: the runtime copies all that
 *           it gives back, so that a whole cache cost as much time as a token's numbers (LOG.md)
 * - `grown` the present [1, G, length, d] becomes the next past: on WebGPU nothing leaves the device
 */
export interface KeyValueCache {
  readonly kind: 'once' | 'rows' | 'grown';
  length: number;
  tensors: Readonly<Record<string, ort.Tensor>>;
}

/** A cache for the blocks `first` … `end - 1`; `capacity` in positions matters to one of rows alone. */
export function keyValueCache(
  config: BaseConfig,
  [first, end]: readonly [number, number],
  kind: KeyValueCache['kind'],
  capacity = 0,
): KeyValueCache {
  const tensors: Record<string, ort.Tensor> = {};
  const positions = kind === 'rows' ? capacity : 0;
  for (let layer = first; layer < end; layer += 1) {
    for (const part of ['key', 'value']) {
      const size = config.kvHeads * positions * config.headDim;
      const shape = [1, config.kvHeads, positions, config.headDim];
      tensors[`${layer}.${part}`] = new ort.Tensor('float32', new Float32Array(size), shape);
    }
  }
  return { kind, length: 0, tensors };
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
    ...(session.inputNames.includes('mask') ? partFeeds(cache, count) : wholeFeeds(cache, total)),
  };
  const fetches: Record<string, ort.Tensor | null> = Object.fromEntries(outputs.map((name) => [name, null]));
  for (const name of Object.keys(cache.tensors)) {
    if (cache.kind === 'grown') fetches[`present.${name}`] = null;
    if (cache.kind === 'rows') fetches[`new.${name}`] = null;
  }
  const results = await session.run(feeds, fetches);
  if (cache.kind === 'grown') cache.tensors = grown(results, Object.keys(cache.tensors));
  if (cache.kind === 'rows') appendRows(cache, rowsOf(results, cache), count);
  else cache.length = total;
  return results;
}

/** What a run that ends at `total` tokens attends to, for the operator: the cache's buffers, and where they end. */
function wholeFeeds(cache: KeyValueCache, total: number): Readonly<Record<string, ort.Tensor>> {
  const past = Object.entries(cache.tensors).map(([name, tensor]): [string, ort.Tensor] => [`past.${name}`, tensor]);
  return {
    last_key: new ort.Tensor('int32', Int32Array.of(total - 1), [1]),
    total_keys: new ort.Tensor('int32', Int32Array.of(total), []),
    ...Object.fromEntries(past),
  };
}

/** As `wholeFeeds`, for `groupedAttention`: of each head the filled part of its buffer, without a copy. */
function partFeeds(cache: KeyValueCache, count: number): Readonly<Record<string, ort.Tensor>> {
  const { length } = cache;
  const keys = KEYS_STEP * Math.ceil((length + count) / KEYS_STEP);
  const mask = new Float32Array(count * keys);
  for (let row = 0; row < count; row += 1) mask.fill(-Infinity, row * keys + length + row + 1, (row + 1) * keys);
  const feeds: Record<string, ort.Tensor> = { mask: new ort.Tensor('float32', mask, [count, 1, keys]) };
  for (const [name, tensor] of Object.entries(cache.tensors)) {
    const buffer = floatsOf(tensor);
    const [, heads = 0, capacity = 0, size = 0] = tensor.dims; // [1, G, S, d]
    const zeros = keys - length - count;
    feeds.zeros ??= new ort.Tensor('float32', new Float32Array(zeros * size), [1, zeros, size]);
    for (let head = 0; head < heads; head += 1) {
      const start = head * capacity * size;
      const part = buffer.subarray(start, start + length * size);
      feeds[pastOfHead(name, head)] = new ort.Tensor('float32', part, [1, length, size]);
    }
  }
  return feeds;
}

/** The rows of keys and values [T, G, d] that a run gave, by the names of the cache's tensors. */
export function rowsOf(
  results: Readonly<Record<string, ort.Tensor>>,
  cache: KeyValueCache,
): Readonly<Record<string, Float32Array>> {
  return Object.fromEntries(Object.keys(cache.tensors).map((name) => [name, floats(results, `new.${name}`)]));
}

/** Moves a cache of rows on by the `count` rows of a run. */
export function appendRows(cache: KeyValueCache, rows: Readonly<Record<string, Float32Array>>, count: number): void {
  for (const [name, tensor] of Object.entries(cache.tensors)) {
    const own = rows[name];
    if (own === undefined) throw new Error(`The run gave no rows for ${name}.`);
    append(tensor, cache.length, own);
  }
  cache.length += count;
}

/** Writes rows [T, G, d] behind the first `length` positions of [1, G, S, d]. Throws a RangeError for too many. */
function append(tensor: ort.Tensor, length: number, rows: Float32Array): void {
  const buffer = floatsOf(tensor);
  const [, heads = 0, capacity = 0, size = 0] = tensor.dims;
  const count = rows.length / (heads * size);
  if (length + count > capacity) throw new RangeError('The cache has no room for this run.');
  for (let row = 0; row < count; row += 1) {
    for (let head = 0; head < heads; head += 1) {
      const from = (row * heads + head) * size;
      buffer.set(rows.subarray(from, from + size), (head * capacity + length + row) * size);
    }
  }
}

/**
 * Keeps the first `length` positions: the next run writes over the others, which no run reads before. Throws where the
 * cache cannot be cut.
 */
export function rewind(cache: KeyValueCache, length: number): void {
  if (length === cache.length) return;
  if (cache.kind !== 'rows' || length > cache.length) throw new Error('This cache cannot be cut there.');
  cache.length = length;
}

/** Two caches of neighbouring blocks and of one length as one, for a graph that runs through both. */
export function joined(lower: KeyValueCache, upper: KeyValueCache): KeyValueCache {
  return { kind: lower.kind, length: lower.length, tensors: { ...lower.tensors, ...upper.tensors } };
}

/** A cache of the blocks `first` … `end - 1` alone, with the same buffers. */
export function partOf(cache: KeyValueCache, [first, end]: readonly [number, number]): KeyValueCache {
  const own = Object.entries(cache.tensors).filter(([name]) => {
    const layer = Number.parseInt(name, 10);
    return layer >= first && layer < end;
  });
  return { kind: cache.kind, length: cache.length, tensors: Object.fromEntries(own) };
}

/** Fills the first `length` positions of an empty cache of rows with those of another of the same blocks. */
export function copied(from: KeyValueCache, into: KeyValueCache, length: number): void {
  for (const [name, tensor] of Object.entries(into.tensors)) {
    const other = from.tensors[name];
    if (other === undefined) throw new Error('These caches are of different blocks.');
    const [source, target] = [floatsOf(other), floatsOf(tensor)];
    const [, heads = 0, capacity = 0, size = 0] = tensor.dims; // [1, G, S, d]
    const step = (other.dims[2] ?? 0) * size;
    for (let head = 0; head < heads; head += 1) {
      target.set(source.subarray(head * step, head * step + length * size), head * capacity * size);
    }
  }
  into.length = length;
}

export function cacheBytes({ tensors }: KeyValueCache): number {
  return Object.values(tensors).reduce((sum, { size }) => sum + Float32Array.BYTES_PER_ELEMENT * size, 0);
}

/** Empties a cache and overwrites what it held. */
export function erase(cache: KeyValueCache): void {
  if (cache.kind === 'rows') for (const tensor of Object.values(cache.tensors)) floatsOf(tensor).fill(0);
  cache.length = 0;
}

function grown(results: Readonly<Record<string, ort.Tensor>>, names: readonly string[]): Record<string, ort.Tensor> {
  return Object.fromEntries(
    names.map((name) => {
      const present = results[`present.${name}`];
      if (!present) throw new Error(`The graph gave no present.${name}.`);
      return [name, present];
    }),
  );
}

/** The output `name` as floats. Throws where the graph gave none. */
export function floats(results: Readonly<Record<string, ort.Tensor>>, name: string): Float32Array {
  const found = results[name];
  if (!found) throw new Error(`The graph gave no ${name}.`);
  return floatsOf(found);
}

/** A tensor's floats. Throws where it holds something else. */
export function floatsOf({ data }: ort.Tensor): Float32Array {
  if (!(data instanceof Float32Array)) throw new Error('This tensor is not of floats.');
  return data;
}

/** The int64 output `name` as numbers; token ids are far below 2^53. */
export function integers(results: Readonly<Record<string, ort.Tensor>>, name: string): readonly number[] {
  const data = results[name]?.data;
  if (!(data instanceof BigInt64Array)) throw new Error(`The graph gave no ${name}.`);
  return Array.from(data, Number);
}
