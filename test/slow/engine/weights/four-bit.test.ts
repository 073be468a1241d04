import { expect, it } from 'vitest';
import { fourBit } from '../../../../src/engine/weights/four-bit.ts';

it('a long table lets what is asked meanwhile go first, and is the same', async () => {
  const matrix = {
    ...{ rows: 10_000, columns: 32 },
    row: (row: number, out: Float32Array) => {
      out.forEach((_, at) => (out[at] = Math.sin(row + at)));
    },
  };
  let pauses = 0;
  const paused = await fourBit(matrix, 32, () => {
    pauses += 1;
    return Promise.resolve();
  });
  expect(pauses).toBe(2);
  expect(paused).toEqual(await fourBit(matrix, 32));
});
