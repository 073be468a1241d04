import type { Graph, Value } from './graph.ts';
import { gather, matrixShape, widened } from './linear.ts';
import type { Weights } from './linear.ts';
import { tensorEntry } from './manifest.ts';

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
    return all.slice(1).reduce((rows, part) => {
      const isBefore = graph.node('Less', [ids, graph.int64s([part.first], [])]);
      return graph.node('Where', [graph.node('Unsqueeze', [isBefore, graph.int64s([-1])]), rows, part.rows]);
    }, all[0]?.rows ?? '');
  };
  const block = weights.tables === 'bytes' ? plainBlock(weights, names) : undefined;
  if (block === undefined) return chosen((own, name) => gather(graph, weights, own, name));
  const columns = tensorEntry(weights.tensors, names[0] ?? '').shape[1] ?? 0;
  const bytes = chosen((own, name) => rowsOf(graph, weights, own, name).bytes);
  const scales = chosen((own, name) => rowsOf(graph, weights, own, name).scales);
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

/** Of a table of 8 bits the rows' bytes [.., D] and scales [.., D / block]. */
function rowsOf(graph: Graph, { tensors }: Weights, ids: Value, name: string): { bytes: Value; scales: Value } {
  const entry = tensorEntry(tensors, name);
  if (entry.kind !== 'int8') throw new TypeError(`The table ${name} is not of 8 bits.`);
  const [rows, columns] = matrixShape(entry, name);
  const data = graph.external(`${name}.rows`, 'uint8', [rows, columns], entry.data);
  const scales = widened(graph, `${name}.scales`, [rows, columns / entry.block], entry.scales);
  return {
    bytes: graph.node('Gather', [data, ids], { axis: 0 }),
    scales: graph.node('Gather', [scales, ids], { axis: 0 }),
  };
}

function clamped(graph: Graph, ids: Value, part: { first: number; rows: number }): Value {
  const local = graph.node('Sub', [ids, graph.int64s([part.first], [])]);
  return graph.node('Min', [graph.node('Max', [local, graph.int64s([0], [])]), graph.int64s([part.rows - 1], [])]);
}
