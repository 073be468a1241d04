import * as ort from 'onnxruntime-node';

import type { HeadMemory } from './reference/infini-attention.ts';
import type { Matrix } from './reference/matrix.ts';
import { CONFIG, floatTensor, intTensor, randomMatrix } from './support.ts';

/** One segment's projections before rotation: query [T, H d], key and value [T, G d]. */
export interface Segment {
  readonly query: Matrix;
  readonly key: Matrix;
  readonly value: Matrix;
}

export function randomSegment(tokens: number, normal: () => number): Segment {
  const { heads, kvHeads, headDim } = CONFIG;
  return {
    query: randomMatrix(tokens, heads * headDim, normal),
    key: randomMatrix(tokens, kvHeads * headDim, normal),
    value: randomMatrix(tokens, kvHeads * headDim, normal),
  };
}

/** What `infiniGraph` takes besides the memory. */
export function segmentFeeds(segment: Segment, gates: readonly number[]): Record<string, ort.Tensor> {
  const tokens = segment.query.rows;
  const row = ({ data, columns }: Matrix) => floatTensor(data, [1, tokens, columns]);
  return {
    query: row(segment.query),
    key: row(segment.key),
    value: row(segment.value),
    positions: intTensor([...Array(tokens).keys()], [1, tokens]),
    last_key: new ort.Tensor('int32', Int32Array.of(tokens - 1), [1]),
    total_keys: new ort.Tensor('int32', Int32Array.of(tokens), []),
    'gate.0': floatTensor(gates, [gates.length]),
  };
}

/** One memory per key/value head as the graph's inputs. */
export function memoryFeeds(memory: readonly HeadMemory[]): Record<string, ort.Tensor> {
  const { rows, columns } = memory[0]!.matrix;
  const matrix = memory.flatMap((head) => [...head.matrix.data]);
  const norm = memory.flatMap((head) => [...head.norm.data]);
  return {
    'before.0.matrix': floatTensor(matrix, [1, memory.length, rows, columns]),
    'before.0.norm': floatTensor(norm, [1, memory.length, rows]),
  };
}
