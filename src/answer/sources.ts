import type { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import { hasUnsupportedClaim } from './unsupported-claims.ts';
import { Attribution, stillMatchesDisk } from './citation.ts';
import type { Attributed } from './citation.ts';
import type { EvidenceNote } from './evidence-excerpt.ts';
import type { Excerpt } from './excerpt.ts';
import type { KnownNames } from './known-names.ts';
import { sentences } from './sentence.ts';
import type { Sentence } from './sentence.ts';

/** A commit's number, in short or whole. */
const HASH = /\b(?=[a-f]*\d)[\da-f]{7,40}\b/;

/** What an answer was written from: lines of files, and commits, which cite the lines that they wrote. */
export class Sources {
  readonly #search: MultiFolderSearch;
  readonly #names: KnownNames;
  readonly #excerpts: readonly Excerpt[];
  readonly #ofExcerpts: Attribution;
  readonly #question: string;
  readonly #notes: readonly EvidenceNote[];
  /** Those that have lines of their own. */
  readonly #placed: readonly Required<EvidenceNote>[];
  readonly #ofNotes: Attribution;

  constructor(
    search: MultiFolderSearch,
    names: KnownNames,
    excerpts: readonly Excerpt[],
    notes: readonly EvidenceNote[],
    question: string,
  ) {
    this.#search = search;
    this.#names = names;
    this.#excerpts = excerpts;
    this.#ofExcerpts = new Attribution(excerpts);
    this.#question = question;
    this.#notes = notes;
    this.#placed = notes.flatMap(({ heading, text, place }) => (place ? [{ heading, text, place }] : []));
    this.#ofNotes = new Attribution(this.#placed.map((note, at) => ({ ...excerptOf(note), path: String(at) })));
  }

  /**
   * Whether a sentence has a source in what was read, by its words, and says no name, number, reason or denial that
   * stands neither there nor in the question.
   *
   * @param least part of its words' weight that its lines have to hold, 0..1
   */
  isSound(sentence: Sentence, least = 0): boolean {
    if (this.#names.unknownIn(sentence.text).length > 0) return false;
    const byLines = this.#ofExcerpts.attribute(sentence, undefined);
    // A file may name a commit of another repository.
    const isOfCommit = this.#placed.length > 0 && HASH.test(sentence.text);
    if (!isOfCommit && byLines.kind === 'supported' && byLines.citation.overlap >= least) {
      const { path, start, end } = byLines.citation;
      const own = this.#excerpts.filter((one) => one.path === path && one.start <= end && start <= one.end);
      const counted = this.#notes.filter(({ place }) => place === undefined).map(({ text }) => text);
      const shown = [path, ...own.flatMap(({ lines }) => lines), ...counted].join('\n');
      if (!hasUnsupportedClaim(sentence.text, shown, this.#question)) return true;
    }
    const byCommit = this.#ofNotes.attribute(sentence, undefined);
    if (byCommit.kind === 'unsupported' || byCommit.citation.overlap < least) return false;
    const { heading = '', text = '' } = this.#placed[Number(byCommit.citation.path)] ?? {};
    return !hasUnsupportedClaim(sentence.text, `${heading}\n${text}`, this.#question);
  }

  /** Each sentence of an answer with its source, as it stands on disk, and the names it made up. */
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
    if (!(await stillMatchesDisk(this.#search, citation, this.#excerpts))) {
      return { kind: 'unsupported', sentence, reason: 'Its source has changed meanwhile.' };
    }
    return { ...attributed, citation: await this.#search.inCells(citation) };
  }

  /** The lines that were last written by the commit whose message says it. */
  #byCommit(sentence: Sentence): Attributed | undefined {
    const attributed = this.#ofNotes.attribute(sentence, undefined);
    if (attributed.kind === 'unsupported') return undefined;
    // Several commits of one file are told apart by their number, which stands for a path here.
    const { path, overlap } = attributed.citation;
    const place = this.#placed[Number(path)]?.place;
    return place && { ...attributed, citation: { ...place, overlap } };
  }
}

/** The message as if it stood where its lines are. */
function excerptOf({ text, place }: Required<EvidenceNote>): Excerpt {
  return { path: place.path, start: place.start, end: place.end, lines: text.split('\n'), segmentIds: [], share: 0 };
}
