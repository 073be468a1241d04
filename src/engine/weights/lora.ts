import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../common/app-error.ts';
import type { HalfMatrix, Loras } from '../../../kernels/lora.ts';
import type { Manifest } from '../../../kernels/manifest.ts';
import type { TensorPlace } from '../../../kernels/memory-tokens.ts';
import type { Adapter } from './adapter.ts';

/**
 * The LoRA of an adapter, which the encoder's blocks have and those that answer have not; undefined
 * where the adapter has none. Throws `engine/model-file` where one does not fit the matrix that it is added to.
 */
export async function readLoras(folder: string, adapter: Adapter, manifest: Manifest): Promise<Loras | undefined> {
  const names = Object.keys(adapter.lora);
  if (names.length === 0) return undefined;
  const bytes = await readFile(join(folder, 'adapter.bin'));
  const half = ({ shape, data }: TensorPlace): HalfMatrix => ({
    shape,
    bytes: new Uint8Array(bytes.subarray(data.offset, data.offset + data.bytes)),
  });
  return Object.fromEntries(
    Object.entries(adapter.lora).map(([name, { a, b }]) => {
      const [rows, columns] = manifest.tensors[name]?.shape ?? [];
      const [rank] = a.shape;
      const fits = a.shape[1] === columns && b.shape[0] === rows && b.shape[1] === rank;
      const full = [a, b].every(({ shape, data }) => data.bytes === 2 * shape.reduce((size, side) => size * side, 1));
      if (rows === undefined || !fits || !full) {
        throw new AppError('engine/model-file', `The adapter's addition to ${name} does not fit the base model.`);
      }
      return [name, { a: half(a), b: half(b) }];
    }),
  );
}
