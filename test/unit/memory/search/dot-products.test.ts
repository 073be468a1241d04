import fc from 'fast-check';
import { expect, test } from 'vitest';
import { multiply, multiplyInScript, toIntegers } from '../../../../src/memory/search/dot-products.ts';

/** Two numbers of four bits, those that packing never writes included. */
const byte = fc.integer({ min: 0, max: 255 });

/** Vectors of a size, and a question of it. */
const asked = fc.constantFrom(2, 8, 30, 32, 64, 96, 256, 1024).chain((size) =>
  fc.record({
    question: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: size, maxLength: size }),
    // More than one block's worth: the few that are drawn stand again and again.
    vectors: fc.array(fc.array(byte, { minLength: size / 2, maxLength: size / 2 }), { minLength: 1, maxLength: 3 }),
    count: fc.integer({ min: 0, max: Math.min(1200, Math.ceil(300_000 / size)) }),
  }),
);

test('the module gives the integers of the script, whatever the size and however many blocks', () => {
  expect(multiply).not.toBe(multiplyInScript);
  fc.assert(
    fc.property(asked, ({ question, vectors, count }) => {
      const size = question.length;
      const all = new Uint8Array((count * size) / 2);
      for (let n = 0; n < count; n++) all.set(vectors[n % vectors.length]!, (n * size) / 2);
      const { numbers } = toIntegers(Float32Array.from(question));
      const [one, other] = [new Int32Array(count), new Int32Array(count)];
      multiply(all, numbers, one);
      multiplyInScript(all, numbers, other);
      expect(one).toEqual(other);
    }),
    { numRuns: 60 },
  );
});

test('the largest numbers of every size stay within 32 bits', () => {
  for (const size of [32, 512, 544, 4096, 16_384]) {
    const { numbers } = toIntegers(new Float32Array(size).fill(1));
    const products = new Int32Array(1);
    for (const [byte, number] of [
      [0xff, 7],
      [0x00, -8],
    ] as const) {
      multiply(new Uint8Array(size / 2).fill(byte), numbers, products);
      expect(products[0]).toBe(numbers.reduce((sum, x) => sum + number * x, 0));
      expect(Math.sign(products[0]!)).toBe(Math.sign(number));
    }
  }
});

test('a rounded question is the question to 16 bits of its largest number, and nothing for nothing', () => {
  const numbers = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(numbers, (list) => {
      const question = Float32Array.from(list);
      const rounded = toIntegers(question);
      const largest = Math.max(...question.map(Math.abs));
      question.forEach((x, at) => {
        expect(Math.abs(rounded.numbers[at]! * rounded.unit - x)).toBeLessThanOrEqual(largest / 60_000);
      });
    }),
  );
  expect(toIntegers(new Float32Array(3)).numbers).toEqual(new Int16Array(3));
});
