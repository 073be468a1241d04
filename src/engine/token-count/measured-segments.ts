import { segment } from '../../workspace/segment/segment.ts';
import type { MeasuredSegment } from '../protocol.ts';
import { SEGMENT_TOKENS } from '../settings.ts';

/** Cuts a text into segments of at most SEGMENT_TOKENS, each with its size in the tokens that `measure` counts. */
export function measuredSegments(text: string, measure: (text: string) => number): MeasuredSegment[] {
  const segments = segment(text, { maxTokens: SEGMENT_TOKENS, measure });
  return segments.map((found) => ({ ...found, tokens: measure(found.text) }));
}
