/** A part of the program that takes bytes from somebody else. */
export interface Target {
  readonly name: string;
  /** Words and numbers that mean something to it: a mutation puts them in. */
  readonly dictionary: readonly (string | Uint8Array)[];
  /** Sound inputs that are too large for the corpus, or that have to be made anew; besides those in corpus/NAME. */
  readonly seeds?: () => Promise<readonly Uint8Array[]>;
  /** Throws where the program broke a promise; an error that the program declares is none. */
  readonly run: (input: Uint8Array) => void | Promise<void>;
  readonly end?: () => Promise<void>;
}

export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

/** Throws unless a promise holds. */
export function promised(isKept: boolean, promise: string): void {
  if (!isKept) throw new BrokenPromise(promise);
}

export const textOf = (input: Uint8Array): string => Buffer.from(input).toString('utf8');
