import type { Graph, Value } from './graph.ts';
import type { TensorEntry, WeightSide } from './manifest.ts';

type Eight = Extract<TensorEntry, { kind: 'w8a8' }>;

/** Values of 8 bits are whole numbers from -LEVELS to LEVELS, times a scale. */
export const LEVELS = 127;
/** What is added to make a signed number unsigned: activations always, weights where their side is uint8. */
export const ZERO = 128;
/** A group of nothing but zeros still needs a scale to divide by. */
const LEAST = 1e-9;

/**
 * y [.., N] = x [.., K] Wᵀ with 8 bits on both sides. The K columns are cut into equal groups; in each, every row of W
 * has a scale (made once) and every token of x has its own (made here), so that an outlier spoils only its own token's
 * group:
 *
 * y = Σ_g  |x_g| ⊙ (round(127 x_g / |x_g|) · Q_g) ⊙ s_g / 127        |x_g| [.., 1]: the largest magnitude of x in group
 * g
 *
 * Products of a group are summed in int32, without rounding, by the processor's 8-bit dot products: for a prompt or a
 * segment three times as fast as MatMulNBits, which must scale after every 32 of them. (LLM.int8(), arXiv 2208.07339,
 * has one scale for a whole token; ZeroQuant, arXiv 2206.01861, groups the weights.) Reference: `reference/w8a8.ts`.
 *
 * `entry.data` is int8 [K, N] whatever its side, `entry.scales` float32 [groups, N].
 */
export function w8a8(graph: Graph, entry: Eight, x: Value, name: string): Value {
  const [rows = 0, columns = 0] = entry.shape;
  const width = columns / entry.groups;
  const place = (all: Eight['data'], group: number, bytes: number) => ({
    ...all,
    offset: all.offset + group * bytes,
    bytes,
  });
  const weights = Array.from({ length: entry.groups }, (_, group) => ({
    weight: onSide(graph, entry.side, `${name}.${group}`, [width, rows], place(entry.data, group, width * rows)),
    scales: graph.external(`${name}.${group}.scales`, 'float32', [rows], place(entry.scales, group, 4 * rows)),
  }));
  return eightBitProduct(graph, entry.side, x, weights);
}

/**
 * The same bytes read as uint8 are the numbers with 128 added once their first bit is turned; the session folds that
 * when it is created.
 */
function onSide(graph: Graph, side: WeightSide, name: string, shape: readonly number[], place: Eight['data']): Value {
  const stored = graph.external(name, side, shape, place);
  return side === 'int8' ? stored : graph.node('BitwiseXor', [stored, zero(graph)]);
}

/** As `w8a8`, with the groups' weights [K / groups, N] on their side and scales float32 [N] given. */
export function eightBitProduct(
  graph: Graph,
  side: WeightSide,
  x: Value,
  weights: readonly { readonly weight: Value; readonly scales: Value }[],
): Value {
  const groups = inGroups(graph, x, weights.length);
  let sum: Value | undefined;
  for (const [index, { weight, scales }] of weights.entries()) {
    const { whole, most } = groups[index] ?? missing();
    const product = graph.node('Mul', [integerProduct(graph, side, whole, weight, 1 / LEVELS, scales), most]); // [.., N]
    sum = sum === undefined ? product : graph.node('Add', [sum, product]);
  }
  return sum ?? missing();
}

/**
 * `scale` and scales [N] times the sums of uint8 activations [.., K] by weights [K, N] on their side, 128 taken off
 * where it was added.
 */
export function integerProduct(
  graph: Graph,
  side: WeightSide,
  whole: Value,
  weight: Value,
  scale: number,
  scales: Value,
): Value {
  const zeros = side === 'int8' ? [zero(graph)] : [zero(graph), zero(graph)];
  return graph.node('com.microsoft.MatMulIntegerToFloat', [whole, weight, graph.scalar(scale), scales, ...zeros]);
}

function missing(): never {
  throw new RangeError('An 8-bit product has a group at least.');
}

/** A group of x: uint8 [.., K / groups], and each token's largest magnitude in it [.., 1]. */
interface Group {
  readonly whole: Value;
  readonly most: Value;
}

const made = new WeakMap<Graph, Map<string, readonly Group[]>>();

/** x in groups of 8 bits, made once for all matrices that take it: q, k and v; gate and up. */
function inGroups(graph: Graph, x: Value, groups: number): readonly Group[] {
  const known = made.get(graph) ?? new Map<string, readonly Group[]>();
  made.set(graph, known);
  const key = `${groups} of ${x}`;
  const found = known.get(key) ?? inEightBits(graph, x, groups);
  known.set(key, found);
  return found;
}

/** One operator quantizes all groups at once; they are split afterwards, as bytes. */
function inEightBits(graph: Graph, x: Value, groups: number): readonly Group[] {
  const parted = groups === 1 ? x : graph.reshape(x, [0, 0, groups, -1]); // [1, T, groups, K / groups]
  const last = graph.int64s([-1]);
  const high = graph.node('ReduceMax', [parted, last], { keepdims: 1 });
  const low = graph.node('Neg', [graph.node('ReduceMin', [parted, last], { keepdims: 1 })]);
  const most = graph.node('Max', [high, low, graph.scalar(LEAST)]); // [1, T, groups, 1]
  const scale = graph.scalar(1 / LEVELS);
  const whole = graph.node('QuantizeLinear', [graph.node('Div', [parted, most]), scale, zero(graph)]);
  if (groups === 1) return [{ whole, most }];
  const split = (value: Value) =>
    graph.nodes('Split', [graph.reshape(value, [0, 0, -1])], groups, { axis: -1, num_outputs: groups });
  const mosts = split(most);
  return split(whole).map((part, index) => ({ whole: part, most: mosts[index] ?? missing() }));
}

export function zero(graph: Graph): Value {
  return graph.bytes(Uint8Array.of(ZERO), []);
}
