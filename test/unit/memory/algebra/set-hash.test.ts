import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';

import { addByLibrary, addElement, SetHash, vectorsHash } from '../../../../src/memory/algebra/set-hash.ts';
import type { SetElement } from '../../../../src/memory/algebra/set-hash.ts';

const hash32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const element: fc.Arbitrary<SetElement> = fc.record({
  path: fc.string({ unit: 'binary', maxLength: 8 }),
  ordinal: fc.nat(300),
  contentHash: hash32,
  vectorsHash: hash32,
});
const elements = fc.array(element, { maxLength: 12 });

function hashOf(list: readonly SetElement[]): SetHash {
  const hash = new SetHash();
  for (const one of list) hash.add(one);
  return hash;
}

const FIXED: SetElement = {
  path: 'src/ä.ts',
  ordinal: 3,
  contentHash: new Uint8Array(32).fill(1),
  vectorsHash: new Uint8Array(32).fill(2),
};

test('the module adds and subtracts what the library does, at every length of a chunk and beyond', () => {
  expect(addElement).not.toBe(addByLibrary);
  const lanes = fc.uint16Array({ minLength: 1024, maxLength: 1024 });
  const same = (before: Uint16Array, input: Uint8Array, sign: 1 | -1): void => {
    const [own, expected] = [Uint16Array.from(before), Uint16Array.from(before)];
    addElement(own, input, sign);
    addByLibrary(expected, input, sign);
    expect(Buffer.from(own.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
  };
  // In falling order, so that what a longer input leaves behind would be seen.
  for (let length = 1030; length >= 0; length--) {
    same(new Uint16Array(1024).fill(length), new Uint8Array(length).fill(length), length % 2 === 0 ? 1 : -1);
  }
  const sign = fc.constantFrom<1 | -1>(1, -1);
  fc.assert(fc.property(lanes, fc.uint8Array({ maxLength: 1030 }), sign, same));
});

describe('a set hash', () => {
  it('does not depend on order or grouping', () => {
    fc.assert(
      fc.property(
        elements.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        fc.nat(12),
        ([list, shuffled], at) => {
          const grouped = hashOf(list.slice(0, at));
          grouped.merge(hashOf(list.slice(at)));
          const expected = hashOf(shuffled);
          expect(grouped.equals(expected)).toBe(true);
          expect(grouped.hex()).toBe(expected.hex());
          expect(grouped.bytes()).toEqual(expected.bytes());
        },
      ),
    );
  });

  it('subtracts to exactly what a rebuild without the elements gives, also more than it holds', () => {
    fc.assert(
      fc.property(elements, elements, (kept, gone) => {
        const hash = hashOf([...kept, ...gone]);
        for (const one of gone) hash.subtract(one);
        expect(hash.equals(hashOf(kept))).toBe(true);
        const less = new SetHash();
        less.merge(hashOf(gone), -1);
        less.merge(hashOf([...gone, ...kept]));
        expect(less.equals(hashOf(kept))).toBe(true);
      }),
    );
  });

  it('counts an element as often as it is there, and comes back from branch A over B to A', () => {
    fc.assert(
      fc.property(element, elements, elements, (one, a, b) => {
        expect(hashOf([one, one]).equals(hashOf([one]))).toBe(false);
        const hash = hashOf(a);
        const before = hash.hex();
        for (const each of a) hash.subtract(each);
        for (const each of b) hash.add(each);
        expect(hash.hex()).toBe(hashOf(b).hex());
        for (const each of b) hash.subtract(each);
        for (const each of a) hash.add(each);
        expect(hash.hex()).toBe(before);
      }),
    );
  });

  it('tells elements apart that differ in one field', () => {
    const others: SetElement[] = [
      { ...FIXED, path: 'src/b.ts' },
      { ...FIXED, ordinal: 4 },
      { ...FIXED, contentHash: new Uint8Array(32).fill(3) },
      { ...FIXED, vectorsHash: new Uint8Array(32).fill(3) },
      { ...FIXED, contentHash: FIXED.vectorsHash, vectorsHash: FIXED.contentHash },
      { ...FIXED, path: '\ud800' },
      { ...FIXED, path: '\ufffd' },
    ];
    const hashes = [FIXED, ...others].map((one) => hashOf([one]).hex());
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('is kept and read again, and refuses bytes of another length', () => {
    fc.assert(
      fc.property(elements, (list) => {
        const hash = hashOf(list);
        const again = new SetHash(hash.bytes());
        expect(again.equals(hash)).toBe(true);
        again.add(FIXED);
        expect(hash.equals(hashOf(list))).toBe(true);
      }),
    );
    expect(() => new SetHash(new Uint8Array(2047))).toThrow(RangeError);
  });

  it('has the value that it had when this was written: hashes already stored depend on it', () => {
    expect(hashOf([FIXED, { ...FIXED, ordinal: 4 }]).hex()).toBe(
      'e8bb1c168d3957f0b747f5e3af00e1a62d01e898c5286a23c35196e71ba95479',
    );
    expect(Buffer.from(vectorsHash(Uint8Array.of(1, 2, 3))).toString('hex')).toBe(
      '039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81',
    );
  });
});
