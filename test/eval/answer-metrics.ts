import { writtenNames } from '../../src/answer/known-names.ts';
import { sentences } from '../../src/answer/sentence.ts';
import { Problem } from './problem.ts';

/** An answer as it was given, kept so that it can be judged again without asking again. */
export interface GivenAnswer {
  readonly id: string;
  readonly question: string;
  readonly kind: string;
  /** The evidence's lines, each with its place before it. */
  readonly shown: string;
  readonly text: string;
  /** Sentences of the text that have a source. */
  readonly sourced: number;
  readonly leftOut: number;
  readonly ending: string;
  /** From the question to the evidence, and to the end. */
  readonly shownSeconds: number;
  readonly seconds: number;
}

/** What can be counted of an answer without reading it. */
export interface AnswerCounts {
  /** Names, paths and numbers of the reference; those that the sentences say, and those that they or the lines do. */
  readonly wanted: number;
  readonly said: number;
  readonly shown: number;
  /** Lines that decide, where the question has them, and those of them that are shown. */
  readonly deciding?: { readonly lines: number; readonly shown: number };
  /** Names of the sentences, and those of them that stand nowhere in the repository. */
  readonly names: number;
  readonly invented: readonly string[];
  readonly sentences: number;
  readonly sourced: number;
  readonly leftOut: number;
  /** Whether the text ends as a sentence or a block of code does; an empty one does. */
  readonly isEnded: boolean;
  readonly seconds: number;
}

const PATH =
  /(?:[\w.-]+\/)+[\w.-]+|\b[\w-]+\.(?:[cm]?[jt]sx?|py|rs|go|java|kt|rb|[ch](?:pp|h)?|toml|cfg|ini|md|rst|json|ya?ml)\b/g;
const NUMBER = /(?<![\w.])\d+(?:\.\d+)*(?![\w.]*\w)/g;
/** Where in a file something stands is not what a reader asks for. */
const LINE_NUMBERS = /\(?\blines?\s+\d+(?:\s*[-–,]\s*\d+)*\)?|:\d+(?:-\d+)?/gi;

/** Identifiers, paths and numbers that a reference answer says, each once. */
export function factsOf(reference: string): string[] {
  const text = reference.replace(LINE_NUMBERS, ' ');
  const paths = text.match(PATH) ?? [];
  const numbers = (text.replace(/^\s*\d+[.)]/gm, ' ').match(NUMBER) ?? []).filter((number) => number.length > 1);
  return [...new Set([...writtenNames(text.replace(PATH, ' ')), ...paths, ...numbers])];
}

/** What is right: an answer whose facts are wanted, or the lines that decide, as `path:from-to`. */
export interface Reference {
  readonly answer?: string | undefined;
  readonly lines?: readonly string[] | undefined;
}

/** @param words every word of the repository's files and paths */
export function countsOf(
  given: GivenAnswer,
  { answer: reference, lines }: Reference,
  words: ReadonlySet<string>,
): AnswerCounts {
  const facts = reference === undefined ? [] : factsOf(reference);
  const names = writtenNames(given.text).filter((name) => !given.question.includes(name));
  const all = `${given.shown}\n${given.text}`;
  return {
    wanted: facts.length,
    said: facts.filter((fact) => holds(given.text, fact)).length,
    shown: facts.filter((fact) => holds(all, fact)).length,
    ...(lines && { deciding: decidingLines(given.shown, lines) }),
    names: names.length,
    invented: names.filter((name) => !words.has(name)),
    sentences: sentences(given.text).length,
    sourced: given.sourced,
    leftOut: given.leftOut,
    isEnded: given.text === '' || /(?:[.!?]["'`)*\]]*|```)$/.test(given.text.trim()),
    seconds: given.seconds,
  };
}

/** Of the lines that decide, how many are shown; each place that is shown begins a line as `path:from-to`. */
function decidingLines(shown: string, deciding: readonly string[]): { readonly lines: number; readonly shown: number } {
  const linesOf = (places: Iterable<string>) => new Set([...places].flatMap(linesIn));
  const all = linesOf([...shown.matchAll(/^\S+:\d+-\d+(?= )/gm)].map(([place]) => place));
  const own = [...linesOf(deciding)];
  return { lines: own.length, shown: own.filter((line) => all.has(line)).length };
}

function linesIn(place: string): string[] {
  const found = /^(.*):(\d+)-(\d+)$/.exec(place);
  if (!found) throw new Problem(`${place} is no place: PATH:FIRST-LAST.`);
  const [, path = '', from = '', to = ''] = found;
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => `${path}:${Number(from) + at}`);
}

/** Whether a text has a name, path or number as a whole. */
function holds(text: string, fact: string): boolean {
  for (let at = text.indexOf(fact); at >= 0; at = text.indexOf(fact, at + 1)) {
    const [before = '', after = ''] = [text[at - 1], text[at + fact.length]];
    if (!/\w/.test(before) && !/\w/.test(after)) return true;
  }
  return false;
}

/** A row of the table: sums and medians over answers. */
export function answerRow(name: string, counts: readonly AnswerCounts[]): string {
  const sum = (of: (one: AnswerCounts) => number) => counts.reduce((total, one) => total + of(one), 0);
  const part = (some: number, all: number) => (all === 0 ? '-' : `${((100 * some) / all).toFixed(1)} %`);
  const seconds = counts.map((one) => one.seconds).toSorted((a, b) => a - b);
  const wanted = sum((one) => one.wanted);
  const said = sum((one) => one.sentences);
  const cells = [
    name,
    counts.length,
    part(
      sum((one) => one.said),
      wanted,
    ),
    part(
      sum((one) => one.shown),
      wanted,
    ),
    partOfDeciding(counts),
    part(
      sum((one) => one.invented.length),
      sum((one) => one.names),
    ),
    part(
      sum((one) => one.sourced),
      said,
    ),
    (said / counts.length).toFixed(1),
    (sum((one) => one.leftOut) / counts.length).toFixed(1),
    part(
      sum((one) => Number(one.isEnded)),
      counts.length,
    ),
    counts.filter((one) => one.sentences === 0).length,
    (seconds[Math.floor(seconds.length / 2)] ?? 0).toFixed(1),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The mean over the questions that have lines which decide. */
function partOfDeciding(counts: readonly AnswerCounts[]): string {
  const parts = counts.flatMap(({ deciding }) => (deciding ? [deciding.shown / deciding.lines] : []));
  if (parts.length === 0) return '-';
  return `${((100 * parts.reduce((sum, one) => sum + one, 0)) / parts.length).toFixed(1)} %`;
}

export const ANSWER_HEAD = [
  '| answers | questions | facts said | facts said or shown | deciding lines shown | invented names | sentences with a source | sentences | left out | ended properly | without a sentence | seconds, median |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
];
