import { join } from 'node:path';

import { expect, it } from 'vitest';

import { lowerGraph } from '../../../kernels/decoder.ts';
import { decoderBlock } from './reference/decoder-block.ts';
import { Matrix } from './reference/matrix.ts';
import { floats, keyValueCache, runDecoder } from '../../../src/engine/runtime/decoder.ts';
import { readLoras } from '../../../src/engine/weights/lora.ts';
import { adapted } from './additions.ts';
import { randomDecoder } from './shard.ts';
import { CONFIG, cpuSession, deviation, intTensor, temporaryFolder } from './support.ts';

const IDS = [0, 29, 30, 49, 12, 31];

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
    const lowRanks = await readLoras(join(folder, 'adapter'), adapter, manifest);
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
  const { a, b } = adapter.lora['layers.0.mlp.up']!;
  const wrong = { ...adapter, lora: { 'layers.0.mlp.down': { a, b } } };
  await expect(readLoras(join(folder, 'adapter'), wrong, manifest)).rejects.toThrow(
    /addition to layers\.0\.mlp\.down does not fit/,
  );
  const stranger = { ...adapter, lora: { 'layers.7.mlp.up': { a, b } } };
  await expect(readLoras(join(folder, 'adapter'), stranger, manifest)).rejects.toThrow(/does not fit/);
  expect(await readLoras(folder, { ...adapter, lora: {} }, manifest)).toBeUndefined();
});
