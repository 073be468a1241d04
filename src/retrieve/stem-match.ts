import { terms, wordCount } from '../memory/search/tokenize.ts';

export const STEM_MATCH = {
  /**
   * Words of a question that names a topic. A longer one is a sentence or a commit's message, whose words stand in the
   * names of files by chance: there the same rule costs five points of hit@1 (docs/evaluation.md).
   */
  words: 6,
  /** Added to one, it multiplies the weight of a file that is called as the topic. */
  weight: 1,
} as const;

/**
 * What a change is asked for with: "restore the rest parameter in fetch" names a thing by the way, not as its topic.
 * Verbs that are as often nouns at the beginning of a topic (handle, test, release) are not among them.
 */
const CHANGES = new Set([
  'accept',
  'add',
  'allow',
  'apply',
  'avoid',
  'bump',
  'clean',
  'consider',
  'convert',
  'correct',
  'create',
  'delete',
  'deprecate',
  'disable',
  'disallow',
  "don't",
  'drop',
  'enable',
  'ensure',
  'escape',
  'expose',
  'extract',
  'fix',
  'ignore',
  'implement',
  'improve',
  'include',
  'introduce',
  'keep',
  'make',
  'migrate',
  'move',
  'optimise',
  'optimize',
  'preserve',
  'prevent',
  'refactor',
  'reject',
  'remove',
  'rename',
  'replace',
  'require',
  'respect',
  'restore',
  'revert',
  'rewrite',
  'simplify',
  'skip',
  'stop',
  'switch',
  'update',
  'upgrade',
  'use',
  'validate',
]);
/** `fix(router): …`, as commits are headed. */
const HEADED = /^\w+(?:\([^)]*\))?!?:\s/;

/** Between the parts of a name: request_logger, requestLogger, request-logger. */
const PART = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+|[\p{Lo}\p{Lm}\p{Lt}]+/gu;

/**
 * The files whose name, without its ending, is said by a question of a few words, whole or in parts: "transaction",
 * "response writer" for `response_writer.go`, "how are routes mounted" for `route.go`. People who look for a thing by
 * its name mean the file that is called so.
 */
export function matchStems(question: string, paths: Iterable<string>): Set<string> {
  const text = question.trim();
  if (wordCount(text) > STEM_MATCH.words) return new Set();
  const [first = ''] = text.toLowerCase().split(/\s/);
  if (CHANGES.has(first) || HEADED.test(text)) return new Set();
  const said = new Set(partsOf(question));
  // Many files are called index or test: each name is looked at once.
  const byStem = Map.groupBy(paths, stemOf);
  return new Set(
    [...byStem].flatMap(([stem, own]) => {
      const parts = partsOf(stem);
      return parts.length > 0 && parts.every((part) => said.has(part)) ? own : [];
    }),
  );
}

const stemOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\..*/s, '');

/** The parts of names as the index keeps its words: in small letters, without endings of the plural. */
const partsOf = (names: string): string[] => (names.match(PART) ?? []).flatMap((part) => terms(part));
