import { findPhrases, longestRun } from '../retrieve/phrase-match.ts';
import { namedPaths } from '../retrieve/named-path.ts';
import { questionTerms } from '../memory/search/tokenize.ts';
import type { LineRange } from '../retrieve/named-lines.ts';
import type { Corpus } from './corpus.ts';
import { rank } from './definition.ts';
import type { EvidenceItem, Gathered } from './evidence.ts';

const LIMITS = {
  /** Lines on either side of a line that a trace names. */
  around: 6,
  /** Frames that are read; a recursion has thousands. */
  frames: 30,
  /** Segments in which a message is looked for. */
  segments: 100,
  /** Lines that may have said a message. */
  messages: 5,
  /** Words in a row that make a line the origin of a message. */
  run: 3,
} as const;

/** Python prints the place of the error last. */
const ERROR_LAST = /most recent call last|^[ \t]*File "[^"\n]+", line \d+/m;
/** What only errors and traces say. */
const ERROR =
  /\b\w*(?:Error|Exception|Warning)\b:|\b(?:panic|panicked|fatal|segfault|traceback|stack ?trace|core dumped|uncaught|unhandled)\b|^[ \t]*(?:[\w.-]+: )?(?:error|err|fehler|erreur|ошибка)\b|^[ \t]+at\s.+[(:]\d+|错误[:：]|エラー[:：]|오류[:：]/im;

/** Whether a text looks like an error or the trace of one. */
export function looksLikeTrace(text: string): boolean {
  return ERROR.test(text);
}

/**
 * The lines that a trace names, the place of the error first, then the lines that say its message.
 *
 * @param least the part of the message that has to stand in a line
 */
export async function gatherTrace(corpus: Corpus, text: string, least = 0): Promise<Gathered> {
  const named = namedPaths(text, corpus.paths).filter(({ kind, lines }) => kind === 'file' && lines.length > 0);
  const frames = ERROR_LAST.test(text) ? named.toReversed() : named;
  const items: EvidenceItem[] = [];
  const seen = new Set<string>();
  for (const { paths, lines } of frames.slice(0, LIMITS.frames)) {
    for (const path of paths) {
      for (const range of lines) {
        const key = `${path}:${range.start}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const item = await frameOf(corpus, path, range);
        if (item) items.push(item);
      }
    }
  }
  const saying = await sayingLines(corpus, text, least);
  items.push(...saying.items);
  return { items, isComplete: saying.isComplete && frames.length <= LIMITS.frames };
}

/** Undefined where the file ends before the line: it is another version than the trace's. */
async function frameOf(corpus: Corpus, path: string, { start, end }: LineRange): Promise<EvidenceItem | undefined> {
  const { length } = await corpus.lines(path);
  if (start > length) return undefined;
  const lines = { start: Math.max(1, start - LIMITS.around), end: Math.min(length, end + LIMITS.around) };
  return corpus.item('frame', path, lines, `${start}`);
}

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
/** What a program fills into a message: in the message what is quoted, numbers; in its source the places for them. */
const FILLED = /"[^"\n]*"|“[^“”\n]*”|`[^`\n]*`|(?<![\p{L}\p{N}])'[^'\n]*'(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])\d[\d.:]*/gu;
/** A name that only code has stands for a value too. */
const WRITTEN = /(?<![\p{L}\p{N}_])(?:\p{L}+(?:[\\/.:]\w+)+|\p{Lu}?\p{Ll}+\p{Lu}\w*|\w+_\w*)/gu;
const PLACES = /%[-+#\d.*]*(?:l{0,2}|h{0,2}|z)[a-zA-Z]|\$?\{[^{}\n]*\}|#\{[^{}\n]*\}|\\["'`n]/gu;

const wordsOf = (text: string): string[] => (text.match(WORD) ?? []).map((word) => word.toLowerCase());

/** The lines with most of the message's words in a row: where it comes from. */
async function sayingLines(corpus: Corpus, text: string, least: number): Promise<Gathered> {
  const { segments } = corpus.index.find({ keys: [], words: questionTerms(text) });
  const best = segments.toSorted((a, b) => b.bm25 - a.bm25).slice(0, LIMITS.segments);
  const inScope = new Set(corpus.paths);
  const places = best.flatMap(({ segmentId }) => corpus.index.place(segmentId) ?? []);
  const own = places.filter(({ path }) => inScope.has(path));
  const found = await findPhrases(corpus.reader, text, own);
  const asked = text
    .split('\n')
    .flatMap((line) => [
      wordsOf(line),
      wordsOf(line.replace(FILLED, ' ')),
      wordsOf(line.replace(FILLED, ' ').replace(WRITTEN, ' ')),
    ]);
  const shortest = Math.max(LIMITS.run, least * Math.min(...asked.map(({ length }) => length)));
  // A trace has many lines, of which few are messages; one line is looked for where values are filled in, too.
  const near = text.includes('\n') ? own.filter(({ segmentId }) => (found.get(segmentId) ?? 0) > 0) : own;
  const saying = await Promise.all(
    near.map(async ({ segmentId, path, start, end }) => {
      const runs = (await corpus.lines(path)).slice(start - 1, end).map((line) => {
        const said = [wordsOf(line), wordsOf(line.replace(PLACES, ' '))];
        return Math.max(0, ...asked.flatMap((words) => said.map((one) => longestRun(words, one))));
      });
      const run = Math.max(0, ...runs);
      return { path, start, end, run, at: start + runs.indexOf(run), phrase: found.get(segmentId) ?? 0 };
    }),
  );
  const most = Math.max(shortest, ...saying.map(({ run }) => run));
  // What is far shorter than the longest run stands there by chance.
  const sure = saying
    .filter(({ run, phrase }) => run === most || (phrase > 0 && run >= shortest))
    .sort((a, b) => b.run - a.run || b.phrase - a.phrase || rank(a.path) - rank(b.path));
  const items = await Promise.all(
    sure
      .slice(0, LIMITS.messages)
      .map(({ path, at, start, end }) => corpus.item('message', path, { start: at, end: at }, '', { start, end })),
  );
  return { items, isComplete: segments.length <= LIMITS.segments && sure.length <= LIMITS.messages };
}
