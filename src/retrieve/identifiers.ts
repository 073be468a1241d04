import { questionTerms } from '../memory/search/tokenize.ts';

/**
 * A name that a question says: as `code`, because it is quoted, written as no word is or called the name of something;
 * with a capital that no sentence asks for; or a word that may be a name or not.
 */
export interface Named {
  readonly name: string;
  readonly kind: 'code' | 'capital' | 'word';
}

const NAMES = {
  /** Of one question: a pasted stack trace has more. */
  most: 12,
  /** Identifiers between backticks; more are a piece of code, and none of them is what is asked for. */
  quoted: 4,
  /** Characters on either side that tell what a word is. */
  around: 32,
} as const;

/** The least is the surest. */
const SURENESS = { code: 0, capital: 1, word: 2 } as const;

/** Latin letters alone: text without spaces between its words may stand right beside a name. */
const IDENTIFIER = /[\p{Script=Latin}_$][\p{Script=Latin}\p{M}\d_$]*/gu;
/** fooBar, foo_bar, _foo, $foo */
const WRITTEN = /[\p{Ll}\d]\p{Lu}|[\p{L}\d]_[\p{L}\d]|^[_$]/u;
const KIND =
  '(?:function|method|class|struct|type|interface|trait|enum|macro|variable|constant|hook|helper|' +
  'table|procedure|trigger|protocol|mixin)';
/**
 * .btn-primary, #main-menu, --brand-colour: a name of a style sheet has hyphens, and nothing else tells that it is one
 * name.
 */
const STYLED = /(?<![\w/.#-])(?:[.#]|--)(-?[A-Za-z_][\w-]*)/g;
/** One letter that is no word of English: f, x, T. */
const LETTER = /^[B-HJ-Zb-z]$/;
/** foo(…), "is foo defined", "the foo function", "the function foo" */
const BEFORE_NAME = new RegExp(`\\b${KIND}\\s+$`, 'i');
const AFTER_NAME = new RegExp(
  `^(?:\\(|\\s+${KIND}\\b|\\s+(?:is\\s+|are\\s+)?(?:defined|declared|implemented)\\b)`,
  'i',
);

/** A name, or one in small letters that is all of a question: that of a function, or a topic. */
export type SoughtName = Named | { readonly name: string; readonly kind: 'alone' };

/** `Registry`, `Registry::current`, `res.send()`: nothing but a name, or the names that it belongs to. */
const NAME_ALONE = /^[^\s.:#>/\\,-]+(?:(?:::|[.#]|->)[^\s.:#>/\\,-]+)*[?？]?$/u;

/**
 * The names that a question is looked up by. Who writes one word and no sentence looks for what is called so, and with
 * a capital for a type: "Serialize", "Registry::current".
 */
export function soughtNames(question: string): SoughtName[] {
  const names = namesIn(question);
  if (!NAME_ALONE.test(question.trim())) return names;
  return names.map(({ name, kind }) => {
    if (kind !== 'word' && kind !== 'capital') return { name, kind };
    return { name, kind: /^\p{Lu}/u.test(name) ? 'code' : 'alone' };
  });
}

/** The names that a question says, the surest first, each once. */
export function namesIn(question: string): Named[] {
  const found = new Map<string, Named['kind']>();
  for (const [, quoted = ''] of question.matchAll(/`([^`\n]+)`/g)) {
    const names = quoted.match(IDENTIFIER) ?? [];
    if (names.length <= NAMES.quoted) for (const name of names) found.set(name, 'code');
  }
  for (const [, styled = ''] of question.matchAll(STYLED)) if (styled.includes('-')) found.set(styled, 'code');
  const prose = question.replace(/`[^`\n]*`/g, (span) => ' '.repeat(span.length));
  for (const { 0: name, index } of prose.matchAll(IDENTIFIER)) {
    const end = index + name.length;
    const kind = kindOf(
      name,
      prose.slice(Math.max(0, index - NAMES.around), index),
      prose.slice(end, end + NAMES.around),
    );
    if (kind === 'code' || (kind !== undefined && !found.has(name))) found.set(name, kind);
  }
  const names = [...found].map(([name, kind]) => ({ name, kind }));
  return names.sort((a, b) => SURENESS[a.kind] - SURENESS[b.kind]).slice(0, NAMES.most);
}

/** Undefined for a word that says nothing, such as "where". */
function kindOf(name: string, before: string, after: string): Named['kind'] | undefined {
  if (WRITTEN.test(name)) return 'code';
  const isCalled = BEFORE_NAME.test(before) || AFTER_NAME.test(after);
  if (name.length === 1 && (LETTER.test(name) || isCalled))
    return /['’.]$/.test(before) || /^\.\w/.test(after) ? undefined : 'code';
  if (questionTerms(name).length === 0) return undefined;
  if (isCalled) return 'code';
  return /^\p{Lu}/u.test(name) && /[^\s.!?:;]\s*$/.test(before) ? 'capital' : 'word';
}
