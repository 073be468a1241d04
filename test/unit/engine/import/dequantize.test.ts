import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bytesOf, dequantize } from '../../../../src/engine/import/dequantize.ts';

interface Golden {
  readonly type: number;
  readonly name: string;
  readonly blocks: string;
  readonly numbers: string;
}

/** Made by llama.cpp's own Python package: models/build/tests/gguf_golden.py. */
const GOLDEN = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../golden/gguf-blocks.json'), 'utf8'),
) as readonly Golden[];

it.each(GOLDEN)('$name is read as llama.cpp reads it', ({ type, blocks, numbers }) => {
  const raw = Buffer.from(blocks, 'base64');
  const expected = new Float32Array(Uint8Array.from(Buffer.from(numbers, 'base64')).buffer);
  const found = dequantize(type, raw);
  expect(found).toHaveLength(expected.length);
  // A sum of products may be rounded once more or less; nothing else may differ.
  for (const [at, value] of expected.entries()) expect(found[at]).toBeCloseTo(value, 6);
  expect(bytesOf(type, expected.length)).toBe(raw.length);
});

it('what is not read has no size', () => {
  expect(bytesOf(10, 256)).toBeUndefined();
  expect(bytesOf(12, 255)).toBeUndefined();
});
