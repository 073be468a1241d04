import { LIMITS } from './format.ts';

/**
 * The words of a segment as pairs of LEB128 numbers: how far the term's id lies after the one before (from 0), and how often
 * it occurs. Order inside the segment is not kept: BM25 counts.
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
  let at = 0;
  let failed = false;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    failed = true;
    return 0;
  };
  let termId = 0;
  let total = 0;
  while (at < bytes.length) {
    const step = number();
    const count = number();
    termId += step;
    total += count;
    if (failed || step < 1 || count < 1 || termId > terms || total > LIMITS.words) return undefined;
    words.push({ termId, count });
  }
  return words;
}
