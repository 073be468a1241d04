import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { halfToNumber } from '../../../kernels/half.ts';
import { Matrix } from './reference/matrix.ts';
import type { Adapter } from '../../../src/engine/weights/adapter.ts';
import { toHalf } from './shard.ts';
import { generator, randomMatrix } from './support.ts';

const RANK = 3;
const PARTS = ['attention.q', 'attention.k', 'attention.v', 'attention.o', 'mlp.gate', 'mlp.up', 'mlp.down'];

/**
 * In `folder`, an adapter.bin with an addition to every matrix of the first block, and each matrix with its addition in
 * it.
 */
export function adapted(folder: string, values: Readonly<Record<string, Matrix>>) {
  const normal = generator(9);
  const chunks: Buffer[] = [];
  let bytes = 0;
  const half = (rows: number, columns: number) => {
    const halves = Uint16Array.from(randomMatrix(rows, columns, normal, 0.3).data, toHalf);
    const place = { shape: [rows, columns], data: { file: 'adapter.bin', offset: bytes, bytes: halves.byteLength } };
    chunks.push(Buffer.from(halves.buffer));
    bytes += halves.byteLength;
    return { place, value: new Matrix(rows, columns, Array.from(halves, halfToNumber)) };
  };
  const lora: Record<string, Adapter['lora'][string]> = {};
  const merged = { ...values };
  for (const name of PARTS.map((part) => `layers.0.${part}`)) {
    const frozen = values[name]!;
    const [a, b] = [half(RANK, frozen.columns), half(frozen.rows, RANK)];
    lora[name] = { a: a.place, b: b.place };
    merged[name] = frozen.plus(b.value.times(a.value));
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'adapter.bin'), Buffer.concat(chunks));
  return { adapter: { lora } as unknown as Adapter, merged };
}
