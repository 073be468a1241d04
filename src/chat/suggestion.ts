import { fill } from './strings.ts';
import type { Strings } from './strings.ts';

/**
 * Questions to begin with, about places that tell much of the workspace (`suggestedPlaces`), the best first. None for a
 * workspace without code.
 */
export function suggestedQuestions(places: readonly string[], strings: Strings): string[] {
  const texts = [strings.suggestWork, strings.suggestStart, strings.suggestFail];
  return texts.flatMap((text, at) => {
    const place = places[at];
    return place === undefined ? [] : [fill(text, place)];
  });
}
