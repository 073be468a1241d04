import { AppError } from '../common/app-error.ts';
import type { AskOptions, Engine } from '../engine/client/engine.ts';
import { askedTerms } from '../memory/search/tokenize.ts';
import type { AskedWord } from '../memory/search/tokenize.ts';
import type { LexicalHit } from '../memory/search/fusion.ts';
import type { Shares } from '../memory/search/similarity.ts';
import type { Scope, SegmentPlace } from '../memory/records.ts';
import { cellRange, isNotebook } from '../workspace/files/notebook.ts';
import type { FolderIndex, SearchHits } from '../index/folder-index.ts';
import type { SegmentList } from '../index/segment-table.ts';
import { candidates, joinedShares } from './missing-vectors.ts';
import type { Part } from './missing-vectors.ts';
import { findExact } from './exact-match.ts';
import { projectNames } from './project-name.ts';
import { kindOfQuestion, meantFiles } from './question-kind.ts';
import type { QuestionKind } from './question-kind.ts';
import { rankFiles, rankNothing } from './ranked-files.ts';
import type { RankingInput, RecallBy, RankedFiles } from './ranked-files.ts';

/** A folder index and what its paths begin with where several are asked at once: '' or `name/`. */
export interface IndexedFolder {
  readonly index: FolderIndex;
  readonly prefix: string;
}

/** One exchange that came before. */
export interface Turn {
  readonly question: string;
  readonly answer: string;
}

