import type { Graph, Value } from './graph.ts';
import { gather, matrixShape, widened } from './linear.ts';
import type { Weights } from './linear.ts';
import { tensorEntry } from './manifest.ts';
import type { TensorEntry } from './manifest.ts';

/** What stands for zero in a table of 8 bits that has no zero points. */
const ZERO = 128;

/**
 * Rows of a table in parts: ids [..] → [.., D], where `shape` is that of the ids, with one size left open. Each part
 * gives a row for each id, and of these every id keeps its own part's.
 */
export function tableRows(
  graph: Graph,
  weights: Weights,
  ids: Value,
  names: readonly string[],
  shape: readonly number[],
): Value {
  let end = 0;
  const parts = names.map((name) => {
    const [rows = 0] = tensorEntry(weights.tensors, name).shape;
    const first = end;
    end += rows;
    return { name, first, own: clamped(graph, ids, { first, rows }) };
  });
  /** Of the rows that each part gave, those of the ids' own parts. */
  const chosen = (rowsOf: (own: Value, name: string) => Value): Value => {
    const all = parts.map(({ name, own, first }) => ({ first, rows: rowsOf(own, name) }));
    const [first, ...others] = all;
    if (first === undefined) throw new RangeError('A table has at least one part.');
    return others.reduce((rows, part) => {
      const isBefore = graph.node('Less', [ids, graph.int64s([part.first], [])]);
      return graph.node('Where', [graph.node('Unsqueeze', [isBefore, graph.int64s([-1])]), rows, part.rows]);
    }, first.rows);
  };
  const block = weights.tables === 'bytes' ? plainBlock(weights, names) : undefined;
  if (block === undefined) return chosen((own, name) => gather(graph, weights, own, name));
  const columns = tensorEntry(weights.tensors, names[0] ?? '').shape[1] ?? 0;
  const bytes = chosen((own, name) => graph.node('Gather', [storedRows(graph, weights, name), own], { axis: 0 }));
  const scales = chosen((own, name) => graph.node('Gather', [storedScales(graph, weights, name), own], { axis: 0 }));
  const whole = graph.node('Sub', [graph.cast(bytes, 'float32'), graph.scalar(ZERO)]); // [.., D]
  const inBlocks = graph.reshape(whole, [-1, columns / block, block]);
  const each = graph.reshape(scales, [-1, columns / block, 1]);
  return graph.reshape(graph.node('Mul', [inBlocks, each]), [...shape, columns]);
}

/** The block of a table that is of 8 bits without zero points in all parts; undefined for another. */
function plainBlock({ tensors }: Weights, names: readonly string[]): number | undefined {
  const blocks = names.map((name) => {
    const entry = tensorEntry(tensors, name);
    return entry.kind === 'int8' && entry.zeros === undefined ? entry.block : undefined;
  });
  return blocks.every((block) => block === blocks[0]) ? blocks[0] : undefined;
}

/** The bytes [V, D] of a table of 8 bits. */
function storedRows(graph: Graph, { tensors }: Weights, name: string): Value {
  const entry = eightBits(tensorEntry(tensors, name), name);
  return graph.external(`${name}.rows`, 'uint8', matrixShape(entry, name), entry.data);
}

/** The scales [V, D / block] of a table of 8 bits. */
function storedScales(graph: Graph, { tensors }: Weights, name: string): Value {
  const entry = eightBits(tensorEntry(tensors, name), name);
  const [rows, columns] = matrixShape(entry, name);
  return widened(graph, `${name}.scales`, [rows, columns / entry.block], entry.scales);
}

function eightBits(entry: TensorEntry, name: string): Extract<TensorEntry, { readonly block: number }> {
  if (entry.kind !== 'int8') throw new TypeError(`The table ${name} is not of 8 bits.`);
  return entry;
}

function clamped(graph: Graph, ids: Value, part: { first: number; rows: number }): Value {
  const local = graph.node('Sub', [ids, graph.int64s([part.first], [])]);
  return graph.node('Min', [graph.node('Max', [local, graph.int64s([0], [])]), graph.int64s([part.rows - 1], [])]);
}
