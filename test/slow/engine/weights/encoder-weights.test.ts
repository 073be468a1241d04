import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { lowerGraph } from '../../../../kernels/decoder.ts';
import type { Manifest } from '../../../../kernels/manifest.ts';
import { quantize } from '../../kernels/reference/w8a8.ts';
import type { Adapter } from '../../../../src/engine/weights/adapter.ts';
import { BlockMatrix } from '../../../../src/engine/weights/block-matrix.ts';
import { floats, keyValueCache, runDecoder } from '../../../../src/engine/runtime/decoder.ts';
import { eightBit } from '../../../../src/engine/weights/eight-bit.ts';
import { exactSide } from '../../../../src/engine/runtime/int8-probe.ts';
import { readLoras } from '../../../../src/engine/weights/lora.ts';
import { encoderTensors } from '../../../../src/engine/weights/encoder-weights.ts';
import { adapted } from '../../kernels/additions.ts';
import { randomDecoder } from '../../kernels/shard.ts';
import { CONFIG, cpuSession, deviation, intTensor, temporaryFolder } from '../../kernels/support.ts';

const IDS = [0, 29, 30, 49, 12, 31];

/** A tiny decoder on disk whose first block has additions. */
async function tiny(sha256 = 'a') {
  const folder = temporaryFolder();
  const shard = randomDecoder('int4', 5, 'int8');
  const manifest = shard.write(folder);
  const made = adapted(join(folder, 'adapter'), shard.values);
  const adapter = { ...made.adapter, layer: 1, file: { bytes: 1, sha256 } } as unknown as Adapter;
  const lowRanks = await readLoras(join(folder, 'adapter'), adapter, manifest);
  return { folder, manifest, adapter, lowRanks, merged: made.merged };
}

const own = (folder: string) =>
  readdirSync(folder).filter((name) => name.startsWith('.recall-') && !name.endsWith('.partial'));

it.each(['int4', 'int8'] as const)('a matrix of %s blocks is read row by row', async (kind) => {
  const folder = temporaryFolder();
  const shard = randomDecoder(kind, 3);
  const { tensors } = shard.write(folder);
  for (const name of ['layers.0.mlp.down', 'layers.1.attention.k']) {
    const entry = tensors[name]!;
    if (entry.kind !== kind) throw new Error('the shard has another kind');
    const matrix = await BlockMatrix.read(folder, entry);
    const row = new Float32Array(matrix.columns);
    for (let at = 0; at < matrix.rows; at += 1) {
      matrix.row(at, row);
      expect(deviation(row, shard.values[name]!.row(at))).toBeLessThan(1e-6);
    }
  }
});

it.each([1, 3])('8 bits in %i groups hold the matrix with its addition', async (groups) => {
  const { folder, manifest, lowRanks, merged } = await tiny();
  const name = 'layers.0.mlp.up';
  const entry = manifest.tensors[name]!;
  if (entry.kind !== 'int4') throw new Error('the shard has another kind');
  const made = eightBit(await BlockMatrix.read(folder, entry), lowRanks?.[name], groups);
  const expected = quantize(merged[name]!, groups);
  expect(deviation(made.scales, expected.scales.data)).toBeLessThan(1e-6);
  const whole = expected.whole.transposed().data;
  // The sums were made in float32, so that a number in the middle may fall to the other side.
  const off = whole.filter((value, at) => value !== made.data[at]);
  expect(off.length).toBeLessThan(whole.length / 200);
  expect(whole.every((value, at) => Math.abs(value - made.data[at]!) <= 1)).toBe(true);
});

const yes = () => Promise.resolve(true);

async function states(folder: string, manifest: Manifest, lowRanks?: Awaited<ReturnType<typeof readLoras>>) {
  const session = await cpuSession(lowerGraph(manifest, 1, { accuracyLevel: 0, candidates: 5, lowRanks }), folder);
  const row = { ids: intTensor(IDS, [1, IDS.length]) };
  const run = await runDecoder(session, row, keyValueCache(CONFIG, [0, 1], 'once'), IDS.length, ['states']);
  return floats(run, 'states');
}

it('a block in 8 bits is the block with its additions, nearly', async () => {
  const { folder, manifest, adapter, lowRanks } = await tiny();
  const tensors = await encoderTensors(folder, manifest, adapter, lowRanks, 'uint8', yes);
  const made = await states(folder, { ...manifest, tensors: tensors! });
  const meant = await states(folder, manifest, lowRanks);
  // Over twelve seeds: 0.02 to 0.05 with the additions, 0.9 to 1.1 without.
  expect(deviation(made, meant)).toBeLessThan(0.1);
  expect(deviation(await states(folder, manifest), meant)).toBeGreaterThan(0.5);
});

