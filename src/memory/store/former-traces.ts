import { meanOf, meansOfBytes, nibbles, packedSize } from '../algebra/packed-keys.ts';

const FORMER = {
  /** Bytes of stored keys that are searched for, and how many numbers they are: as many bytes in eight bits. */
  bytes: 24,
  numbers: 48,
  /** Bits of a block. */
  block: 24,
  /** Different numbers that a trace must have: long runs of one byte stand everywhere. */
  varied: 6,
  /** Traces up to which all blocks of each are listed; of more, the first alone. */
  few: 5_000,
} as const;

/** The middle of stored keys, and d_k. */
export interface MiddleOfKeys {
  /** [24], from packed-keys.ts */
  readonly middle: Uint8Array;
  readonly keySize: number;
}

/** Stored keys whose former forms are searched for, and what is told where one is found. */
export interface FormerTrace extends MiddleOfKeys {
  readonly name: Buffer;
}

/**
 * A form in which a former version stored keys. One unit of a stored key follows from two bytes of the form, so that a
 * key is found by its own bits although nobody has its former bytes any more.
 */
interface Form {
  /** Bits of a unit: a number of four bits, or a byte of two numbers. */
  readonly bits: 4 | 8;
  /** Bytes from the first of the two bytes to the second. */
  readonly distance: number;
  /** The unit, by the two bytes, [65536]. */
  readonly units: Uint8Array;
}

/** Version 3 and before: a byte a number, each key by itself or, where the model makes two for one, both. */
const ofEightBits = (keySize: number): Form => {
  const nibbleOf = nibbles(keySize);
  return { bits: 4, distance: 0, units: Uint8Array.from({ length: 1 << 16 }, (_, pair) => nibbleOf[pair & 0xff] ?? 0) };
};
const ofEightBitsInPairs = (keySize: number): Form => {
  const nibbleOf = nibbles(keySize);
  const unit = (pair: number): number => meanOf(nibbleOf[pair >> 8] ?? 0, nibbleOf[pair & 0xff] ?? 0);
  return { bits: 4, distance: keySize, units: Uint8Array.from({ length: 1 << 16 }, (_, pair) => unit(pair)) };
};
/** Version 4, of two keys for one: a byte for two numbers. */
const ofFourBitsInPairs = (keySize: number): Form => {
  return { bits: 8, distance: packedSize(keySize), units: meansOfBytes() };
};

interface Listed {
  readonly units: Uint8Array;
  readonly offset: number;
  readonly name: Buffer;
}

/**
 * The middle of stored keys, of one key where keys are long enough; undefined where it is too short, or too much of one
 * number, to be their own.
 */
export function middleOfKeys(keys: Uint8Array, keySize: number): Uint8Array | undefined {
  if (keys.length < FORMER.bytes) return undefined;
  const size = packedSize(keySize);
  const [start, length] = isWithinKey(keySize) ? [size * Math.floor(keys.length / size / 2), size] : [0, keys.length];
  const from = start + Math.floor((length - FORMER.bytes) / 2);
  const middle = Uint8Array.from(keys.subarray(from, from + FORMER.bytes));
  return new Set(numbersOf(middle)).size < FORMER.varied ? undefined : middle;
}

/** Whether a trace lies inside one key. Only then does a pair of former keys hold all of it at one distance. */
const isWithinKey = (keySize: number): boolean => packedSize(keySize) >= FORMER.bytes;

/**
 * Finds keys as former versions stored them: in eight bits, and each key of the model by itself. Of each place in a
 * file it computes what would be stored now; 48 numbers in a row that are those of a key are a former form of it. All
 * forms are searched for: nobody knows which versions a record has been through.
 */
export class FormerTraces {
  /** Bytes of the longest form of a trace. */
  readonly bytes: number;
  readonly #forms: readonly TracesOfForm[];

  constructor(traces: readonly FormerTrace[]) {
    this.#forms = [...Map.groupBy(traces, ({ keySize }) => keySize)].flatMap(([keySize, own]) => {
      const forms = isWithinKey(keySize) ? [ofEightBits, ofEightBitsInPairs, ofFourBitsInPairs] : [ofEightBits];
      return forms.map((form) => new TracesOfForm(form(keySize), own));
    });
    this.bytes = Math.max(0, ...this.#forms.map(({ bytes }) => bytes));
  }

  /** The names of the traces that stand in some bytes, as often as they do. */
  within(content: Buffer): Buffer[] {
    return this.#forms.flatMap((form) => form.within(content));
  }
}

/** Traces in one form. Blocks are looked up as in Traces. */
class TracesOfForm {
  readonly bytes: number;
  readonly #form: Form;
  /** Units of a block. */
  readonly #ofBlock: number;
  readonly #byBlock = new Map<number, Listed[]>();
  readonly #blocks = new Uint8Array(1 << (FORMER.block - 3));
  readonly #stride: number;

  constructor(form: Form, traces: readonly FormerTrace[]) {
    this.#form = form;
    this.#ofBlock = FORMER.block / form.bits;
    const length = (8 * FORMER.bytes) / form.bits;
    this.bytes = form.distance + length;
    this.#stride = traces.length <= FORMER.few ? length - this.#ofBlock + 1 : 1;
    for (const { middle, name } of traces) {
      const units = form.bits === 8 ? middle : numbersOf(middle);
      for (let offset = 0; offset < this.#stride; offset++) {
        const own = units.subarray(offset, offset + this.#ofBlock);
        const block = own.reduce((sum, unit) => (sum << form.bits) | unit, 0);
        const listed = this.#byBlock.get(block);
        if (listed === undefined) this.#byBlock.set(block, [{ units, offset, name }]);
        else listed.push({ units, offset, name });
        this.#blocks[block >> 3] = (this.#blocks[block >> 3] ?? 0) | (1 << (block & 7));
      }
    }
  }

  within(content: Buffer): Buffer[] {
    const found: Buffer[] = [];
    const [blocks, stride, ofBlock] = [this.#blocks, this.#stride, this.#ofBlock];
    const { bits, distance, units } = this.#form;
    const last = content.length - distance - ofBlock;
    let block = 0;
    for (let at = 0, next = 0; at <= last; at += stride) {
      // Of blocks that overlap, each unit is computed once.
      for (let i = Math.max(at, next); i < at + ofBlock; i++) {
        block = (block << bits) | (units[((content[i] ?? 0) << 8) | (content[i + distance] ?? 0)] ?? 0);
      }
      next = at + ofBlock;
      block &= (1 << FORMER.block) - 1;
      if (((blocks[block >> 3] ?? 0) & (1 << (block & 7))) === 0) continue;
      for (const { units: own, offset, name } of this.#byBlock.get(block) ?? []) {
        if (this.#stands(own, content, at - offset)) found.push(name);
      }
    }
    return found;
  }

  #stands(own: Uint8Array, content: Buffer, from: number): boolean {
    const { distance, units } = this.#form;
    if (from < 0 || from + own.length + distance > content.length) return false;
    return own.every((unit, at) => {
      const place = from + at;
      return units[((content[place] ?? 0) << 8) | (content[place + distance] ?? 0)] === unit;
    });
  }
}

/** The four bits of each number of stored keys. */
function numbersOf(keys: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: 2 * keys.length }, (_, at) => {
    const byte = keys[at >> 1] ?? 0;
    return at % 2 === 0 ? byte & 15 : byte >> 4;
  });
}
