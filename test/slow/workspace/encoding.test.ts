import { expect, it } from 'vitest';
import { decodeText } from '../../../src/workspace/files/encoding.ts';

it('a megabyte of bytes that no encoding has is judged at once', () => {
  const began = performance.now();
  for (const byte of [0xe9, 0xc2, 0x81, 0xff]) decodeText(new Uint8Array(1 << 20).fill(byte));
  decodeText(Uint8Array.from({ length: 1 << 20 }, (_, at) => 128 + (((at * 7919) >>> 3) % 128)));
  // It took ten seconds while every byte was looked at by every guess.
  expect(performance.now() - began).toBeLessThan(5_000);
});
