import { READING_VERSION } from '../../memory/reading-version.ts';
import { assignmentAt, nameKeywords } from './secrets/assignment.ts';
import { KeywordFinder } from './secrets/finder.ts';
import type { Keyword } from './secrets/finder.ts';
import { formatSecrets, isMadeOfSecrets, readingOf } from './secrets/holder.ts';
import { KeyBlocks, keyKeywords } from './secrets/key-block.ts';
import type { SecretPlace } from './secrets/place.ts';
import { tokenAt, tokenKeywords } from './secrets/token.ts';
import { urlKeywords, urlSecretAt } from './secrets/url.ts';

export { isSecretContainer } from './secrets/holder.ts';

/**
 * Names these rules. A file that was read under other rules is read once more, so it changes with every rule that finds
 * more or less.
 */
const secretRules = 'secrets 1';

/** A secret that was found: its line, counted from 1, and what it is, for a person. Nothing of its value. */
export interface FoundSecret {
  readonly line: number;
  readonly rule: string;
}

export type Examined =
  | { readonly kind: 'clean' }
  /** A text that holds secrets: every one is replaced by `placeholder`, and each line keeps its number. */
  | { readonly kind: 'masked'; readonly text: string; readonly found: readonly FoundSecret[] }
  /** A file that is there to hold secrets: nothing of it is to be read. */
  | { readonly kind: 'secret'; readonly found: readonly FoundSecret[] };

/** Stands for a secret of any length. */
export const placeholder = '[secret]';

/** The files that their owner has said to be read in clear. */
export type IsExempt = (path: string) => boolean;

export const noneExempt: IsExempt = () => false;

/**
 * Which rules a file is read under now: what counts as text, how it becomes search terms, and which secrets are masked.
 * A file that was read under others is read once more; its segments are not encoded again where their text is the same.
 */
export function rulesFor(path: string, isExempt: IsExempt): string {
  return `reading ${READING_VERSION}, ${isExempt(path) ? 'none' : secretRules}`;
}

/** Whether two files were read under the same rules, but for those about secrets. */
export function isSameReading(one: string | undefined, other: string): boolean {
  return one?.split(', ')[0] === other.split(', ')[0];
}

/**
 * The text as it may be read, with the secrets that were masked in it; undefined where the file is a secret as a whole.
 */
export function withoutSecrets(
  path: string,
  text: string,
  isExempt: IsExempt,
): { readonly text: string; readonly masked: readonly FoundSecret[] } | undefined {
  const examined: Examined = isExempt(path) ? { kind: 'clean' } : examineSecrets(path, text);
  if (examined.kind === 'secret') return undefined;
  return examined.kind === 'clean' ? { text, masked: [] } : { text: examined.text, masked: examined.found };
}

type Token = Parameters<typeof tokenAt>[2];
type Hit =
  | { readonly kind: 'token'; readonly rule: Token }
  | { readonly kind: 'key' }
  | { readonly kind: 'url' }
  | { readonly kind: 'name' };

const finder = new KeywordFinder<Hit>([
  ...tokenKeywords.map(({ text, value }): Keyword<Hit> => ({ text, value: { kind: 'token', rule: value } })),
  ...keyKeywords.map((text): Keyword<Hit> => ({ text, value: { kind: 'key' } })),
  ...urlKeywords.map((text): Keyword<Hit> => ({ text, value: { kind: 'url' } })),
  ...nameKeywords.map((text): Keyword<Hit> => ({ text, isCaseless: true, value: { kind: 'name' } })),
]);

/** More of a text than this being secret makes the file one; a source has a reader whatever it holds. */
const MOSTLY = 0.5;

/**
 * Whether a text holds secrets, by its content; its path is a hint of what its values are. Costs time in proportion to
 * the text.
 *
 * @param path relative to the root, with `/` between its parts
 */
export function examineSecrets(path: string, text: string): Examined {
  const { level, syntax } = readingOf(path, text);
  const blocks = new KeyBlocks(text);
  const places: SecretPlace[] = [];
  let named = 0;
  let until = 0;
  finder.find(text, (hit, at) => {
    // Inside what is masked nothing has to be found; this also bounds the work on a text that is one long token.
    if (at < until) return;
    if (hit.kind === 'key') places.push(...blocks.at(at));
    else if (hit.kind === 'token') push(places, tokenAt(text, at, hit.rule));
    else if (hit.kind === 'url') push(places, urlSecretAt(text, at, level));
    else if (at >= named) {
      const { place, next } = assignmentAt(text, at, level, syntax);
      push(places, place);
      named = next;
      return;
    }
    until = Math.max(until, places.at(-1)?.end ?? 0);
  });
  places.push(...formatSecrets(path, text));
  if (places.length === 0) return { kind: 'clean' };
  const apart = withoutOverlaps(places);
  const found = foundIn(text, apart);
  const masked = apart.reduce((sum, { start, end }) => sum + end - start, 0);
  const isCode = level === 'source' && syntax === 'quoted';
  const isMostly = !isCode && masked > MOSTLY * text.replace(/\s+/g, '').length;
  const isKey = apart[0]?.rule === 'private key' && /^\s*-{4,5} ?BEGIN /.test(text);
  if (level === 'holder' || isKey || isMostly || isMadeOfSecrets(text)) {
    return { kind: 'secret', found };
  }
  return { kind: 'masked', text: maskedText(text, apart), found };
}

function push(places: SecretPlace[], place: SecretPlace | undefined): void {
  if (place) places.push(place);
}

/** What a name alone told; a format says more. */
const VAGUE = new Set(['password', 'token', 'key', 'secret', 'credential']);

/** In the order of the text; of places that overlap, one that covers them all. */
function withoutOverlaps(places: readonly SecretPlace[]): SecretPlace[] {
  const apart: SecretPlace[] = [];
  for (const place of places.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = apart.at(-1);
    if (last && place.start < last.end) {
      const rule = VAGUE.has(last.rule) ? place.rule : last.rule;
      apart[apart.length - 1] = { start: last.start, end: Math.max(last.end, place.end), rule };
    } else apart.push(place);
  }
  return apart;
}

function maskedText(text: string, places: readonly SecretPlace[]): string {
  let at = 0;
  const pieces: string[] = [];
  for (const { start, end } of places) {
    // A line end inside stays, so that each line keeps its number.
    pieces.push(text.slice(at, start), text.slice(start, end).replace(/[^\r\n]+/g, placeholder));
    at = end;
  }
  return pieces.join('') + text.slice(at);
}

/** One entry for each line and rule; a key of many lines has its first one's. */
function foundIn(text: string, places: readonly SecretPlace[]): FoundSecret[] {
  const found: FoundSecret[] = [];
  let line = 1;
  const lineEnds = /\r\n|\n|\r/g;
  let newline = lineEnds.exec(text)?.index ?? Infinity;
  let before = { line: -1, rule: '' };
  for (const { start, rule } of places) {
    for (; newline < start; newline = lineEnds.exec(text)?.index ?? Infinity) line++;
    const isOfSameKey = rule === 'private key' && before.rule === rule && line <= before.line + 1;
    if (!isOfSameKey && !(before.line === line && before.rule === rule)) found.push({ line, rule });
    before = { line, rule };
  }
  return found;
}
