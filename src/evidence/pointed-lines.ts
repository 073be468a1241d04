import { definesAt } from '../workspace/segment/definition.ts';
import { questionTerms, terms } from '../memory/search/tokenize.ts';
import { isProse, roleOf } from '../workspace/files/role.ts';
import { bestWindow } from '../retrieve/best-window.ts';
import { ROLES } from '../retrieve/role-factor.ts';
import type { LineRange } from '../retrieve/named-lines.ts';
import { bestDefinitions } from './best-definitions.ts';
import { calledDefinition } from './called-definitions.ts';
import { usedConstants } from './constants.ts';
import type { Corpus } from './corpus.ts';
import { extentOf } from './definition.ts';
import type { Definition } from './definition.ts';
import type { EvidenceItem, Gathered } from './evidence.ts';
import type { LinesOf } from './history.ts';
import { IMPORT } from './references.ts';
import { handedOn, namedDefinitions, raisesOf, sureNames } from './named-places.ts';
import { spokenDefinitions } from './spoken-names.ts';
import { saidIn, weightsOf } from './term-weights.ts';
import type { Weights } from './term-weights.ts';
import { isTestAmongSources, withoutTests } from './test-code.ts';

const LIMITS = {
  /** Recalled places that are looked at, and places that are shown. */
  places: 6,
  shown: 3,
  /** Places of names that are shown, and with them all places. */
  named: 4,
  most: 6,
  /** Lines of a definition that is shown whole, a long comment above apart, and of what is shown of a longer one. */
  whole: 40,
  window: 10,
  /** Lines of the docstring and head of a longer one, where the lines that were found stand far below. */
  head: 16,
  /** Lines of a comment above that is shown whole, and of what is shown of a longer one. */
  comment: 10,
  summary: 6,
  /** Lines to the end of a block that are shown with its beginning. */
  block: 12,
  /** Part of the weight of the best lines of a body that other lines add to it, to be shown too. */
  further: 0.5,
  /** What a word counts there that the first lines have said, where the definition is what is asked about. */
  again: 0.5,
  /** Lines above a place in which its definition may begin, and lines of its body. */
  above: 200,
  body: 600,
  /** Characters of a line in which a name is defined, and lines below it that tell whether it has a body. */
  characters: 200,
  below: 13,
  /** Lines that are shown of a text at least and at most, and around a line of code that stands in no definition. */
  paragraph: 8,
  text: 30,
  around: 3,
  /** Lines behind the first of what was found in the only definition that is asked about, and in the best place. */
  only: 24,
  best: 24,
  /** Each further line must add this much, so that what is shown is as short as it can be. */
  perLine: 0.12,
  /** Part of the best place's weight that another has to have, and what a later place of the ranking keeps. */
  near: 0.7,
  rank: 0.85,
  /** The same part, for a definition whose name is made of the question's words. */
  spoken: 0.25,
  /** The same part, for a definition that shown lines call, and lines that are shown of it. */
  called: 0.5,
  calledLines: 10,
  /** Of a text that was shown, a copy of so many further lines is left out; of a shorter one, the path may be asked. */
  copy: 2,
  /** Definitions that are shown beside, the part of the best one's weight that each has to have, and its lines. */
  besides: 2,
  beside: 0.5,
  besideLines: 40,
} as const;

interface Scored {
  readonly path: string;
  readonly ranges: readonly LineRange[];
  readonly weight: number;
}

/** How much is shown of a long definition: lines behind the first that were found, and a word said again. */
interface Wish {
  readonly around: number;
  readonly again: number;
}

const BRIEF: Wish = { around: LIMITS.around, again: 0 };
const BEST: Wish = { around: LIMITS.best, again: 0 };
const BESIDE: Wish = { around: LIMITS.best / 2, again: 0 };

/**
 * For a question of no known kind: what it names, where that is defined and raised; of the places that the ranking
 * brought back, the lines that hold most of its content words, with the head of the definition that they stand in; and
 * what it describes in the words of a name. A short definition is shown whole, and with it what it hands on to. Of all
 * that these call, the one that says most of the question follows.
 *
 * @param recalled best first; of all but the first few, only the files count
 * @param best of the best file, the best place: some of it is always shown, whatever other files say
 */