export interface RecallOptions {
  readonly by?: RecallBy | undefined;
  readonly history?: readonly Turn[] | undefined;
  /** Code that the question is about. */
  readonly context?: string | undefined;
  /** The paths of one member that are asked; every file when it is left out or gives undefined. */
  readonly scope?: ((member: IndexedFolder) => Scope | undefined) | undefined;
  /** Milliseconds that are spent on vectors which the best candidates have not yet. */
  readonly embedMs?: number | undefined;
  /** The ranking by words, before vectors are made for the question; not called where none are made. */
  readonly onRankedByWords?: ((ranking: RankedFiles) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a question says about a folder, whatever has vectors there. */
interface QuestionMatches extends Pick<RankingInput, 'exact' | 'meant' | 'project'> {
  readonly kind: QuestionKind | undefined;
}

/** A folder as one question asks it; what the question says about it is found by the first ranking, for all. */
interface AskedFolder {
  readonly member: IndexedFolder;
  readonly scope: Scope | undefined;
  said?: QuestionMatches;
}

/** Lines of a file, 1-based and inclusive. */
interface PathLines {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** A question as all folders are asked. */
interface Search {
  readonly folders: readonly AskedFolder[];
  readonly keys: readonly Float32Array[];
  readonly words: readonly string[];
  readonly meant: readonly AskedWord[];
  readonly by: RecallBy;
  readonly signal: AbortSignal | undefined;
}

/** Members of one question. Segment ids of several ledgers are told apart by the remainder. */
const MOST = 1_024;
/** With fewer content words than that, a follow-up leans on the words of the question before it. */
const ENOUGH = 3;
/** Milliseconds that a question waits for missing vectors of its best candidates, unless somebody says otherwise. */
const EMBED_MS = 2_000;
/** Characters of a selection or an earlier question that are asked with: what fits the model's question. */
const CONTEXT = 600;

/** Several folder indexes asked as one: their memories add up, so the shares over all of them are exact. */
export class MultiFolderSearch {
  readonly #members: readonly IndexedFolder[];
  readonly #projectNames = new Map<IndexedFolder, Promise<Set<string>>>();

  /** @throws `ask/…` where there is none */
  constructor(members: readonly IndexedFolder[]) {
    if (members.length === 0 || members.length > MOST) {
      throw new AppError('ask/no-folder', 'There is no folder to ask. Open one first.');
    }
    this.#members = members;
  }

  static of(folderIndex: FolderIndex): MultiFolderSearch {
    return new MultiFolderSearch([{ index: folderIndex, prefix: '' }]);
  }

  /** The folders that are asked. */
  get members(): readonly IndexedFolder[] {
    return this.#members;
  }

  get engine(): Engine {
    return this.#first.engine;
  }

  get adapterId(): string {
    return this.#first.adapter.id;
  }

  /** What the project of a member is called; its manifests are read once for a question. */
  projectNames(member: IndexedFolder): Promise<Set<string>> {
    const known = this.#projectNames.get(member);
    if (known) return known;
    const names = projectNames(member.index);
    this.#projectNames.set(member, names);
    return names;
  }

  /**
   * Which files and segments a question brings back. The question runs through the encoder once, and
   * once more together with the question before it, so that "and where is that tested?" knows what "that" is.
   */
  async recall(given: string, options: RecallOptions = {}): Promise<RankedFiles> {
    const question = checkedQuestion(given);
    const how = { signal: options.signal };
    const members = this.#readMembers();
    if (members.length === 0) throw this.#emptyMemory();
    const by = options.by ?? 'fused';
    if (!isWorded(question)) return rankNothing(by);
    const asking = this.#keys(question, [options.history?.at(-1)?.question, options.context], how);
    // Awaited below; what fails before that is told first.
    asking.catch(() => undefined);
    const search = this.#asked(question, members, options);
    const { embedMs = EMBED_MS } = options;
    const isWhole = members.every(({ index: folderIndex }) => folderIndex.embedded === folderIndex.length);
    if (!isWhole && embedMs > 0 && by !== 'lexical') {
      const byWords = await search([]);
      // By vectors alone, files without them are ranked by nothing.
      if (by === 'fused') options.onRankedByWords?.(await this.#withCells(byWords));
      await asking;
      // From here on the model is loaded: loading it does not count as encoding.
      await this.#embed(byWords, performance.now() + embedMs, options.signal);
    }
    return this.#withCells(await search(await asking));
  }

  /** The ranking by the words that are read so far; undefined where none are. No model runs. */
  async recallByWords(given: string, options: RecallOptions = {}): Promise<RankedFiles | undefined> {
    const question = checkedQuestion(given);
    const members = this.#readMembers();
    if (members.length === 0 || !isWorded(question)) return undefined;
    return this.#withCells(await this.#asked(question, members, options)([]));
  }

  /** Those of which something is read. */
  #readMembers(): IndexedFolder[] {
    return this.#members.filter(({ index: folderIndex }) => folderIndex.length > 0);
  }

  /** The search for a question's words, which is given its keys: none rank by words alone. */
  #asked(question: string, members: readonly IndexedFolder[], { by = 'fused', history, scope, signal }: RecallOptions) {
    const before = history?.at(-1)?.question;
    const own = askedTerms(question);
    const meant = own.length >= ENOUGH || before === undefined ? own : [...own, ...askedTerms(before)];
    const words = [...new Set(meant.flatMap(everyTerm))];
    const folders: AskedFolder[] = members.map((member) => ({ member, scope: scope?.(member) }));
    return (keys: readonly Float32Array[]) => this.#search(question, { folders, keys, words, meant, by, signal });
  }

  /** The keys [d_k] of a question, alone and together with what it is about. */
  async #keys(question: string, about: readonly (string | undefined)[], how: AskOptions): Promise<Float32Array[]> {
    const keys = [await this.engine.question(question, how)];
    for (const text of about) {
      if (text !== undefined) keys.push(await this.engine.question(`${text.slice(0, CONTEXT)} ${question}`, how));
    }
    return keys;
  }

  /**
   * Encodes what has no vectors yet among the best of a ranking, until a time that the folders share. What is left of
   * their files comes first when vectors are made in the background.
   */
  async #embed(ranked: RankedFiles, until: number, signal: AbortSignal | undefined): Promise<void> {
    const wanted = candidates(ranked, (id) => this.#members[memberOf(id)]?.index.isEmbedded(idOf(id)) === false);
    const groups = [...Map.groupBy(wanted, memberOf)];
    for (const [done, [at, own]] of groups.entries()) {
      const folderIndex = this.#members[at]?.index;
      if (folderIndex === undefined) continue;
      folderIndex.prefer(own.flatMap((id) => folderIndex.place(idOf(id))?.path ?? []));
      const now = performance.now();
      const part = (until - now) / (groups.length - done);
      await folderIndex.embedSegments(own.map(idOf), now + part, signal);
    }
  }

  async #search(question: string, { folders, keys, words, meant, by, signal }: Search): Promise<RankedFiles> {
    const found = [];
    for (const folder of folders) {
      const { member, scope } = folder;
      const hits = member.index.find({ keys, words, scope });
      folder.said ??= await saidOf(question, by, folder, hits.segments, await this.projectNames(member));
      found.push({ member, ...hits, ...folder.said });
      signal?.throwIfAborted();
    }
    const merged = this.#merge(found);
    if (merged.shares.segmentIds.length === 0) {
      throw new AppError('ask/nothing-chosen', 'None of the files that you chose is in the memory. Choose others.');
    }
    const matchedTerms = new Set(found.flatMap((part) => part.matchedTerms));
    const confidence = {
      cosine: Math.max(...found.map(({ cosine }) => cosine)),
      coverage: coverageOf(meant, matchedTerms),
      isAimed: found.some(({ kind, meant }) => kind !== undefined && kind !== 'dependencies' && meant.size > 0),
    };
    const embedded = {
      segments: folders.reduce((sum, { member }) => sum + member.index.embedded, 0),
      ofSegments: folders.reduce((sum, { member }) => sum + member.index.length, 0),
    };
    const { places, ...input } = merged;
    return rankFiles(question, by, { ...input, confidence, embedded }, places);
  }

