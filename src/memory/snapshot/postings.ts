import { LIMITS } from './format.ts';

/**
 * The words of a segment as pairs of LEB128 numbers: how far the term's id lies after the one before (from 0), and how
 * often it occurs. Order inside the segment is not kept: BM25 counts.
 */
export class WordsWriter {
  #bytes = new Uint8Array(64);
  #length = 0;
  #last = 0;

  /** Ids in ascending order, each once, above 0. */
  put(termId: number, count: number): void {
    this.#number(termId - this.#last);
    this.#number(count);
    this.#last = termId;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #number(value: number): void {
    // A number below 2^31 takes five bytes at most.
    if (this.#length + 5 > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }
}

export interface Word {
  readonly termId: number;
  readonly count: number;
}

/** The pairs; undefined where the bytes are not what WordsWriter writes, or name more than a segment can hold. */
export function readWords(bytes: Uint8Array, terms: number): Word[] | undefined {
  const words: Word[] = [];
  let termId = 0;
  let total = 0;
  for (let at = 0; at < bytes.length;) {
    const step = readNumber(bytes, at);
    const count = step && readNumber(bytes, step.next);
    if (step === undefined || count === undefined) return undefined;
    termId += step.value;
    total += count.value;
    if (step.value < 1 || count.value < 1 || termId > terms || total > LIMITS.words) return undefined;
    words.push({ termId, count: count.value });
    at = count.next;
  }
  return words;
}

/** A number of at most four bytes; undefined where the bytes end before it does or it goes on. */
function readNumber(bytes: Uint8Array, from: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  for (let n = 0; n < 4; n++) {
    const byte = bytes[from + n];
    if (byte === undefined) return undefined;
    value |= (byte & 0x7f) << (7 * n);
    if (byte < 0x80) return { value, next: from + n + 1 };
  }
  return undefined;
}