export async function gatherPointedLines(
  corpus: Corpus,
  question: string,
  recalled: readonly LinesOf[],
  best?: LinesOf,
): Promise<Gathered> {
  if (recalled.length === 0) return { items: [], isComplete: false };
  const asked = questionTerms(question);
  const weights = weightsOf(corpus, asked);
  const names = sureNames(question);
  const definitions = await namedDefinitions(corpus, names, new Set(recalled.map(({ path }) => path)));
  const named: Scored[] = [];
  // Of the only thing that is asked about, more is shown.
  const wish = { around: definitions.length === 1 ? LIMITS.only : LIMITS.around, again: LIMITS.again };
  for (const one of definitions) {
    for (const definition of [one, ...(await handedOn(corpus, one))]) {
      named.push(await definitionPlace(corpus, definition, withoutName(weights, definition.name), wish));
    }
  }
  for (const { path, range } of await raisesOf(corpus, names, definitions))
    named.push({ path, ranges: [range], weight: 0 });
  const scored: Scored[] = [];
  const areTestsAsked = ROLES.test.named.test(question.normalize('NFC'));
  const wanted = areTestsAsked ? recalled : await withoutTests(corpus, recalled);
  const paths = [...new Set(wanted.map(({ path }) => path))];
  for (const [at, { path, lines }] of wanted.slice(0, LIMITS.places).entries()) {
    const found = pointedIn(await corpus.lines(path), path, lines, weights, at === 0 ? BEST : BRIEF);
    if (!found) continue;
    const weight = found.weight * LIMITS.rank ** at;
    scored.push({ path, ranges: found.ranges, weight });
    const further = found.definition ? await handedOn(corpus, { path, ...found.definition }) : [];
    for (const one of further) scored.push({ ...(await definitionPlace(corpus, one, weights)), weight });
  }
  // Places of one weight stay in their order: what is handed on to follows what hands it on.
  scored.sort((a, b) => b.weight - a.weight);
  const most = scored[0]?.weight ?? 0;
  const own = apart(named).slice(0, LIMITS.named);
  const [first, ...near] = scored
    .filter(({ weight }) => weight >= LIMITS.near * most)
    .slice(0, Math.max(LIMITS.shown, LIMITS.most - own.length));
  const spoken: Scored[] = [];
  for (const definition of await spokenDefinitions(corpus, asked, paths)) {
    if (definition.weight < LIMITS.spoken * most) continue;
    if (!areTestsAsked && (await isTestAmongSources(corpus, definition))) continue;
    spoken.push(await definitionPlace(corpus, definition, withoutName(weights, definition.name), wish));
  }
  const all = apart([...own, ...(first ? [first] : []), ...spoken, ...near]);
  const shown = all.slice(0, own.length === 0 ? LIMITS.most - 1 : LIMITS.most);
  shown.push(...(await besides(corpus, shown, paths, weights, areTestsAsked)));
  // A list of changes leads by all that it ever told.
  if (best && roleOf(best.path) !== 'changelog' && shown.every(({ path }) => path !== best.path)) {
    const found = pointedIn(await corpus.lines(best.path), best.path, best.lines, weights, BRIEF);
    if (found) shown.push({ path: best.path, ...found });
  }
  const called = await calledDefinition(corpus, placesOf(shown), paths, weights, LIMITS.called * most);
  if (called) {
    const place = await definitionPlace(corpus, called, withoutName(weights, called.name));
    shown.push(cut(place, LIMITS.calledLines));
  }
  const places = placesOf(apart(shown));
  const constants = await usedConstants(corpus, places, weights);
  const items = await Promise.all([...places, ...constants].map(({ path, range }) => corpus.item('line', path, range)));
  return { items: items.filter((item, at) => !isRepeated(item, items.slice(0, at))), isComplete: false };
}

/** Whether another place says the same: builds for two systems have files of their own, with a copy of most. */
function isRepeated({ text, lines }: EvidenceItem, before: readonly EvidenceItem[]): boolean {
  return lines.end - lines.start >= LIMITS.copy && before.some((one) => one.text === text);
}

/**
 * Of the definitions of the ranked files that say most of the question, the first that are not shown: the ranking knows
 * segments alone, and lines of its best places may say less than a definition next to them.
 */
async function besides(
  corpus: Corpus,
  shown: readonly Scored[],
  paths: readonly string[],
  weights: Weights,
  areTestsAsked: boolean,
): Promise<Scored[]> {
  if (shown.length === 0) return [];
  const found: Scored[] = [];
  let least: number | undefined;
  for (const definition of await bestDefinitions(corpus, weights, paths)) {
    if (found.length === LIMITS.besides || definition.weight < (least ?? 0)) break;
    if (!areTestsAsked && (await isTestAmongSources(corpus, definition))) continue;
    least ??= LIMITS.beside * definition.weight;
    const held = [...shown, ...found];
    if (holdsAny(definition, held)) continue;
    const place = cut(
      await definitionPlace(corpus, definition, withoutName(weights, definition.name), BESIDE),
      LIMITS.besideLines,
    );
    if (apart([...held, place]).length > held.length) found.push(place);
  }
  return found;
}

