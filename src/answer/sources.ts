import type { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import { Attribution, matchesDisk } from './citation.ts';
import type { Attributed } from './citation.ts';
import type { EvidenceNote } from './evidence-excerpt.ts';
import type { Excerpt } from './excerpt.ts';
import type { KnownNames } from './known-names.ts';
import { sentences } from './sentence.ts';
import type { Sentence } from './sentence.ts';

/** What an answer was written from: lines of files, and commits, which cite the lines that they wrote. */
export class Sources {
  readonly #search: MultiFolderSearch;
  readonly #names: KnownNames;
  readonly #excerpts: readonly Excerpt[];
  readonly #ofExcerpts: Attribution;
  readonly #notes: readonly Required<EvidenceNote>[];
  readonly #ofNotes: Attribution;

  constructor(
    search: MultiFolderSearch,
    names: KnownNames,
    excerpts: readonly Excerpt[],
    notes: readonly EvidenceNote[],
  ) {
    this.#search = search;
    this.#names = names;
    this.#excerpts = excerpts;
    this.#ofExcerpts = new Attribution(excerpts);
    this.#notes = notes.flatMap(({ heading, text, place }) => (place ? [{ heading, text, place }] : []));
    this.#ofNotes = new Attribution(this.#notes.map((note, at) => ({ ...excerptOf(note), path: String(at) })));
  }

  /** Whether a sentence rests on what was read, by its words, and names nothing that stands nowhere. */
  isSound(sentence: Sentence): boolean {
    if (this.#names.unknownIn(sentence.text).length > 0) return false;
    return (
      this.#ofExcerpts.attribute(sentence, undefined).kind === 'supported' ||
      this.#ofNotes.attribute(sentence, undefined).kind === 'supported'
    );
  }

  /** Each sentence of an answer with the lines that it rests on, as they stand on disk, and the names it made up. */
  async attribute(
    text: string,
    signal: AbortSignal | undefined,
    onSentence: (sentences: number, of: number) => void,
  ): Promise<Attributed[]> {
    const ids = this.#excerpts.flatMap((excerpt) => excerpt.segmentIds);
    const found: Attributed[] = [];
    const claims = sentences(text);
    for (const [at, sentence] of claims.entries()) {
      onSentence(at, claims.length);
      const shares = await this.#search.sharesAmong(sentence.text, ids, signal);
      const attributed = await this.#attributed(sentence, shares);
      const unknown = this.#names.unknownIn(sentence.text);
      found.push(unknown.length > 0 ? { ...attributed, unknown } : attributed);
    }
    return found;
  }

  async #attributed(sentence: Sentence, shares: ReadonlyMap<number, number>): Promise<Attributed> {
    const owned = this.#excerpts.map(({ segmentIds }) =>
      segmentIds.length === 0 ? undefined : segmentIds.reduce((sum, id) => sum + (shares.get(id) ?? 0), 0),
    );
    const attributed = this.#ofExcerpts.attribute(sentence, owned);
    if (attributed.kind === 'unsupported') return this.#byCommit(sentence) ?? attributed;
    const { citation } = attributed;
    if (!(await matchesDisk(this.#search, citation, this.#excerpts))) {
      return { kind: 'unsupported', sentence, reason: 'The lines it rests on have changed meanwhile.' };
    }
    return { ...attributed, citation: await this.#search.inCells(citation) };
  }

  /** The lines that were last written by the commit whose message says it. */
  #byCommit(sentence: Sentence): Attributed | undefined {
    const attributed = this.#ofNotes.attribute(sentence, undefined);
    if (attributed.kind === 'unsupported') return undefined;
    // Several commits of one file are told apart by their number, which stands for a path here.
    const { path, overlap } = attributed.citation;
    const place = this.#notes[Number(path)]?.place;
    return place && { ...attributed, citation: { ...place, overlap } };
  }
}

/** The message as if it stood where its lines are. */
function excerptOf({ text, place }: Required<EvidenceNote>): Excerpt {
  return { path: place.path, start: place.start, end: place.end, lines: text.split('\n'), segmentIds: [], share: 0 };
}
