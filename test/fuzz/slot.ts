/** Bytes of an input that the slot holds; longer ones are cut. */
const ROOM = 64 * 1024;
const HEAD = 16;

/**
 * The input that a thread works on and when it began, in memory that its watcher sees: a thread that hangs or dies of
 * its memory cannot say so itself.
 */
export class Slot {
  readonly #began: Float64Array;
  readonly #length: Int32Array;
  readonly #input: Uint8Array;

  constructor(shared: SharedArrayBuffer) {
    this.#began = new Float64Array(shared, 0, 1);
    this.#length = new Int32Array(shared, 8, 1);
    this.#input = new Uint8Array(shared, HEAD, ROOM);
  }

  static make(): SharedArrayBuffer {
    return new SharedArrayBuffer(HEAD + ROOM);
  }

  begin(input: Uint8Array): void {
    const kept = input.subarray(0, ROOM);
    this.#input.set(kept);
    this.#length[0] = kept.length;
    this.#began[0] = Date.now();
  }

  end(): void {
    this.#began[0] = 0;
  }

  /** Milliseconds that the input has taken so far; 0 between two. */
  get took(): number {
    const began = this.#began[0] ?? 0;
    return began === 0 ? 0 : Date.now() - began;
  }

  get input(): Uint8Array {
    return Uint8Array.from(this.#input.subarray(0, this.#length[0]));
  }
}
