import fc from 'fast-check';

/** One change of some bytes. Places are taken modulo the length, so that every change fits every input. */
type Change =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'cut'; readonly at: number; readonly length: number }
  | { readonly kind: 'put'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'over'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'again'; readonly at: number; readonly length: number; readonly times: number };

/** The longest input: what is longer is cut. */
const MOST = 48 * 1024;

/** Numbers at which sizes and counts go wrong, in the orders of bytes that files have. */
const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff].flatMap(
  (value) => {
    const [little, big] = [Buffer.alloc(4), Buffer.alloc(4)];
    little.writeUInt32LE(value);
    big.writeUInt32BE(value);
    return [new Uint8Array(little), new Uint8Array(big)];
  },
);

/**
 * Inputs that come from `seeds` by a few changes of bytes, with words of the dictionary; they shrink to fewer changes.
 */
export function mutated(
  seeds: readonly Uint8Array[],
  dictionary: readonly (string | Uint8Array)[],
): fc.Arbitrary<Uint8Array> {
  const at = fc.nat(1 << 20);
  const words = dictionary.map((word) => (typeof word === 'string' ? new TextEncoder().encode(word) : word));
  const bytes = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...words, ...NUMBERS) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 12 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }).map((text) => new TextEncoder().encode(text)) },
  );
  const length = fc.oneof(fc.nat(8), fc.nat(4_096));
  const change: fc.Arbitrary<Change> = fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('cut' as const), at, length }),
    fc.record({ kind: fc.constant('put' as const), at, bytes }),
    fc.record({ kind: fc.constant('over' as const), at, bytes }),
    fc.record({ kind: fc.constant('again' as const), at, length, times: fc.oneof(fc.nat(4), fc.nat(2_000)) }),
  );
  const seed = fc.constantFrom(new Uint8Array(), ...seeds);
  const pair = fc
    .tuple(seed, seed, at)
    .map(([one, other, cut]) =>
      joined(one.subarray(0, cut % (one.length + 1)), other.subarray(cut % (other.length + 1))),
    );
  const base = fc.oneof({ weight: 4, arbitrary: seed }, { weight: 1, arbitrary: pair });
  return fc.tuple(base, fc.array(change, { maxLength: 12 })).map(([start, changes]) => changes.reduce(changed, start));
}

function changed(input: Uint8Array, change: Change): Uint8Array {
  const at = change.at % (input.length + 1);
  const [before, after] = [input.subarray(0, at), input.subarray(at)];
  switch (change.kind) {
    case 'flip': {
      const copy = Uint8Array.from(input);
      if (copy.length > 0) copy[at % copy.length]! ^= 1 << change.bit;
      return copy;
    }
    case 'cut':
      return joined(before, after.subarray(change.length));
    case 'put':
      return joined(before, change.bytes, after);
    case 'over':
      return joined(before, change.bytes, after.subarray(change.bytes.length));
    case 'again': {
      const part = after.subarray(0, change.length);
      const times = part.length === 0 ? 0 : Math.min(change.times, Math.floor(MOST / part.length));
      return joined(before, ...Array.from({ length: times }, () => part), after);
    }
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts)).subarray(0, MOST);
}
