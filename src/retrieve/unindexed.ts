import { DatabaseSync } from 'node:sqlite';
import type { Candidate } from '../index/plan.ts';
import { LexicalIndex } from '../memory/search/full-text-index.ts';
import { askedTerms, terms } from '../memory/search/tokenize.ts';
import { TABLES } from '../memory/store/schema.ts';
import { roleOf } from '../workspace/files/role.ts';
import { includes } from '../workspace/walk/rules.ts';
import { walk } from '../workspace/walk/walk.ts';
import type { FolderIndex, RefreshOptions } from '../index/folder-index.ts';
import { namedFiles } from './named-file.ts';
import { roleFactor, ROLES } from './role-factor.ts';

/** How much is looked at, so that a question over 50,000 unread files still begins within seconds. */
const LOOK = {
  /** Files whose words are counted: those whose paths say a word of the question first. */
  files: 3_000,
  bytes: 24_000_000,
  /** Larger files take the model too long to be read before an answer. */
  largest: 60_000,
  /** Files that are proposed, best first. */
  best: 12,
} as const;

/**
 * Files that were not read yet, those whose words are nearest to the question first: they can be read before the rest,
 * so that somebody who has just opened a folder is answered from the right files and not from the first of the
 * alphabet. No model runs here; the words go into a database of their own in RAM, searched as the memory's are.
 */
export async function nearestUnindexed(
  codebase: FolderIndex,
  question: string,
  { exclude = [], signal }: Pick<RefreshOptions, 'exclude' | 'signal'> = {},
): Promise<Candidate[]> {
  const excluded = includes(exclude);
  const words = [...new Set(askedTerms(question).flatMap(({ own, english }) => [...own, ...english]))];
  const known = new Map(codebase.ledger.files().map((file) => [file.path, file.state.kind]));
  const unread: Candidate[] = [];
  for await (const entry of walk(codebase.root, signal ? { signal } : {})) {
    if (entry.kind !== 'candidate' || known.has(entry.path) || entry.bytes > LOOK.largest) continue;
    if (!excluded.matches(entry.path)) unread.push(entry);
  }
  const asked = new Set(words);
  const says = (path: string) => terms(path).filter((word) => asked.has(word)).length;
  const promising = unread
    .map((entry) => ({ entry, first: says(entry.path) + ROLES[roleOf(entry.path)].factor }))
    .sort((a, b) => b.first - a.first || (a.entry.path < b.entry.path ? -1 : 1))
    .slice(0, LOOK.files)
    .map(({ entry }) => entry);
  const db = new DatabaseSync(':memory:');
  try {
    const found = await search(codebase, db, promising, words, question, signal);
    // Where no word stands anywhere, what presents the project is the best guess.
    return found.length > 0 ? found : promising.filter(({ path }) => /^readme\b/i.test(path));
  } finally {
    db.close();
  }
}

async function search(
  codebase: FolderIndex,
  db: DatabaseSync,
  candidates: readonly Candidate[],
  words: readonly string[],
  question: string,
  signal: AbortSignal | undefined,
): Promise<Candidate[]> {
  db.exec(TABLES.lexical);
  const index = new LexicalIndex(db);
  let bytes = 0;
  for (const [at, { path }] of candidates.entries()) {
    signal?.throwIfAborted();
    if (bytes > LOOK.bytes) break;
    const content = await codebase.readText(path);
    if (content.kind !== 'text') continue;
    bytes += content.bytes;
    index.put(at, terms(path), terms(content.text));
  }
  const named = namedFiles(
    question,
    candidates.map(({ path }) => path),
  );
  return index
    .search(words, LOOK.best * 4)
    .flatMap(({ segmentId, bm25 }) => {
      const entry = candidates[segmentId];
      if (!entry) return [];
      const added = named.get(entry.path)?.added;
      const factor = added === undefined ? roleFactor(entry.path, question) : 1 + added;
      return [{ entry, score: bm25 * factor }];
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, LOOK.best)
    .map(({ entry }) => entry);
}
