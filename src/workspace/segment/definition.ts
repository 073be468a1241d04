/**
 * Where a text defines a name, told from the line that it stands in and from what follows: no grammar is loaded, and
 * a language that is not thought of here works as far as it looks like one that is.
 */

const MODIFIER =
  '(?:export|default|declare|pub(?:\\([^)]*\\))?|public|private(?:[[(]\\w+[\\])])?|protected(?:\\[\\w+\\])?|internal|fileprivate|static|' +
  'final|abstract|sealed|async|unsafe|extern(?:\\s+"[Cc]")?|const|constexpr|inline|virtual|override|open|data|partial|readonly|typedef|' +
  'local|inner|annotation|value|companion|expect|actual|tailrec|suspend|operator|infix|external|indirect|mutating|nonisolated|lazy|' +
  'implicit|case|mutable|mixin|base|template\\s*<(?:[^<>{;]|<[^<>{;]*>)*>|@\\w+(?:\\([^)]*\\))?)';
const KEYWORD =
  '(?:def|defp|defmodule|defmacrop?|defguardp?|defdelegate|defprotocol|class|function(?:\\s*[*!])?|func|fun|fn|sub|struct|enum|union|' +
  'trait|interface|type|typealias|associatedtype|module|namespace|record|protocol|@interface|@implementation|@protocol|mod|object|' +
  'macro|macro_rules!|procedure|proc|subroutine|#\\s*define|func\\s*\\([^)]*\\))';
