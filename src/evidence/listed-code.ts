import { definesAt } from '../workspace/segment/definition.ts';

/** Names that one line does not tell by itself: tests that are marked above, functions that have no keyword. */

/** What marks the method below it as a test: xUnit, NUnit, MSTest, JUnit, TestNG, PHPUnit, Rust. */
const MARK =
  /^\s*(?:@(?:Parameterized|Repeated)?Test(?:Factory|Template)?\b|\[(?:\w*(?:Fact|Theory)|Test(?:Method|Case|CaseSource)?|DataTestMethod)\b|#\[(?:\w+::)*(?:test|rstest|wasm_bindgen_test|Test)\b|\*\s*@test\b|\/\*\*\s*@test\b)/;
/** What a statement ends with, or a body: no mark stands further up. */
const ENDED = /[;{}]\s*$/;
/** A comment, or another mark. */
const ASIDE = /^\s*(?:@\w|\[\w|#\[|\/\/|\/?\*)/;
const METHOD = /^\s*(?:[\w<>[\],?.&]+\s+)+(`[^`]+`|[A-Za-z_]\w*)\s*(?:<[^<>()]*>\s*)?\(/;
const CALL = /^\s*(?:await|return|new|throw|else|case)\s/;
/** Lines above a method in which its marks stand: rows of data do too. */
const MARKS = 60;

/**
 * The name of the test that begins in a line (from 0), where a mark above says that it is one, or in Python and in Ruby
 * its name.
 */
export function testIn(lines: readonly string[], at: number, path: string): string | undefined {
  const line = lines[at] ?? '';
  if (/\.(?:py|pyi|rb)$/.test(path)) return /^\s*(?:async\s+)?def\s+(test_?\w*)/.exec(line)?.[1];
  if (ASIDE.test(line)) {
    // A mark and its method may share a line: `@Test fun adds() {`.
    const shared = MARK.test(line) ? /\b(?:void|fun|fn|function)\s+(`[^`]+`|\w+)\s*\(/.exec(line) : null;
    return shared?.[1];
  }
  const name = CALL.test(line) ? undefined : METHOD.exec(line)?.[1];
  if (name === undefined) return undefined;
  for (let above = at - 1; above >= Math.max(0, at - MARKS); above -= 1) {
    const other = lines[above] ?? '';
    if (MARK.test(other)) return name;
    if (ENDED.test(other) && !ASIDE.test(other)) return undefined;
  }
  return undefined;
}

/** Languages in which no keyword says that a function begins. */
const WITHOUT_KEYWORD = /\.(?:c|h|cc|cpp|cxx|hpp|hh|cs|java|dart|mm?|groovy)$/i;
const MODIFIERS = new Set(
  (
    'public private protected internal static final abstract virtual override sealed async unsafe extern inline explicit new ' +
    'partial readonly synchronized native default const constexpr noexcept external factory'
  ).split(' '),
);
const NO_TYPE =
  /(?:^|\s)(?:class|struct|enum|union|record|interface|delegate|define|new|return|else|throw|await)(?:\s|$)|#/;

/**
 * The function or method that begins in a line (from 0) of a language without a keyword for it: a type, a name,
 * parameters and a body. Constructors have no type, and do not count.
 */
export function functionIn(lines: readonly string[], at: number, path: string): string | undefined {
  const line = lines[at] ?? '';
  const open = line.indexOf('(');
  if (open <= 0 || !WITHOUT_KEYWORD.test(path)) return undefined;
  const head = line.slice(0, open).replace(/<[^<>]*>\s*$/, '');
  const name = /[A-Za-z_]\w*(?=\s*$)/.exec(head)?.[0];
  if (name === undefined) return undefined;
  const before = head.slice(0, head.lastIndexOf(name)).replace(/(?:\w+::)+$/, '');
  const types = before.split(/\s+/).filter((word) => word !== '' && !word.startsWith('@') && !MODIFIERS.has(word));
  // In C the type may stand on the line above.
  const isBelowType = before === '' && /^[A-Za-z_][\w *]*$/.test(lines[at - 1] ?? '');
  if ((types.length === 0 && !isBelowType) || NO_TYPE.test(before)) return undefined;
  return definesAt(lines, at, name) ? name : undefined;
}
