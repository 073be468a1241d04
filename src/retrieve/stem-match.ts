import { terms, wordCount } from '../memory/search/tokenize.ts';
import { asksForChange } from './change-request.ts';

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
export function matchStems(question: string, paths: Iterable<string>, project: ReadonlySet<string>): Set<string> {
  const text = question.trim();
  if (wordCount(text) > STEM_MATCH.words) return new Set();
  if (asksForChange(text)) return new Set();
  const said = new Set(partsOf(question));
  // Many files have one name: each is looked at once.
  const byStem = Map.groupBy(paths, (path) => stemOf(path, project));
  return new Set(
    [...byStem].flatMap(([stem, own]) => {
      const parts = partsOf(stem);
      return parts.length > 0 && parts.every((part) => said.has(part)) ? own : [];
    }),
  );
}

/** Files that stand for their folder: TypeScript's and JavaScript's, Rust's, Python's. */
const OF_FOLDER = /^(?:index|mod|__init__)$/;

/** The name of a file without its ending, or of its folder where it stands for that. */
function stemOf(path: string, project: ReadonlySet<string>): string {
  const names = path.split('/');
  const stem = (names.at(-1) ?? '').replace(/\..*/s, '');
  const folder = names.at(-2);
  return folder !== undefined && OF_FOLDER.test(stem) && !project.has(folder.toLowerCase()) ? folder : stem;
}

/** The parts of names as the index keeps its words: in small letters, without endings of the plural. */
const partsOf = (names: string): string[] => (names.match(PART) ?? []).flatMap((part) => terms(part));
