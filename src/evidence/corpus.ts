import { terms } from '../memory/search/tokenize.ts';
import type { Scope, SegmentPlace } from '../memory/records.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { IndexedFolder } from '../retrieve/multi-folder-search.ts';
import type { LineRange } from '../retrieve/named-lines.ts';
import { Reader } from '../retrieve/reader.ts';
import type { EvidenceItem, EvidenceLabel } from './evidence.ts';

const LIMITS = {
  /** Files that are read at the same time. */
  atOnce: 16,
  /** Lines and characters of a line of an item that are shown. */
  lines: 40,
  characters: 400,
  /** Segments that hold a term: all of them. */
  segments: 10_000_000,
} as const;

/** Characters of a line that patterns are tried on: nobody writes a longer one. */
export const LONGEST_LINE = 2_000;

/** A line that was looked for, from 0. */
export interface LineMatch {
  readonly path: string;
  readonly at: number;
  /** What was found in it, such as a name. */
  readonly found: string;
}

interface FilesHolding {
  readonly paths: readonly string[];
  /** False where more segments hold a word than were asked for. */
  readonly isComplete: boolean;
}

/** The indexed files of one folder that a question is put to, each read at most once. */
export class Corpus {
  readonly index: FolderIndex;
  readonly signal: AbortSignal | undefined;
  /** Lines with their ends. */
  readonly reader: Reader;
  readonly #prefix: string;
  readonly #scope: Scope | undefined;
  readonly #lines = new Map<string, Promise<readonly string[]>>();
  #paths: readonly string[] | undefined;

  constructor({ index, prefix }: IndexedFolder, scope?: Scope, signal?: AbortSignal) {
    this.index = index;
    this.signal = signal;
    this.#prefix = prefix;
    this.#scope = scope;
    this.reader = new Reader(index);
  }

  /** Paths inside the folder, sorted. */
  get paths(): readonly string[] {
    this.#paths ??= this.index
      .paths()
      .filter((path) => this.#scope?.has(path) !== false)
      .sort();
    return this.#paths;
  }

  /** The path of the folder that a shown path lies in; undefined where it lies in another folder. */
  own(shown: string): string | undefined {
    return shown.startsWith(this.#prefix) ? shown.slice(this.#prefix.length) : undefined;
  }

  /**
   * The files that may hold one of these words, by the index of words. A word that is no term of the index may stand in
   * every file.
   *
   * @param most segments that hold a word; of more, those that say most of it
   */
  holding(words: readonly string[], most: number = LIMITS.segments): FilesHolding {
    const places: SegmentPlace[] = [];
    let isComplete = true;
    for (const word of words) {
      const [term] = terms(word).sort((a, b) => b.length - a.length);
      if (term === undefined) return { paths: this.paths, isComplete: true };
      const own = this.index.holding(term, most + 1, this.#scope);
      isComplete &&= own.length <= most;
      places.push(...own.slice(0, most));
    }
    return { paths: [...new Set(places.map(({ path }) => path))].sort(), isComplete };
  }

  /** The lines of a file without their ends; none where it cannot be read. Each file is read and cut once. */
  lines(path: string): Promise<readonly string[]> {
    const known = this.#lines.get(path);
    if (known) return known;
    const lines = this.reader.file(path).then((all) => all.map((line) => line.replace(/[\r\n]+$/, '')));
    this.#lines.set(path, lines);
    return lines;
  }

  /** Lines of these files in which `find` finds something, by file and line. */
  async scan(
    paths: readonly string[],
    find: (line: string, at: number, lines: readonly string[], path: string) => Iterable<string>,
  ): Promise<LineMatch[]> {
    const matches: LineMatch[] = [];
    for (let from = 0; from < paths.length; from += LIMITS.atOnce) {
      this.signal?.throwIfAborted();
      const some = paths.slice(from, from + LIMITS.atOnce);
      const read = await Promise.all(some.map(async (path) => ({ path, lines: await this.lines(path) })));
      for (const { path, lines } of read) {
        for (const [at, line] of lines.entries()) {
          for (const found of find(line, at, lines, path)) matches.push({ path, at, found });
        }
      }
    }
    return matches;
  }

  /** The lines, 1-based and inclusive, as an item. */
  async item(
    label: EvidenceLabel,
    path: string,
    { start, end }: LineRange,
    note = '',
    context?: LineRange,
  ): Promise<EvidenceItem> {
    const all = await this.lines(path);
    const last = Math.max(start, Math.min(end, all.length, start + LIMITS.lines - 1));
    const text = all
      .slice(start - 1, last)
      .map(shortened)
      .join('\n');
    const item = { label, path: this.#prefix + path, lines: { start, end: last }, text, note };
    return context ? { ...item, context } : item;
  }

  /** An item that is no lines of a file. */
  said(label: EvidenceLabel, path: string, lines: LineRange, text: string, note: string): EvidenceItem {
    return { label, path: this.#prefix + path, lines, text, note };
  }

  /** One item for each line that was found. */
  lineItems(label: EvidenceLabel, matches: readonly LineMatch[]): Promise<EvidenceItem[]> {
    return Promise.all(
      matches.map(({ path, at, found }) => this.item(label, path, { start: at + 1, end: at + 1 }, found)),
    );
  }
}

function shortened(line: string): string {
  return line.length <= LIMITS.characters ? line : `${line.slice(0, LIMITS.characters)}…`;
}
