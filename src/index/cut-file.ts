import type { AskOptions, Engine } from '../engine/client/engine.ts';
import { contentHash, quantize } from '../memory/algebra/embedding-record.ts';
import type { EmbeddingRecord } from '../memory/algebra/embedding-record.ts';
import type { MemoryShape } from '../memory/algebra/shape.ts';
import { segmentHeader } from '../workspace/segment/header.ts';

/** A segment of a file with the text that it is encoded from. */
export interface CutSegment {
  readonly start: number;
  readonly end: number;
  /** Tokens of its text, its header not counted. */
  readonly tokens: number;
  readonly text: string;
  readonly header: string;
  readonly contentHash: string;
}

/** The segments of a file's text, in order. Throws `engine/…`; the signal's reason. */
export async function cutFile(
  engine: Engine,
  adapter: string,
  path: string,
  text: string,
  asked: AskOptions,
): Promise<CutSegment[]> {
  const segments = await engine.segment(text, asked);
  return segments.map((segment) => {
    const header = segmentHeader(path, segment);
    return { ...segment, header, contentHash: contentHash(adapter, header, segment.text) };
  });
}

/** A segment's record, and what it cost: tokens and milliseconds of the model. Throws `engine/…`. */
export async function encodeSegment(
  engine: Engine,
  shape: MemoryShape,
  { header, text }: Pick<CutSegment, 'header' | 'text'>,
  asked: AskOptions,
): Promise<{ readonly record: EmbeddingRecord; readonly tokens: number; readonly milliseconds: number }> {
  const { keys, tokens, milliseconds } = await engine.encode(header, text, asked);
  return { record: quantize({ keys, values: new Float32Array(0) }, shape, []), tokens, milliseconds };
}