/** What a function's name belongs to: `self.`, `M.`, `s:`, and in Kotlin the type that it extends. */
const OWNER = '(?:<[^>(]*>\\s+)?(?:[\\w$]+(?:<[\\w\\s,?*<]*>+)?\\??[.:]+)*';
/** A class may have a macro before its name, which says what it is exported as. */
const EXPORTED = '(?:class|struct)\\s+[A-Z][A-Z\\d_]{3,}(?:\\([^)]*\\))?\\s+';
/** Before the name: nothing but modifiers, keywords that define (`enum class`), and what the name belongs to. */
const DEFINING = new RegExp(`^\\s*(?:${MODIFIER}\\s+)*(?:(?:${KEYWORD}\\s+){1,2}|${EXPORTED})${OWNER}$`);
/** A method of Ruby may end in a sign: `def save!`, `def empty?`, `def name=(value)`. */
const RUBY = /^\s*(?:private\s+|protected\s+)?def\s+(?:\w+\.)?$/;
/** A variable counts where nothing is around it; inside of something it is somebody's own. */
const VARIABLE = new RegExp(`^(?:${MODIFIER}\\s+)*(?:const|let|var|val|static)\\s+(?:mut\\s+)?$`);
/** Rust's `mod routing;` says that another file is the module. */
const MODULE = /\bmod\s+$/;
/** `struct list *next` and `import type List from` name what is defined elsewhere. */
const DEFINED =
  /^\s*(?:[<({:=;[]|$|\*?\(|,\s*do:|extends\b|implements\b|permits\b|final\b|with\b|where\b|when\b|is\b|as\b|struct\b|interface\b|func\b|map\b|[\w.]+\s*$|(?:\w+\s+)+where\s*$)/;
const ASSIGNED = /^\s*(?::[^=\n]+)?=(?![=>~])(?!\s*(?:await\s+)?(?:require|@?import)\b)/;
const FUNCTION_VALUE = /^\s*[:=]\s*(?:async\s*)?(?:function\b|class\b|(?:\([^)]*\)|[\w$]+)\s*(?::[^=\n]+)?=>)/;
/** SQL says what it makes. */
const CREATED =
  /^\s*create\s+(?:or\s+(?:replace|alter)\s+)?(?:definer\s*=\s*\S+\s+)?(?:(?:temp|temporary|unlogged|virtual|materialized|unique|external|recursive|global|local)\s+)*(?:table|view|function|procedure|index|trigger|type|schema|database|sequence|domain|extension|policy|role|user|event)\s+(?:if\s+not\s+exists\s+)?(?:["`[]?\w+["`\]]?\.)*["`[]?$/i;
/** Words of a language's own that define, each with what stands before the name and what has to follow it. */
const OWN: readonly (readonly [before: RegExp, after: RegExp, name?: RegExp])[] = [
  // Terraform, and Gradle's tasks.
  [/^(?:(?:resource|data)\s+"[\w-]+"|variable|module|output|provider)\s+"$/, /^"\s*\{/],
  [/^(?:resource|data)\s+"$/, /^"\s+"[\w-]+"\s*\{/],
  [/\btasks\.(?:register|create)(?:<[^>]*>)?\(["']$/, /^["']/],
  // Plain words too, so that a body has to follow: messages of protocols, contracts, actors, mixins, tasks.
  [
    /^\s*(?:(?:abstract|final|public|private|distributed)\s+)*(?:message|service|contract|library|actor|mixin|model|input|exception|task)\s+$/,
    /^(?:\s+(?:is|on|extends|implements|with)\s[^{;]*\{|\([^)]*\)\s*\{|\s*:[^{;]*\{|\s*\{)/,
  ],
  [/^\s*extension\s+$/, /^(?:<[^>]*>)?\s+on\s/],
  [/^\s*(?:rpc|event|error|modifier)\s+$/, /^\s*\(.*(?:[;{]\s*|\))$/],
  [/^\s*(?:scalar|concept)\s+$/, /^\s*(?:=|$)/],
  [/^\s*(?:template\s*<.*>\s*)?using\s+$/, /^\s*=(?!.*\(\s*\)\s*;)/],
  // C#: a delegate has its type first.
  [
    /^\s*(?:(?:public|private|protected|internal|static|unsafe)\s+)*delegate\s+[\w<>[\],.?]+\s+$/,
    /^\s*(?:<[^>]*>)?\([^)]*(?:\)\s*;|$)/,
  ],
  [/^\s*(?:pub\s+)?const\s+$/, /^\s*=\s*(?:(?:extern|packed)\s+)?(?:struct|enum|union|opaque|error)\s*[({]/],
  [/^\s*(?:pub\s+)?extern\s+"\w+"\s+fn\s+$/, /^\s*\(/],
  // C: what a `typedef` ends with.
  [/^\s*typedef\s.*(?:[\s*]|\(\s*\*\s*)$/, /^\s*(?:;|\[|\)\s*\()/],
  [/^type\s+$/, /^\s+\*\w/],
  // Lisps, Erlang, Haskell and ML, R, Julia.
  [/^\s*\((?:def[\w-]*|define)\s+(?:\^\S+\s+)*\(?$/, /^(?:[\s)\]]|$)/],
  [/^-(?:record|define|module|type|opaque)(?:\s*\(|\s+)$/, /^\s*[,()]/],
  [/^$/, /^\([^()]*\)\s*(?:when\b.*)?->/],
  [/^$/, /^\s+::\s/],
  [/^(?:data|newtype)\s+$/, /^[\s\w]*(?:=|$)/],
  [/^(?:let|and)\s+(?:(?:rec|inline|mutable)\s+)*$/, /^\s+[^\s=;,][^=;,]*=(?![=>])/],
  [/^\s*(?:static\s+|abstract\s+)?(?:member|override|default)\s+\w+\.$/, /^\s*(?:[(:=]|\w)/],
  [/^$/, /^\s*<-/],
  [/^$/, /^\([\w\s,:.{}]*\)\s*=(?![=>~])/],
  // Objective-C, Perl, Visual Basic.
  [/^[-+]\s*\([^)]*\)\s*$/, /^\s*(?:[:{;]|$)/],
  [/^package\s+(?:\w+::)+$|^package\s+(?=$)/, /^\s*;\s*(?:#.*)?$/, /^[A-Z]/],
  [
    /^\s*(?:(?:Public|Private|Friend|Protected|Shared|Overrides|Overridable|Partial|Async)\s+)*(?:Sub|Function|Class|Module|Structure|Property)\s+$/,
    /^\s*(?:\(|$|As\b|Of\b)/,
  ],
  // Build files and shells.
  [/^\s*(?:function|macro|add_library|add_executable|add_custom_target|option)\s*\(\s*$/, /^(?:[\s)]|$)/],
  [/^$/, /^\s*[:?+]=/],
  [/^\s*(?:export|readonly|(?:declare|typeset)(?:\s+-\w+)*)\s+$/, /^=/],
  [/^\s*alias\s+$/, /^=/],
  [/^(?:ARG|ENV)\s+$/, /^(?:[=\s]|$)/],
  [/^FROM\s.*\s[Aa][Ss]\s+$/, /^\s*$/],
];
/** A selector of a style sheet, at the head of its rule; a custom property. */
const SELECTOR = /^[^{};@]*[.#]$/;
const RULE = /^(?:[\s,:>+~.#[(*][^{};]*)?\{/;
const PROPERTY = /^\s*(?:[^\s{};][^{};]*\{\s*|\{\s*)?--$/;
/** Types and modifiers may stand before a method's name; a statement's words may not. */
const TYPES = /^\s*(?:[\w<>[\],*&:?@.~]+\s+)*[*&]*(?:[\w<>]+::)*$/;
/** At least one type, or modifier, stands before the name. */
const TYPED = /[\w>\]?]\s+[*&]*$/;
const RESERVED = 'return|if|elif|while|for|foreach|switch|else|await|new|throw|case|yield|typeof|except';
/** Words of statements that are a function's name in other languages. */
const ALSO_NAMES = 'match|raise|delete|in|of|not|and|or|do|assert|with|when|until|unless|catch';
const STATEMENT = new RegExp(`(?:^|\\s)(?:${RESERVED}|${ALSO_NAMES})(?:\\s|$)`);
/** Statements with a condition and a block, which no method is called as. */
const BLOCK = /^(?:if|for|foreach|while|switch|elif|elsif|elseif|unless|until|synchronized)$/;
/** The same, which some method is called as: then no blank stands before the bracket. */
const BLOCK_BEHIND_BLANK = /^(?:catch|try|using|when)$/;
const NEVER_CALLED = new RegExp(`${BLOCK.source}|^(?:${RESERVED}|func(?:tion)?)$`);
const CALLED_WITHOUT_BLANK = new RegExp(`^(?:${ALSO_NAMES})$`);
/** After a method's parameters and before its body: what qualifies it, what it throws, what it returns. */
const CLAUSE = /(?:const|noexcept|override|final|async)\b|throws\s[\w.,\s]*|where\s[^{;=]*|->[^{;\n]*|:[^{;=\n]*/y;
/** Parameters longer than this are those of no definition. */
const LONGEST_PARAMETERS = 1_000;
/** What stands before a name in a statement of SQL, or in a selector. */
const LONGEST_HEAD = 200;
/** What stands before and after a name in its line: whoever writes longer ones defines nothing there. */
const LONGEST_SIDE = 500;

/** Lines, from 0, that define the name; it is compared to the letter. Names are identifiers, `$` included. */
export function definingLines(lines: readonly string[], name: string): number[] {
  return lines.flatMap((_, at) => (definesAt(lines, at, name) ? [at] : []));
}

/** Whether a line, from 0, defines the name; the lines below it tell whether it has a body. */
export function definesAt(lines: readonly string[], at: number, name: string): boolean {
  const line = lines[at] ?? '';
  for (let from = line.indexOf(name); from >= 0 && from <= LONGEST_SIDE; from = line.indexOf(name, from + 1)) {
    const end = from + name.length;
    const [before, after] = [line.slice(0, from), line.slice(end, end + LONGEST_SIDE)];
    if (/[\p{L}\p{M}\p{N}_$]$/u.test(before) || /^[\p{L}\p{M}\p{N}_$]/u.test(after)) continue;
    const behind = RUBY.test(before) ? after.replace(/^[!?=](?=[\s(;]|$)/, '') : after;
    if (DEFINING.test(before) && DEFINED.test(behind)) return !(MODULE.test(before) && /^\s*;/.test(after));
    if (before.length <= LONGEST_HEAD && isDeclared(before, after, lines, at, name.includes('-'))) return true;
    if ((before === '' || VARIABLE.test(before)) && ASSIGNED.test(after)) return true;
    if (/(?:^|[\s.])$/.test(before) && FUNCTION_VALUE.test(after)) return true;
    if (OWN.some(([left, right, form]) => left.test(before) && right.test(after) && form?.test(name) !== false))
      return true;
    if (/(?:exports|prototype)\.$/.test(before) && ASSIGNED.test(after)) return true;
    const below = () => lines.slice(at + 1, at + 12).map((next) => next.slice(0, LONGEST_SIDE));
    if (!TYPES.test(before) || STATEMENT.test(before) || isStatement(before, name, after)) continue;
    if (hasBody([after, ...below()].join('\n'), TYPED.test(before))) return true;
  }
  return false;
}

/**
 * Whether a word before a bracket is a keyword and calls nothing: `for (`, `match (`. `match(path)` may be a call.
 *
 * @param isBlankBehind whether a blank stands between the word and the bracket
 */
export function isKeyword(word: string, isBlankBehind: boolean): boolean {
  return NEVER_CALLED.test(word) || (isBlankBehind && CALLED_WITHOUT_BLANK.test(word));
}

/** `if (late) {` looks like a method of that name. A method may be called `catch`, and then no blank follows. */
const isStatement = (before: string, name: string, after: string): boolean =>
  before.trim() === '' && (BLOCK.test(name) || (BLOCK_BEHIND_BLANK.test(name) && /^\s/.test(after)));

/** Whether SQL creates the name, or a style sheet has a rule for it. */
function isDeclared(
  before: string,
  after: string,
  lines: readonly string[],
  at: number,
  isHyphenated: boolean,
): boolean {
  if (CREATED.test(before)) return !after.startsWith('-');
  if (PROPERTY.test(before)) return /^\s*:/.test(after);
  // In Kotlin a line such as `.map {` calls; there it is indented, and no name has a hyphen.
  if (!SELECTOR.test(before) || !(before.length === 1 || isHyphenated)) return false;
  return RULE.test([after, ...lines.slice(at + 1, at + 4)].join('\n').slice(0, LONGEST_PARAMETERS));
}

/**
 * Whether parameters and then a body follow a name.
 *
 * @param isTyped whether a type stands before the name: then `=>` and an expression are a body, and no arm of a switch
 */
function hasBody(after: string, isTyped: boolean): boolean {
  const open = /^\s*(?:<[^>(]*>\s*)?\(/.exec(after);
  if (!open) return false;
  let depth = 1;
  const end = Math.min(after.length, LONGEST_PARAMETERS);
  for (let at = open[0].length; at < end; at += 1) {
    if (after[at] === '(') depth += 1;
    else if (after[at] === ')') depth -= 1;
    if (depth === 0) return startsBody(after.slice(at + 1), isTyped);
  }
  return false;
}

/** Whether clauses and then a body follow; each clause is taken whole, so that none is tried in two ways. */
function startsBody(text: string, isTyped: boolean): boolean {
  for (let at = 0; ;) {
    while (/\s/.test(text[at] ?? '')) at += 1;
    if (text[at] === '{') return true;
    if (text.startsWith('=>', at)) return isTyped;
    CLAUSE.lastIndex = at;
    if (!CLAUSE.test(text)) return false;
    at = CLAUSE.lastIndex;
  }
}
