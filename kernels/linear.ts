import type { Graph, Value } from './graph.ts';
import { addLora } from './lora.ts';
import type { Loras } from './lora.ts';
import { ManifestError, tensorEntry } from './manifest.ts';
import type { TensorEntry } from './manifest.ts';
import { w8a8 } from './w8a8.ts';

/** int8 activations on the CPU's integer units; WebGPU has its own fast path for it. 0 keeps float32 activations. */
export type AccuracyLevel = 0 | 4;

/**
 * How rows of a table in 8 bits are widened. The CPU's operator for blocks goes number by number; bytes that are
 * gathered first are widened eight times as fast, to the same numbers.
 */
export type TableRows = 'blocks' | 'bytes';

/** A graph being built over one manifest's tensors. */
export interface Weights {
  readonly tensors: Readonly<Record<string, TensorEntry>>;
  readonly accuracyLevel: AccuracyLevel;
  readonly lowRanks?: Loras | undefined;
  /** `blocks` where it is not said. */
  readonly tables?: TableRows | undefined;
}

/**
 * y [.., N] = x [.., K] Wᵀ (+ bias): W of int4 or int8 blocks through MatMulNBits, of int8 groups through integer
 * products, or float32 through MatMul; W + b a in its place where there is a LoRA.
 */
export function linear(graph: Graph, weights: Weights, x: Value, name: string): Value {
  const y = frozen(graph, weights, x, name);
  const lowRank = weights.lowRanks?.[name];
  return lowRank === undefined ? y : addLora(graph, x, y, lowRank);
}

function frozen(graph: Graph, weights: Weights, x: Value, name: string): Value {
  const biased = weights.tensors[`${name}.bias`] !== undefined;
  const bias = biased ? vector(graph, weights, `${name}.bias`) : '';
  const entry = tensorEntry(weights.tensors, name);
  if (entry.kind === 'float32') {
    const matrix = graph.external(name, 'float32', entry.shape, entry.data); // [N, K]
    const y = graph.node('MatMul', [x, graph.node('Transpose', [matrix], { perm: [1, 0] })]);
    return biased ? graph.node('Add', [y, bias]) : y;
  }
  if (entry.kind === 'w8a8') {
    const y = w8a8(graph, entry, x, name);
    return biased ? graph.node('Add', [y, bias]) : y;
  }
  const [rows, columns] = matrixShape(entry, name);
  const blocks = columns / entry.block;
  const bits = entry.kind === 'int4' ? 4 : 8;
  const data = graph.external(`${name}.data`, 'uint8', [rows, blocks, (entry.block * bits) / 8], entry.data);
  const scales = widened(graph, `${name}.scales`, [rows, blocks], entry.scales);
  const zeros = entry.zeros
    ? graph.external(`${name}.zeros`, 'uint8', [rows, Math.ceil((blocks * bits) / 8)], entry.zeros)
    : '';
  return graph.node('com.microsoft.MatMulNBits', trimmed([x, data, scales, zeros, '', bias]), {
    K: columns,
    N: rows,
    bits,
    block_size: entry.block,
    accuracy_level: weights.accuracyLevel,
  });
}

/** Rows of a quantized table: ids [1, T] int64 → float32 [1, T, columns]. */
export function gather(graph: Graph, weights: Weights, ids: Value, name: string): Value {
  const entry = tensorEntry(weights.tensors, name);
  if (entry.kind === 'float32') {
    return graph.node('Gather', [graph.external(name, 'float32', entry.shape, entry.data), ids], { axis: 0 });
  }
  if (entry.kind === 'w8a8') throw new ManifestError(`The table ${name} should have rows that can be gathered.`);
  const [rows, columns] = matrixShape(entry, name);
  const blocks = columns / entry.block;
  const bits = entry.kind === 'int4' ? 4 : 8;
  // The operator wants [rows, packed columns] where MatMulNBits wants [rows, blocks, packed block]: the same bytes.
  const data = graph.external(`${name}.rows`, 'uint8', [rows, (columns * bits) / 8], entry.data);
  const scales = widened(graph, `${name}.scales`, [rows, blocks], entry.scales);
  const zeros = entry.zeros
    ? graph.external(`${name}.zeros`, 'uint8', [rows, Math.ceil((blocks * bits) / 8)], entry.zeros)
    : '';
  return graph.node('com.microsoft.GatherBlockQuantized', trimmed([data, ids, scales, zeros]), {
    bits,
    block_size: entry.block,
    gather_axis: 0,
    quantize_axis: 1,
  });
}

/** A float32 vector of the manifest. */
export function vector(graph: Graph, weights: Weights, name: string): Value {
  const entry = tensorEntry(weights.tensors, name);
  if (entry.kind !== 'float32') throw new ManifestError(`The tensor ${name} should be float32.`);
  return graph.external(name, 'float32', entry.shape, entry.data);
}

/** The parts of a table that is too large for one shard: `name`, or `name.0`, `name.1`, … with their first rows. */
export function parts(weights: Weights, name: string): readonly { name: string; first: number; rows: number }[] {
  if (weights.tensors[name]) return [{ name, first: 0, rows: tensorEntry(weights.tensors, name).shape[0] ?? 0 }];
  const found: { name: string; first: number; rows: number }[] = [];
  let first = 0;
  for (let part = 0; weights.tensors[`${name}.${part}`]; part += 1) {
    const rows = tensorEntry(weights.tensors, `${name}.${part}`).shape[0] ?? 0;
    found.push({ name: `${name}.${part}`, first, rows });
    first += rows;
  }
  if (found.length === 0) throw new ManifestError(`The model manifest has no tensor named ${name}.`);
  return found;
}

/** What the parts of a shortlist are called: the output's table in few bits, only good enough to choose rows by. */
export const SHORTLIST = 'shortlist';

/** The parts of the table that gives logits: the output's own, or that of the input where it has none. */
export function unembeddings(tensors: Weights['tensors']): readonly string[] {
  const name = ['output', 'output.0'].some((own) => tensors[own] !== undefined) ? 'output' : 'embedding';
  return parts({ tensors, accuracyLevel: 0 }, name).map((part) => part.name);
}

/** Scales are kept in half precision; the session folds this cast once, when it is created. */
export function widened(
  graph: Graph,
  name: string,
  shape: readonly number[],
  place: { file: string; offset: number; bytes: number },
): Value {
  return graph.once(`${name}.float32`, () => graph.cast(graph.external(name, 'float16', shape, place), 'float32'));
}

export function matrixShape(entry: TensorEntry, name: string): readonly [number, number] {
  const [rows, columns] = entry.shape;
  if (rows === undefined || columns === undefined || entry.shape.length !== 2) {
    throw new ManifestError(`The tensor ${name} should have two dimensions.`);
  }
  return [rows, columns];
}

function trimmed(inputs: readonly Value[]): readonly Value[] {
  let end = inputs.length;
  while (end > 0 && inputs[end - 1] === '') end -= 1;
  return inputs.slice(0, end);
}
