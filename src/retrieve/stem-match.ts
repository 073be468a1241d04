import { terms, wordCount } from '../memory/search/tokenize.ts';
import { asksForChange } from './change-request.ts';
import { perList } from './per-list.ts';

export const STEM_MATCH = {
  /**
   * Words of a question that names a topic. A longer one is a sentence or a commit's message, whose words stand in the
   * names of files by chance: there the same rule costs five points of hit@1 (docs/evaluation.md).
   */
  words: 6,
  /** Added to one, it multiplies the weight of a file that is called as the topic. */
  weight: 1,
} as const;

/** Between the parts of a name: request_logger, requestLogger, request-logger. */
const PART = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+|[\p{Lo}\p{Lm}\p{Lt}]+/gu;

/**
 * The files whose name, without its ending, is said by a question of a few words, whole or in parts: "transaction",
 * "response writer" for `response_writer.go`, "how are routes mounted" for `route.go`. People who look for a thing by
 * its name mean the file that is called so, or the index of the folder that is: "routing" for `routing/mod.rs`.
 * The project's own folder is no topic, since everything is about the project.
 *
 * @param project what the project is called, in small letters
 */
export function matchStems(question: string, paths: readonly string[], project: ReadonlySet<string>): Set<string> {
  const text = question.trim();
  if (wordCount(text) > STEM_MATCH.words) return new Set();
  if (asksForChange(text)) return new Set();
  const said = new Set(partsOf(question));
  const isSaid = (parts: readonly string[]) => parts.length > 0 && parts.every((part) => said.has(part));
  return new Set(
    stemsOf(paths).flatMap(({ parts, folder, paths: own }) => {
      const called = folder === undefined || project.has(folder.name.toLowerCase()) ? parts : folder.parts;
      return isSaid(called) ? own : [];
    }),
  );
}

/** Files that have one name, which are looked at together. */
interface Stem {
  readonly parts: readonly string[];
  /** Where the files stand for their folder. */
  readonly folder: { readonly name: string; readonly parts: readonly string[] } | undefined;
  readonly paths: string[];
}

/** Files that stand for their folder: TypeScript's and JavaScript's, Rust's, Python's. */
const OF_FOLDER = /^(?:index|mod|__init__)$/;

const stemsOf = perList((paths) => {
  const stems = new Map<string, Stem>();
  for (const path of paths) {
    const names = path.split('/');
    const stem = (names.at(-1) ?? '').replace(/\..*/s, '');
    const folder = OF_FOLDER.test(stem) ? names.at(-2) : undefined;
    const key = folder === undefined ? stem : `${folder}/${stem}`;
    const known = stems.get(key);
    if (known) known.paths.push(path);
    else {
      const parts = partsOf(stem);
      stems.set(key, {
        parts,
        folder: folder === undefined ? undefined : { name: folder, parts: partsOf(folder) },
        paths: [path],
      });
    }
  }
  return [...stems.values()];
});

/** The parts of names as the index keeps its words: in small letters, without endings of the plural. */
const partsOf = (names: string): string[] => (names.match(PART) ?? []).flatMap((part) => terms(part));