it('both sides take their numbers from one file, and where the processor is exact on both the block is the same to the last bit', async () => {
  const { folder, manifest, adapter, lowRanks } = await tiny();
  const [unsigned, signed] = await Promise.all(
    (['uint8', 'int8'] as const).map(async (side) => {
      const tensors = await encoderTensors(folder, manifest, adapter, lowRanks, side, yes);
      return states(folder, { ...manifest, tensors: tensors! });
    }),
  );
  expect(own(folder)).toHaveLength(1);
  if ((await exactSide(1)) === 'int8') expect(unsigned).toEqual(signed);
});

it('the file is made once, made anew where a bit was flipped, and takes the place of another adapter’s', async () => {
  const { folder, manifest, adapter, lowRanks } = await tiny();
  await encoderTensors(folder, manifest, adapter, lowRanks, 'int8', yes);
  const [name = ''] = own(folder);
  const path = join(folder, name);
  const sound = readFileSync(path);
  const { mtimeMs, ino } = statSync(path);
  await encoderTensors(folder, manifest, adapter, lowRanks, 'int8', yes);
  expect(statSync(path)).toMatchObject({ mtimeMs, ino });

  const damaged = Buffer.from(sound);
  damaged[1000] = damaged[1000]! ^ 4;
  writeFileSync(path, damaged);
  await encoderTensors(folder, manifest, adapter, lowRanks, 'int8', yes);
  expect(readFileSync(path).equals(sound)).toBe(true);
  writeFileSync(path, sound.subarray(0, sound.length - 5));
  await encoderTensors(folder, manifest, adapter, lowRanks, 'int8', yes);
  expect(readFileSync(path).equals(sound)).toBe(true);

  const other = { ...adapter, file: { ...adapter.file, sha256: 'b' } };
  writeFileSync(join(folder, `${name}.999.partial`), 'left by a process that was killed');
  await encoderTensors(folder, manifest, other, undefined, 'int8', yes);
  expect(own(folder)).toHaveLength(1);
  expect(own(folder)).not.toContain(name);
  expect(readdirSync(folder).filter((file) => file.endsWith('.partial'))).toEqual([]);
});

it('several that make the file at once leave a sound one', async () => {
  const { folder, manifest, adapter, lowRanks } = await tiny();
  const all = Array.from({ length: 4 }, () => encoderTensors(folder, manifest, adapter, lowRanks, 'int8', yes));
  for (const tensors of await Promise.all(all)) expect(tensors).toBeDefined();
  const [name = ''] = own(folder);
  const bytes = readFileSync(join(folder, name));
  const seal = createHash('sha256').update(bytes.subarray(0, -32)).digest();
  expect(seal.equals(bytes.subarray(-32))).toBe(true);
  expect(readdirSync(folder).filter((file) => file.endsWith('.partial'))).toEqual([]);
});

it('whether they are worth it is asked once for a folder and an adapter', async () => {
  const { folder, manifest, adapter } = await tiny();
  let asked = 0;
  const no = () => Promise.resolve((asked += 1) < 0);
  expect(await encoderTensors(folder, manifest, adapter, undefined, 'int8', no)).toBeUndefined();
  expect(await encoderTensors(folder, manifest, adapter, undefined, 'int8', no)).toBeUndefined();
  expect(await encoderTensors(folder, manifest, adapter, undefined, 'int8', yes)).toBeUndefined();
  expect(asked).toBe(1);
  expect(own(folder)).toHaveLength(1);

  const other = { ...adapter, file: { ...adapter.file, sha256: 'b' } };
  expect(await encoderTensors(folder, manifest, other, undefined, 'int8', yes)).toBeDefined();
  expect(await encoderTensors(folder, manifest, other, undefined, 'int8', no)).toBeDefined();
  expect(asked).toBe(1);
  expect(own(folder)).toHaveLength(1);

  const [left = ''] = own(folder);
  const third = { ...adapter, file: { ...adapter.file, sha256: 'c' } };
  expect(await encoderTensors(folder, manifest, third, undefined, 'int8', no)).toBeUndefined();
  expect(own(folder)).toHaveLength(1);
  expect(own(folder)).not.toContain(left);
});

it('where they cannot be kept there are none, and a base that is cut short is not hidden by that', async () => {
  const { folder, manifest, adapter } = await tiny();
  await encoderTensors(folder, manifest, adapter, undefined, 'int8', yes);
  const [name = ''] = own(folder);
  rmSync(join(folder, name));
  mkdirSync(join(folder, name, 'in the way'), { recursive: true });
  expect(await encoderTensors(folder, manifest, adapter, undefined, 'int8', yes)).toBeUndefined();
  expect(readdirSync(folder).filter((file) => file.endsWith('.partial'))).toEqual([]);

  writeFileSync(join(folder, 'weights.bin'), 'short');
  await expect(encoderTensors(folder, manifest, adapter, undefined, 'int8', yes)).rejects.toThrow(
    /weights\.bin ends before/,
  );
});
