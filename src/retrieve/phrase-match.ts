import type { SegmentPlace } from '../memory/records.ts';
import type { Reader } from './reader.ts';
import { preferSources } from './prefer-sources.ts';

export const PHRASES = {
  /** Segments that are looked at, those with the most of the question's words first. */
  segments: 100,
  /** Words in a row that say no more than that somebody writes English, if nothing marks them as a quotation. */
  common: 2,
  /**
   * What the only file with the question's very words adds to its factor: with more of it, messages of commits find
   * their files less often (test/eval/README.md).
   */
  weight: 2,
  /**
   * A run counts by its part of the line of the question that it stands in, times this, squared: who pastes a message
   * gives it a line or most of one, in prose a few words are the same by chance.
   */
  part: 1.5,
} as const;

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const NUMBER = /^\d+$/;
const QUOTED = /"([^"\n]+)"|“([^”\n]+)”|`([^`\n]+)`|(?<![\p{L}\p{N}])'([^'\n]+)'(?![\p{L}\p{N}])/gu;

/**
 * Segments that say words of the question in the same order without a gap, each with what that adds to its factor: a
 * message that was pasted is to lead to the line that it comes from, also where a name or a number was filled in, or a
 * log around it. Quoted words count in full from two on if all of them stand there, others from three on by their part
 * of the line; as long a run in other files takes from it.
 *
 * @param places segments to look at, in any order
 */
export async function findPhrases(
  reader: Reader,
  question: string,
  places: readonly SegmentPlace[],
): Promise<Map<number, number>> {
  const lines = question
    .split('\n')
    .map((line) => wordsOf(line))
    .filter(({ length }) => length > PHRASES.common);
  const quoted = [...question.matchAll(QUOTED)].map(([span]) => wordsOf(span)).filter(({ length }) => length > 1);
  if (lines.length === 0 && quoted.length === 0) return new Map();
  const told = await Promise.all(
    places.map(async (place) => {
      const said = wordsOf((await reader.segment(place)).join('\n'));
      const whole = quoted.filter((span) => longestRun(span, said) === span.length).map(({ length }) => length);
      const runs = [...lines.map((line) => runOf(line, said)), ...whole.map((run) => ({ run, strength: 1 }))];
      return {
        place,
        run: Math.max(0, ...runs.map(({ run }) => run)),
        strength: Math.max(0, ...runs.map(({ strength }) => strength)),
      };
    }),
  );
  const found = new Map<number, number>();
  const counted = preferSources(
    told.filter(({ run }) => run > 0),
    ({ place }) => place.path,
  );
  for (const { place, run, strength } of counted) {
    const files = new Set(counted.filter((other) => other.run >= run).map((other) => other.place.path));
    found.set(place.segmentId, (PHRASES.weight * strength) / files.size);
  }
  return found;
}

/**
 * The words of a line of the question that stand in a text without a gap, and how much of the line they are, from 0 to
 * 1; numbers, which differ from one time to the next, are no part of it.
 */
function runOf(line: readonly string[], said: readonly string[]): { run: number; strength: number } {
  const run = longestRun(line, said);
  if (run <= PHRASES.common) return { run: 0, strength: 0 };
  const words = line.filter((word) => !NUMBER.test(word)).length;
  return { run, strength: Math.min(1, (PHRASES.part * run) / Math.max(run, words)) ** 2 };
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
