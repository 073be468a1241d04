import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN } from '../../src/engine/runtime/model.ts';
import type { Tokenizer } from '../../src/engine/generate/tokenizer.ts';
import { segmentHeader } from '../../src/workspace/segment/header.ts';
import { segment } from '../../src/workspace/segment/segment.ts';
import { Problem } from './problem.ts';

/** A segment under its header, with the tokens of both together. */
export interface Text {
  readonly header: string;
  readonly text: string;
  readonly ids: readonly number[];
}

/** Real code as tokens: this project's own sources, always in the same order. */
export interface Corpus {
  /** `count` tokens in a row; every round gets others, and they begin again when all were used. */
  window(round: number, count: number): readonly number[];
  /** `count` segments of about `SEGMENT.most` tokens. */
  segments(round: number, count: number): readonly Text[];
}

/** Tokens of a segment without its header. */
const SEGMENT = {
  /** As ingest cuts them. */
  most: 256,
  /** Shorter ones are left out: the last of a file would make the rounds unequal. */
  least: 200,
} as const;

/** Cuts the TypeScript files below `folders` of `root`. Throws a Problem where there is too little. */
export async function readCorpus(root: string, folders: readonly string[], tokenizer: Tokenizer): Promise<Corpus> {
  const ids: number[] = [];
  const segments: Text[] = [];
  for (const folder of folders) {
    const found = await readdir(join(root, folder), { recursive: true });
    for (const name of found.filter((file) => file.endsWith('.ts')).sort()) {
      const path = `${folder}/${name.replaceAll('\\', '/')}`;
      const text = await readFile(join(root, path), 'utf8');
      ids.push(...tokenizer.encode(text));
      segments.push(...segmentsOf(path, text, tokenizer));
    }
  }
  if (segments.length === 0) throw new Problem(`There is no code below ${folders.join(', ')} of ${root}.`);
  return {
    window: (round, count) => {
      const windows = Math.max(1, Math.floor(ids.length / count));
      const start = (round % windows) * count;
      return ids.slice(start, start + count);
    },
    segments: (round, count) =>
      Array.from({ length: count }, (_, index) => segments[(round * count + index) % segments.length]).filter(
        (one) => one !== undefined,
      ),
  };
}

function segmentsOf(path: string, text: string, tokenizer: Tokenizer): Text[] {
  const cut = segment(text, { maxTokens: SEGMENT.most, measure: (part) => tokenizer.count(part) });
  return cut.flatMap((one) => {
    if (tokenizer.count(one.text) < SEGMENT.least) return [];
    const header = segmentHeader(path, one);
    return [{ header, text: one.text, ids: tokenizer.encode(header + one.text).slice(0, RUN.segmentTokens) }];
  });
}
