import type { SegmentPlace } from '../memory/records.ts';
import type { Reader } from './reader.ts';
import { amongSources } from './source-first.ts';

export const PHRASES = {
  /** Segments that are looked at, those with the most of the question's words first. */
  segments: 100,
  /** Words in a row that say no more than that somebody writes English, if nothing marks them as a quotation. */
  common: 3,
  /**
   * What the only file with the longest run of words adds to its factor. By words alone, of 197 messages that stand once in koa, click,
   * chi, jsoup, hyperfine or immer 70.1% led to their file, and 66.5% to their segment; with 2 94.4 and 91.9, with 4 95.4 and 93.4. Of
   * 315 commits hit@1 stays at 54.6 with 2 and falls to 53.7 with 4, 51.7 with 8. Messages of cli and guice: 62.5, and with 4 91.7.
   */
  weight: 2,
} as const;

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const QUOTED = /"([^"\n]+)"|“([^”\n]+)”|`([^`\n]+)`|(?<![\p{L}\p{N}])'([^'\n]+)'(?![\p{L}\p{N}])/gu;

/**
 * Segments that say words of the question in the same order without a gap, each with what that adds to its factor: a message that was
 * pasted is to lead to the line that it comes from, also where a name or a number was filled in. Quoted words count from two on
 * if all of them stand there, others from four on; a run as long in other files takes from it.
 *
 * @param places segments to look at, in any order
 */
export async function findPhrases(
  reader: Reader,
  question: string,
  places: readonly SegmentPlace[],
): Promise<Map<number, number>> {
  const asked = wordsOf(question);
  if (asked.length < 2) return new Map();
  const quoted = [...question.matchAll(QUOTED)].map(([span]) => wordsOf(span)).filter(({ length }) => length > 1);
  const runs = await Promise.all(
    places.map(async (place) => {
      const said = wordsOf((await reader.segment(place)).join('\n'));
      const whole = quoted.filter((span) => longestRun(span, said) === span.length).map(({ length }) => length);
      const run = longestRun(asked, said);
      return { place, run: Math.max(run > PHRASES.common ? run : 0, ...whole) };
    }),
  );
  const found = new Map<number, number>();
  const counted = amongSources(
    runs.filter(({ run }) => run > 0),
    ({ place }) => place.path,
  );
  for (const { place, run } of counted) {
    const files = new Set(counted.filter((other) => other.run >= run).map((other) => other.place.path));
    found.set(place.segmentId, PHRASES.weight / files.size);
  }
  return found;
}

const wordsOf = (text: string): string[] => (text.match(WORD) ?? []).map((word) => word.toLowerCase());

/** How many words of one text stand in a row in the other. */
export function longestRun(asked: readonly string[], said: readonly string[]): number {
  const places = Map.groupBy(asked.keys(), (at) => asked[at] ?? '');
  let longest = 0;
  /** By the place of its last word in what was asked: how long the run is that ends here. */
  let ending = new Map<number, number>();
  for (const word of said) {
    const next = new Map<number, number>();
    for (const at of places.get(word) ?? []) {
      const run = (ending.get(at - 1) ?? 0) + 1;
      next.set(at, run);
      longest = Math.max(longest, run);
    }
    ending = next;
  }
  return longest;
}
