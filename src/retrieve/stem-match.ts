import { questionTerms, terms } from '../memory/search/tokenize.ts';
import { saysWord } from '../memory/search/word-forms.ts';
import { asksForChange } from './change-request.ts';
import { perList } from './per-list.ts';

export const STEM_MATCH = {
  /**
   * Times the part of a question that a file's name says, added to one, it multiplies the file's weight. A long
   * sentence says the name of a file by the way, so that its part is small (test/eval/README.md).
   */
  weight: 1.5,
  /** Words of a question: of a longer one, what a name says is next to nothing. */
  words: 40,
} as const;

/** Between the parts of a name: request_logger, requestLogger, request-logger. */
const PART = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+|[\p{Lo}\p{Lm}\p{Lt}]+/gu;

/**
 * The files whose name, without its ending, a question says in whole, each with the part of the question's words that
 * it is, 0..1: "transaction", "response writer" for `response_writer.go`, "how are routes mounted" for `route.go`. A
 * word may have another ending or be cut short: "the dispatcher" for `dispatch.rs`, "implementations" for `impls.rs`.
 * People who look for a thing by its name mean the file that is called so, or the index of the folder that is:
 * "routing" for `routing/mod.rs`. The project's own folder is no topic, since everything is about the project.
 *
 * @param project what the project is called, in small letters
 */
export function matchStems(
  question: string,
  paths: readonly string[],
  project: ReadonlySet<string>,
): Map<string, number> {
  const said = [...new Set(partsOf(question))];
  const asked = new Set(questionTerms(question));
  const content = said.filter((part) => asked.has(part)).length || said.length;
  const found = new Map<string, number>();
  if (content > STEM_MATCH.words || asksForChange(question.trim())) return found;
  const known = new Map<string, boolean>();
  const isSaid = (part: string): boolean => {
    const before = known.get(part) ?? said.some((word) => says(part, word));
    known.set(part, before);
    return before;
  };
  for (const { parts, folder, paths: own } of stemsOf(paths)) {
    const called = folder === undefined || project.has(folder.name.toLowerCase()) ? parts : folder.parts;
    if (called.length === 0 || !called.every(isSaid)) continue;
    const part = Math.min(1, new Set(called).size / content);
    for (const path of own) found.set(path, part);
  }
  return found;
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

/** Has no other form: who asks about a reader means no README. */
const README = terms('README').at(0);

const says = (part: string, word: string): boolean =>
  part === README || word === README ? part === word : saysWord(part, word);

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
