import { beforeAll, describe, expect, it } from 'vitest';
import { Graph } from '../../../kernels/graph.ts';
import type { TableRows } from '../../../kernels/linear.ts';
import type { Manifest } from '../../../kernels/manifest.ts';
import { tableRows } from '../../../kernels/table.ts';
import { floats } from '../../../src/engine/runtime/decoder.ts';
import { Shard } from './shard.ts';
import type { Kind } from './shard.ts';
import { cpuSession, deviation, generator, intTensor, randomMatrix, temporaryFolder } from './support.ts';

const NAMES = ['table.0', 'table.1', 'table.2'];
const ROWS = [20, 20, 7] as const;
const IDS = [46, 0, 19, 20, 20, 39, 40, 3];

describe.each<Kind>(['float32', 'int4', 'int8'])('a table of %s in three parts', (kind) => {
  const folder = temporaryFolder();
  const shard = new Shard();
  let manifest: Manifest;
  beforeAll(() => {
    const normal = generator(1);
    for (const [part, rows] of ROWS.entries()) shard.add(`table.${part}`, randomMatrix(rows, 96, normal), kind);
    manifest = shard.write(folder);
  });

  /** Rows of the ids, four by four. */
  async function rowsOf(tables: TableRows): Promise<number[]> {
    const graph = new Graph(`${kind}-${tables}`);
    const ids = graph.input('ids', 'int64', [1, 'rows', 4]);
    const weights = { tensors: manifest.tensors, accuracyLevel: 0, tables } as const;
    graph.output('rows', tableRows(graph, weights, ids, NAMES, [1, -1, 4]), 'float32', [1, 'rows', 4, 96]);
    const session = await cpuSession(graph, folder);
    const results = await session.run({ ids: intTensor(IDS, [1, 2, 4]) });
    expect(results['rows']?.dims).toEqual([1, 2, 4, 96]);
    return [...floats(results, 'rows')];
  }

  it('gives each id the row of its own part', async () => {
    const all = ROWS.flatMap((rows, part) =>
      Array.from({ length: rows }, (_, row) => [...shard.values[`table.${part}`]!.row(row)]),
    );
    const expected = IDS.flatMap((id) => all[id] ?? []);
    expect(deviation(Float32Array.from(await rowsOf('blocks')), expected)).toBeLessThan(1e-6);
  });

  it('gives the same numbers, to the bit, however they are widened', async () => {
    expect(await rowsOf('bytes')).toEqual(await rowsOf('blocks'));
  });
});
