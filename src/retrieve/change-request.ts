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
/** The rules of English for a verb's past: add, added; use, used; drop, dropped; apply, applied. */
const past = (verb: string): string[] => [
  `${verb.replace(/e$/, '')}ed`,
  `${verb}${verb.slice(-1)}ed`,
  verb.replace(/y$/, 'ied'),
];
/** Their past forms are as often adjectives of a topic: "ignored files", "required fields". */
const ADJECTIVES = new Set('accept allow deprecate disable enable expose extract ignore include require'.split(' '));
const CHANGED = new Set([...CHANGES].filter((verb) => !ADJECTIVES.has(verb)).flatMap(past));

/**
 * Whether a question is the message of a commit or asks for a change: "fix(router): …", "Add a retry", "Removed the
 * cache". It says by the way where, while somebody who looks for a topic says what it is about.
 */
export function asksForChange(question: string): boolean {
  // A change in a list of changes begins with a sign.
  const text = question.replace(/^[^\p{L}]+/u, '');
  const [first = ''] = text.toLowerCase().split(/\s/);
  return CHANGES.has(first) || CHANGED.has(first) || HEADED.test(text);
}
