import type { Candidate } from './candidates.ts';
import type { Lines } from './metrics.ts';

/** Token ids of a text, without the tokens that frame a sequence. */
export type Encode = (text: string) => readonly number[];

/** A run of lines as the encoder reads it. */
export interface Chunk extends Lines {
  /** At most `budget` ids; the path's come first. */
  readonly ids: readonly number[];
}

/**
 * A file's lines packed in order into chunks of at most `budget` tokens, each beginning with the file's path. A line
 * that alone is too long is spread over several chunks, so that no text is lost to the encoder's limit.
 */
export function chunk({ path, text }: Candidate, encode: Encode, budget: number): Chunk[] {
  const head = encode(path).slice(0, Math.floor(budget / 2));
  const room = budget - head.length;
  const chunks: Chunk[] = [];
  let ids: number[] = [];
  let start = 1;
  const close = (end: number) => {
    if (ids.length > 0) chunks.push({ path, start, end, ids: [...head, ...ids] });
    ids = [];
  };
  for (const [index, line] of text.split('\n').entries()) {
    const number = index + 1;
    const own = encode(line);
    if (ids.length + own.length > room) close(number - 1);
    for (let from = 0; from < own.length; from += room) {
      if (ids.length > 0 && from > 0) close(number);
      if (ids.length === 0) start = number;
      ids.push(...own.slice(from, from + room));
    }
  }
  close(text.split('\n').length);
  return chunks;
}