/** Inside a definition every line may say its name, and none is told by it. */
function withoutName(weights: Weights, name: string): Weights {
  const own = new Set(terms(name));
  return new Map([...weights].filter(([term]) => !own.has(term)));
}

async function definitionPlace(
  corpus: Corpus,
  definition: Definition,
  weights: Weights,
  wish: Wish = BRIEF,
): Promise<Scored> {
  const { path, line, lines: head, context } = definition;
  const lines = await corpus.lines(path);
  const best = bestLines(lines, { start: Math.min(head.end + 1, context.end), end: context.end }, weights);
  return {
    path,
    weight: best?.weight ?? 0,
    ranges: definitionLines(lines, definition, best?.range ?? { start: line, end: line }, weights, wish),
  };
}

/**
 * What is shown of a place (lines from 1), the definition that it stands in, and how much of the question's weight its
 * best lines hold.
 */
function pointedIn(lines: readonly string[], path: string, place: LineRange, weights: Weights, wish: Wish) {
  const best = bestLines(lines, place, weights);
  if (!best) return undefined;
  const { range, weight } = best;
  if (isProse(path)) return { ranges: [paragraph(lines, range)], weight };
  const at = definitionAround(lines, range, place);
  if (at !== undefined) {
    const definition = { line: at + 1, ...extentOf(lines, at, LIMITS.body) };
    return { ranges: definitionLines(lines, definition, range, weights, wish), weight, definition };
  }
  const start = Math.max(place.start, range.start - LIMITS.around);
  return { ranges: [{ start, end: Math.min(place.end, range.end + LIMITS.around) }], weight };
}

/**
 * A short definition whole; of a long one its head, the lines that were found in it, with the head of the inner
 * definition that they stand in, and others that say further words of the question.
 */
function definitionLines(
  lines: readonly string[],
  { line, lines: head, context: whole }: Pick<Definition, 'line' | 'lines' | 'context'>,
  found: LineRange,
  weights: Weights,
  { around, again }: Wish = BRIEF,
): LineRange[] {
  // Of a long comment the first lines are shown, so that the code below is not cut instead.
  const fits = whole.end - line < LIMITS.whole;
  const isCut = line - head.start > LIMITS.comment || (fits && whole.end - head.start >= LIMITS.whole);
  const above = isCut ? [{ start: head.start, end: Math.min(line, head.start + LIMITS.summary) - 1 }] : [];
  const from = isCut ? line : head.start;
  if (fits) return [...above, { start: from, end: whole.end }];
  const inner = definitionAround(lines, found, { start: line + 1, end: whole.end }, line);
  const own = inner === undefined ? undefined : { line: inner + 1, ...extentOf(lines, inner, LIMITS.body) };
  // A short helper inside a function is a part of it; a method is what is asked about.
  const isHelper = own && !HOLDER.test(lines[line - 1] ?? '') && own.context.end - own.lines.start < LIMITS.window;
  if (own && own.line > line && !isHelper) {
    return [
      ...above,
      { start: from, end: Math.min(head.end, from + LIMITS.window) },
      ...definitionLines(lines, own, found, weights, { around, again }),
    ];
  }
  const short = { start: from, end: Math.min(head.end, Math.max(line, from + LIMITS.head)) };
  const start = Math.max(found.start, head.end + 1);
  // What the head says already needs no second place: the body's beginning is shown with it.
  const least = head.end + Math.max(LIMITS.window, around);
  const isNear = start - head.end <= LIMITS.window;
  const body = {
    start: isNear ? Math.min(head.end + 1, whole.end) : start,
    end: blockEnd(lines, Math.max(found.end, Math.min(whole.end, isNear ? least : start + around)), whole.end),
  };
  // Of a long docstring the end is left out, and not the statements below it.
  const first = [...above, ...(isNear && short.end === head.end ? [{ start: from, end: body.end }] : [short, body])];
  const last = first.at(-1)?.end ?? whole.end;
  const said = new Set(lines.slice(start - 1, last).flatMap((text) => terms(text)));
  const all = saidIn(said, weights);
  const others: Weights = new Map(
    [...weights].map(([term, weight]) => [term, said.has(term) ? again * weight : weight]),
  );
  const next = bestLines(lines, { start: Math.min(last + 1, whole.end), end: whole.end }, others);
  if (!next || next.weight < LIMITS.further * all || next.range.start <= last) return first;
  return [...first, { start: next.range.start, end: Math.min(whole.end, next.range.end + LIMITS.around) }];
}