  /** The lines with their place in a notebook's cells, where they are lines of a notebook. */
  async inCells<Lines extends PathLines>(lines: Lines): Promise<Lines & { readonly cells?: string }> {
    return withCells(lines, isNotebook(lines.path) ? await this.lines(lines.path) : undefined);
  }

  /** With the places of a notebook's segments in its cells. */
  async #withCells(found: RankedFiles): Promise<RankedFiles> {
    const notebooks = found.files.map(({ path }) => path).filter(isNotebook);
    if (notebooks.length === 0) return found;
    const texts = new Map(await Promise.all(notebooks.map(async (path) => [path, await this.lines(path)] as const)));
    const segments = found.segments.map((segment) => withCells(segment, texts.get(segment.path)));
    const byPath = Map.groupBy(segments, ({ path }) => path);
    const files = found.files.map((file) => {
      const cells = new Map(byPath.get(file.path)?.map((segment) => [segment.start, segment.cells]));
      return { ...file, lines: file.lines.map((lines) => ({ ...lines, cells: cells.get(lines.start) })) };
    });
    return { ...found, files, segments };
  }

  /** Shares of a few segments among themselves, for a text: which of them is a sentence’s source. */
  async sharesAmong(text: string, ids: readonly number[], signal?: AbortSignal): Promise<Map<number, number>> {
    if (ids.length === 0) return new Map();
    const key = await this.engine.question(text, { signal });
    const parts = [...Map.groupBy(ids, memberOf)].flatMap(([at, own]) => {
      const folderIndex = this.#members[at]?.index;
      if (folderIndex === undefined) return [];
      const shares = folderIndex.sharesAmong(key, own.map(idOf));
      const notEmbedded = own.map(idOf).filter((id) => !folderIndex.isEmbedded(id));
      return [partOf(at, shares, { segmentIds: Float64Array.from([...shares.segmentIds, ...notEmbedded]) })];
    });
    const { segmentIds, shares } = joinedShares(parts);
    return new Map(Array.from(segmentIds, (id, at) => [id, shares[at] ?? 0]));
  }

  /** The lines of a file, by its path as it is shown; undefined where it cannot be read. */
  async lines(path: string): Promise<readonly string[] | undefined> {
    const place = this.resolve(path);
    return place && (await place.index.lines(place.path));
  }

  /** The folder index that a shown path lies in, and the path inside it, which its content hash was made of. */
  resolve(path: string): { readonly index: FolderIndex; readonly path: string } | undefined {
    const found = this.#members.find(({ prefix }) => path.startsWith(prefix));
    return found && { index: found.index, path: path.slice(found.prefix.length) };
  }

  /** Why there is nothing to ask: the engine failed at every file, or none holds text. */
  #emptyMemory(): AppError {
    const { root } = this.#first;
    const failed = this.#members
      .flatMap(({ index: folderIndex }) => folderIndex.ledger.files())
      .flatMap(({ state }) => (state.kind === 'failed' ? [state.message] : []));
    const [reason] = failed;
    if (reason === undefined) {
      const message = `There is nothing to read in ${root}: no text file that is not skipped. \`stats\` says why for each.`;
      return new AppError('ask/nothing-to-read', message);
    }
    const message = `The engine failed at every file of ${root} (${failed.length}). ${reason.replace(/\.?$/, '.')}`;
    return new AppError('ask/engine-failed', `${message} Run the command again, or \`npm run models\` first.`);
  }

  get #first(): FolderIndex {
    const [first] = this.#members;
    if (!first) throw new AppError('ask/no-folder', 'There is no folder to ask. Open one first.');
    return first.index;
  }

  #merge(found: readonly (SearchHits & QuestionMatches & { readonly member: IndexedFolder })[]) {
    const parts = found.map((part) => ({ ...part, at: this.#members.indexOf(part.member) }));
    return {
      shares: joinedShares(parts.map(({ at, shares, list }) => partOf(at, shares, list))),
      known: parts.reduce((sum, { list }) => sum + list.embedded, 0),
      places: {
        ...joinedFiles(parts.map(({ member, list }) => ({ prefix: member.prefix, list }))),
        place: (id: number) => this.#place(id),
      },
      segments: parts.flatMap(({ at, segments }) =>
        segments.map(({ segmentId, bm25 }) => ({ segmentId: joined(segmentId, at), bm25 })),
      ),
      files: parts.flatMap(({ member, files }) => files.map((hit) => ({ ...hit, path: member.prefix + hit.path }))),
      exact: new Map(
        parts.flatMap(({ at, exact }) => [...exact].map(([id, added]) => [joined(id, at), added] as const)),
      ),
      meant: new Map(
        parts.flatMap(({ member, meant }) => [...meant].map(([path, added]) => [member.prefix + path, added] as const)),
      ),
      project: new Set(parts.flatMap(({ project }) => [...project])),
    };
  }

  #place(id: number): SegmentPlace | undefined {
    const member = this.#members[memberOf(id)];
    const place = member?.index.place(idOf(id));
    return member && place && { ...place, segmentId: id, path: member.prefix + place.path };
  }
}

