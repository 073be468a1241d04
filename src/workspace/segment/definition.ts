/**
 * Where a text defines a name, told from the line that it stands in and from what follows: no grammar is loaded, and
 * a language that is not thought of here works as far as it looks like one that is.
 */

const MODIFIER =
  '(?:export|default|declare|pub(?:\\([^)]*\\))?|public|private|protected|internal|static|final|abstract|sealed|async|unsafe|' +
  'extern(?:\\s+"C")?|const|constexpr|inline|virtual|override|open|data|partial|readonly|typedef|@\\w+(?:\\([^)]*\\))?)';
const KEYWORD =
  '(?:def|defp|defmodule|class|function(?:\\s*\\*)?|func|fun|fn|sub|struct|enum|union|trait|interface|type|module|namespace|record|' +
  'protocol|mod|object|macro|macro_rules!|#\\s*define|func\\s*\\([^)]*\\))';

/** Before the name: nothing but modifiers, a keyword that defines, and what the name belongs to (`self.`, `M.`). */
const DEFINING = new RegExp(`^\\s*(?:${MODIFIER}\\s+)*${KEYWORD}\\s+(?:[\\w$]+[.:]+)*$`);
/** A variable counts where nothing is around it; inside of something it is somebody's own. */
const VARIABLE = new RegExp(`^(?:${MODIFIER}\\s+)*(?:const|let|var|val|static)\\s+(?:mut\\s+)?$`);
/** `struct list *next` and `import type List from` name what is defined elsewhere. */
const DEFINED =
  /^\s*(?:[<({:=;[]|$|extends\b|implements\b|with\b|where\b|is\b|as\b|struct\b|interface\b|func\b|map\b|[\w.]+\s*$)/;
const ASSIGNED = /^\s*(?::[^=\n]+)?=(?![=>~])(?!\s*(?:await\s+)?(?:require|import)\b)/;
const FUNCTION_VALUE = /^\s*[:=]\s*(?:async\s*)?(?:function\b|class\b|(?:\([^)]*\)|[\w$]+)\s*(?::[^=\n]+)?=>)/;
/** SQL says what it makes. */
const CREATED =
  /^\s*create\s+(?:or\s+replace\s+)?(?:(?:temp|temporary|unlogged|virtual|materialized|unique|external|recursive|global|local)\s+)*(?:table|view|function|procedure|index|trigger|type|schema|database|sequence|domain|extension)\s+(?:if\s+not\s+exists\s+)?(?:["`[]?\w+["`\]]?\.)*["`[]?$/i;
/** A selector of a style sheet, at the head of its rule; a custom property. */
const SELECTOR = /^[^{};@]*[.#]$/;
const RULE = /^(?:[\s,:>+~.#[(*][^{};]*)?\{/;
const PROPERTY = /^\s*(?:[^\s{};][^{};]*\{\s*|\{\s*)?--$/;
/** Types and modifiers may stand before a method's name; a statement's words may not. */
const TYPES = /^\s*(?:[\w<>[\],*&:?@.~]+\s+)*[*&]*(?:[\w<>]+::)*$/;
const STATEMENT =
  /(?:^|\s)(?:return|if|elif|while|for|foreach|switch|match|else|await|new|throw|raise|case|yield|delete|typeof|in|of|not|and|or|do|assert|with|when|until|unless|catch|except)(?:\s|$)/;
/** After a method's parameters and before its body: what qualifies it, what it throws, what it returns. */
const CLAUSE = /(?:const|noexcept|override|final)\b|throws\s[\w.,\s]*|->[^{;\n]*|:[^{;=\n]*/y;
/** Parameters longer than this are those of no definition. */
const LONGEST_PARAMETERS = 1_000;
/** What stands before a name in a statement of SQL, or in a selector. */
const LONGEST_HEAD = 200;
/** What stands before and after a name in its line: whoever writes longer ones defines nothing there. */
const LONGEST_SIDE = 500;

/** Lines, from 0, that define the name; it is compared to the letter. Names are identifiers, `$` included. */
export function definingLines(lines: readonly string[], name: string): number[] {
  return lines.flatMap((line, at) => (definesIn(lines, line, at, name) ? [at] : []));
}

function definesIn(lines: readonly string[], line: string, at: number, name: string): boolean {
  for (let from = line.indexOf(name); from >= 0 && from <= LONGEST_SIDE; from = line.indexOf(name, from + 1)) {
    const end = from + name.length;
    const [before, after] = [line.slice(0, from), line.slice(end, end + LONGEST_SIDE)];
    if (/[\p{L}\p{M}\p{N}_$]$/u.test(before) || /^[\p{L}\p{M}\p{N}_$]/u.test(after)) continue;
    if (DEFINING.test(before) && DEFINED.test(after)) return true;
    if (before.length <= LONGEST_HEAD && isDeclared(before, after, lines, at, name.includes('-'))) return true;
    if ((before === '' || VARIABLE.test(before)) && ASSIGNED.test(after)) return true;
    if (/(?:^|[\s.])$/.test(before) && FUNCTION_VALUE.test(after)) return true;
    if (/(?:exports|prototype)\.$/.test(before) && ASSIGNED.test(after)) return true;
    const below = () => lines.slice(at + 1, at + 12).map((next) => next.slice(0, LONGEST_SIDE));
    if (TYPES.test(before) && !STATEMENT.test(before) && hasBody([after, ...below()].join('\n'))) return true;
  }
  return false;
}

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

/** Whether parameters and then a body follow a name. */
function hasBody(after: string): boolean {
  const open = /^\s*(?:<[^>(]*>\s*)?\(/.exec(after);
  if (!open) return false;
  let depth = 1;
  const end = Math.min(after.length, LONGEST_PARAMETERS);
  for (let at = open[0].length; at < end; at += 1) {
    if (after[at] === '(') depth += 1;
    else if (after[at] === ')') depth -= 1;
    if (depth === 0) return startsBody(after.slice(at + 1));
  }
  return false;
}

/** Whether clauses and then a body follow; each clause is taken whole, so that none is tried in two ways. */
function startsBody(text: string): boolean {
  for (let at = 0; ;) {
    while (/\s/.test(text[at] ?? '')) at += 1;
    if (text[at] === '{') return true;
    CLAUSE.lastIndex = at;
    if (!CLAUSE.test(text)) return false;
    at = CLAUSE.lastIndex;
  }
}