/** The end of the block that a line stands in, where that is near: what decides often stands last in it. */
function blockEnd(lines: readonly string[], line: number, last: number): number {
  const indentOf = (at: number): number => (lines[at - 1] ?? '').search(/\S/);
  const own = indentOf(line);
  for (let end = line; end <= Math.min(last, line + LIMITS.block); end += 1) {
    const next = indentOf(end + 1);
    if (end === last || (next >= 0 && next < own)) return end;
  }
  return line;
}

/** What holds methods. */
const HOLDER = /\b(?:class|struct|impl|interface|trait|module|defmodule|object|enum|namespace|protocol|extension)\b/;

/**
 * Whether a line only brings a name in, is one in a list of them, or a mark of reStructuredText: it says that something
 * is there, and not what.
 */
const isNaming = (line: string): boolean =>
  IMPORT.test(line) || /^\s*[A-Za-z_$][\w$]*,\s*(?:(?:#|\/\/).*)?$|^\s*\.\. (?:[\w-]+::|_)|^\s*:[\w-]+:/.test(line);

/** The lines (from 1) of a place that hold most of the question's weight. */
function bestLines(lines: readonly string[], { start, end }: LineRange, weights: Weights) {
  const held = lines.slice(start - 1, end).map((line) => new Set(isNaming(line) ? [] : terms(line)));
  const best = bestWindow(held, weights, { longest: LIMITS.window, perLine: LIMITS.perLine });
  return best && { range: { start: start + best.start, end: start + best.end }, weight: best.weight };
}

/**
 * The line (from 0) that defines what some lines stand in, or what they are a comment of.
 *
 * @param from the first line (from 0) that is looked at
 */
function definitionAround(
  lines: readonly string[],
  range: LineRange,
  place: LineRange,
  from = Math.max(0, range.start - LIMITS.above),
): number | undefined {
  for (let at = range.start - 1; at >= from; at -= 1) {
    if (!defines(lines, at)) continue;
    if (extentOf(lines, at, LIMITS.body).context.end >= range.start) return at;
  }
  // A comment stands above what it is about.
  for (let at = range.start - 1; at < Math.min(lines.length, place.end + LIMITS.below); at += 1) {
    if (!defines(lines, at)) continue;
    return extentOf(lines, at).lines.start <= range.start ? at : undefined;
  }
  return undefined;
}

/** Whether a line (from 0) defines any name; the lines below tell whether it has a body. */
function defines(lines: readonly string[], at: number): boolean {
  const names = new Set((lines[at] ?? '').slice(0, LIMITS.characters).match(/[A-Za-z_$][\w$]*/g));
  const below = lines.slice(at, at + LIMITS.below);
  return [...names].some((name) => definesAt(below, 0, name));
}

/** Of a text, what stands between blank lines, and what follows where that is short: an example, most often. */
function paragraph(lines: readonly string[], { start, end }: LineRange): LineRange {
  const isText = (line: number) => (lines[line - 1] ?? '').trim() !== '';
  let [first, last] = [start, end];
  while (first > 1 && isText(first - 1) && start - first < LIMITS.paragraph) first -= 1;
  while (isText(last + 1) && last - first < LIMITS.text) last += 1;
  const least = first + LIMITS.paragraph - 1;
  while (last < Math.min(lines.length, least) && !/^#{1,6}\s/.test(lines[last] ?? '')) last += 1;
  return { start: first, end: last };
}

/** Whether lines of one of these stand inside of a definition, so that its head would say little more. */
function holdsAny({ path, context }: Definition, scored: readonly Scored[]): boolean {
  return scored.some(
    (one) => one.path === path && one.ranges.some(({ start, end }) => context.start <= start && end <= context.end),
  );
}

const placesOf = (scored: readonly Scored[]) =>
  scored.flatMap(({ path, ranges }) => ranges.map((range) => ({ path, range: capped(range) })));

/** The first lines of what is one step away from what was asked about. */
function cut(scored: Scored, most: number): Scored {
  let left = most;
  const ranges = scored.ranges.flatMap(({ start, end }) => {
    const last = Math.min(end, start + left - 1);
    left -= last - start + 1;
    return last < start ? [] : [{ start, end: last }];
  });
  return { ...scored, ranges };
}

const capped = ({ start, end }: LineRange): LineRange => ({ start, end: Math.min(end, start + LIMITS.whole - 1) });

/** Without those that have a line in common with one before. */
function apart(scored: readonly Scored[]): Scored[] {
  const kept: Scored[] = [];
  for (const one of scored) {
    const meets = kept.some(
      ({ path, ranges }) =>
        path === one.path && ranges.some((own) => one.ranges.some((it) => own.start <= it.end && it.start <= own.end)),
    );
    if (!meets) kept.push(one);
  }
  return kept;
}
