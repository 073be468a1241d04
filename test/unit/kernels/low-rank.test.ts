import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { lowerGraph } from '../../../kernels/decoder.ts';
import { decoderBlock } from '../../../kernels/reference/decoder-block.ts';
import { Matrix } from '../../../kernels/reference/matrix.ts';
import type { Adapter } from '../../../src/engine/adapter.ts';
import { floats, keyValueCache, runDecoder } from '../../../src/engine/decoder.ts';
import { readLowRanks } from '../../../src/engine/low-rank.ts';
import { randomDecoder, toHalf } from './shard.ts';
import { halfToNumber } from '../../../kernels/reference/linear.ts';
import { CONFIG, cpuSession, deviation, generator, intTensor, randomMatrix, temporaryFolder } from './support.ts';

const IDS = [0, 29, 30, 49, 12, 31];
const RANK = 3;
const PARTS = ['attention.q', 'attention.k', 'attention.v', 'attention.o', 'mlp.gate', 'mlp.up', 'mlp.down'];

/** adapter.bin with an addition to every matrix of the first block, and each matrix with its addition in it. */
function adapted(folder: string, values: Record<string, Matrix>) {
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
  const lowRank: Record<string, Adapter['lowRank'][string]> = {};
  const merged = { ...values };
  for (const name of PARTS.map((part) => `layers.0.${part}`)) {
    const frozen = values[name]!;
    const [a, b] = [half(RANK, frozen.columns), half(frozen.rows, RANK)];
    lowRank[name] = { a: a.place, b: b.place };
    merged[name] = frozen.plus(b.value.times(a.value));
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'adapter.bin'), Buffer.concat(chunks));
  return { adapter: { lowRank } as unknown as Adapter, merged };
}

it.each(['float32', 'int4'] as const)(
  'a block of %s weights with additions is one whose weights hold them',
  async (kind) => {
    const folder = temporaryFolder();
    const shard = randomDecoder(kind, 5);
    const manifest = shard.write(folder);
    const { adapter, merged } = adapted(join(folder, 'adapter'), shard.values);
    const table = [...shard.values['embedding.0']!.data, ...shard.values['embedding.1']!.data];
    const embedded = new Matrix(
      IDS.length,
      CONFIG.hidden,
      IDS.flatMap((id) => table.slice(id * CONFIG.hidden, (id + 1) * CONFIG.hidden)),
    );
    const lowRanks = await readLowRanks(join(folder, 'adapter'), adapter, manifest);
    const session = await cpuSession(lowerGraph(manifest, 1, { accuracyLevel: 0, candidates: 5, lowRanks }), folder);
    const row = { ids: intTensor(IDS, [1, IDS.length]) };
    const run = await runDecoder(session, row, keyValueCache(CONFIG, [0, 1], 'once'), IDS.length, ['states']);
    const expected = decoderBlock(merged, CONFIG, 0, embedded);
    expect(deviation(floats(run, 'states'), expected.data)).toBeLessThan(5e-6);
    expect(deviation(decoderBlock(shard.values, CONFIG, 0, embedded).data, expected.data)).toBeGreaterThan(0.01);
  },
);

it('an addition that does not fit its matrix is refused in a sentence, and an adapter without any has none', async () => {
  const folder = temporaryFolder();
  const shard = randomDecoder('float32', 5);
  const manifest = shard.write(folder);
  const { adapter } = adapted(join(folder, 'adapter'), shard.values);
  const { a, b } = adapter.lowRank['layers.0.mlp.up']!;
  const wrong = { ...adapter, lowRank: { 'layers.0.mlp.down': { a, b } } };
  await expect(readLowRanks(join(folder, 'adapter'), wrong, manifest)).rejects.toThrow(
    /addition to layers\.0\.mlp\.down does not fit/,
  );
  const stranger = { ...adapter, lowRank: { 'layers.7.mlp.up': { a, b } } };
  await expect(readLowRanks(join(folder, 'adapter'), stranger, manifest)).rejects.toThrow(/does not fit/);
  expect(await readLowRanks(folder, { ...adapter, lowRank: {} }, manifest)).toBeUndefined();
});
