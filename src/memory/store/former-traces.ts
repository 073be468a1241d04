import { nibbles } from '../algebra/packed-keys.ts';

const FORMER = {
  /** Bytes of stored keys that are searched for, and how many numbers they are: as many bytes in the former form. */
  bytes: 24,
  numbers: 48,
  /** Numbers of a block: 24 bits. */
  block: 6,
  /** Different numbers that a trace must have: long runs of one byte stand everywhere. */
  varied: 6,
  /** Traces up to which all blocks of each are listed; of more, the first alone. */
  few: 5_000,
} as const;

/** Bytes that a trace has in the former form. */
export const FORMER_TRACE_BYTES = FORMER.numbers;

/** Stored keys whose former form is searched for, and what is told where it is found. */
export interface FormerTrace {
  /** [24], from packed-keys.ts */
  readonly keys: Uint8Array;
  readonly name: Buffer;
}

interface Listed {
  readonly numbers: Uint8Array;
  readonly offset: number;
  readonly name: Buffer;
}

/** The middle of stored keys; undefined where it is too short, or too much of one number, to be their own. */
export function middleOfKeys(keys: Uint8Array): Uint8Array | undefined {
  if (keys.length < FORMER.bytes) return undefined;
  const from = Math.floor((keys.length - FORMER.bytes) / 2);
  const middle = Uint8Array.from(keys.subarray(from, from + FORMER.bytes));
  return new Set(numbersOf(middle)).size < FORMER.varied ? undefined : middle;
}

/**
 * Finds keys of eight bits, as the version before stored them, by their four bits. Each byte of a file is taken for a
 * number and rounded as it would be stored now; 48 in a row that are those of a key are the former form of that key.
 * So what was left of it is found although nobody has its former bytes any more. Blocks are looked up as in Traces.
 */
export class FormerTraces {
  /** The four bits of each byte, [256]. */
  readonly #nibbleOf: Uint8Array;
  readonly #byBlock = new Map<number, Listed[]>();
  readonly #blocks = new Uint8Array(1 << (4 * FORMER.block - 3));
  readonly #stride: number;

  constructor(keySize: number, traces: readonly FormerTrace[]) {
    this.#nibbleOf = nibbles(keySize);
    this.#stride = traces.length <= FORMER.few ? FORMER.numbers - FORMER.block + 1 : 1;
    for (const { keys, name } of traces) {
      const numbers = numbersOf(keys);
      for (let offset = 0; offset < this.#stride; offset++) {
        const block = numbers.subarray(offset, offset + FORMER.block).reduce((sum, number) => (sum << 4) | number, 0);
        const listed = this.#byBlock.get(block);
        if (listed === undefined) this.#byBlock.set(block, [{ numbers, offset, name }]);
        else listed.push({ numbers, offset, name });
        this.#blocks[block >> 3] = (this.#blocks[block >> 3] ?? 0) | (1 << (block & 7));
      }
    }
  }

  /** The names of the traces that stand in some bytes, as often as they do. */
  within(content: Buffer): Buffer[] {
    const found: Buffer[] = [];
    const [blocks, nibbleOf] = [this.#blocks, this.#nibbleOf];
    for (let at = 0; at + FORMER.block <= content.length; at += this.#stride) {
      let block = 0;
      for (let i = at; i < at + FORMER.block; i++) block = (block << 4) | (nibbleOf[content[i] ?? 0] ?? 0);
      if (((blocks[block >> 3] ?? 0) & (1 << (block & 7))) === 0) continue;
      for (const { numbers, offset, name } of this.#byBlock.get(block) ?? []) {
        if (this.#stands(numbers, content, at - offset)) found.push(name);
      }
    }
    return found;
  }

  #stands(numbers: Uint8Array, content: Buffer, from: number): boolean {
    if (from < 0 || from + numbers.length > content.length) return false;
    return numbers.every((number, at) => this.#nibbleOf[content[from + at] ?? 0] === number);
  }
}

/** The four bits of each number of stored keys. */
function numbersOf(keys: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: 2 * keys.length }, (_, at) => {
    const byte = keys[at >> 1] ?? 0;
    return at % 2 === 0 ? byte & 15 : byte >> 4;
  });
}