/** @param notebook the text of the notebook whose lines they are */
function withCells<Lines extends PathLines>(
  lines: Lines,
  notebook: readonly string[] | undefined,
): Lines & { readonly cells?: string } {
  const cells = notebook && cellRange(notebook, lines.start, lines.end);
  return cells === undefined ? lines : { ...lines, cells };
}

async function saidOf(
  question: string,
  by: RecallBy,
  { member, scope }: AskedFolder,
  hits: readonly LexicalHit[],
  project: ReadonlySet<string>,
): Promise<QuestionMatches> {
  // The other rankings do not look at it, and it reads files.
  const exact = by === 'fused' ? await findExact(member.index, question, hits, scope) : new Map<number, number>();
  const kind = kindOfQuestion(question, project);
  const asked = kind === undefined ? [] : (scope ?? member.index.paths());
  return { exact, project, kind, meant: meantFiles(kind, asked) };
}

const isWorded = (question: string): boolean => /[\p{L}\p{N}]/u.test(question);

const everyTerm = ({ own, english }: AskedWord): readonly string[] => [...own, ...english];

/** Part of the words that stand somewhere, 0..1. A word stands where any of its terms or of their English does. */
function coverageOf(words: readonly AskedWord[], matchedTerms: ReadonlySet<string>): number {
  const different = new Map(words.map((word) => [everyTerm(word).join(' '), word]));
  const found = [...different.values()].filter((word) => everyTerm(word).some((term) => matchedTerms.has(term)));
  return different.size > 0 ? found.length / different.size : 0;
}

/** The question without the space around it. Throws `ask/…` where nothing is left: before any work is done for it. */
export function checkedQuestion(given: string): string {
  const question = given.trim();
  if (question === '') {
    throw new AppError('ask/empty-question', 'The question is empty. Ask in a sentence what you want to know.');
  }
  return question;
}

/** The part of one member: the segments of its list that the shares are about, and the rest. */
function partOf(at: number, shares: Shares, { segmentIds }: Pick<SegmentList, 'segmentIds'>): Part {
  const ids = segmentIds.map((id) => joined(id, at));
  const { length } = shares.segmentIds;
  return { segmentIds: ids.subarray(0, length), shares, notEmbedded: ids.subarray(length) };
}

/** The files of several lists, in the order of their joined shares. A single list keeps its own paths. */
function joinedFiles(parts: readonly { readonly prefix: string; readonly list: SegmentList }[]) {
  const [first] = parts;
  if (first !== undefined && parts.length === 1 && first.prefix === '') return first.list;
  const paths: string[] = [];
  const numbered = parts.map(({ prefix, list }) => {
    const before = paths.length;
    for (const path of list.paths) paths.push(prefix + path);
    return { fileOf: list.fileOf.map((file) => before + file), embedded: list.embedded };
  });
  const fileOf = new Int32Array(numbered.reduce((sum, own) => sum + own.fileOf.length, 0));
  let at = 0;
  const embedded = numbered.map((own) => own.fileOf.subarray(0, own.embedded));
  const others = numbered.map((own) => own.fileOf.subarray(own.embedded));
  for (const files of [...embedded, ...others]) {
    fileOf.set(files, at);
    at += files.length;
  }
  return { paths, fileOf };
}

const joined = (id: number, at: number): number => id * MOST + at;
const memberOf = (joinedId: number): number => ((joinedId % MOST) + MOST) % MOST;
const idOf = (joinedId: number): number => (joinedId - memberOf(joinedId)) / MOST;
