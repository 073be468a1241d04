/** Splits after every `\n`, `\r\n` or lone `\r`, as editors number lines. Joined again, the lines are the text. */
export function splitLines(text: string): string[] {
  return text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+/g) ?? [];
}

/** `code` stands for everything that is not a comment, a definition or a bracket that closes one. */
export type LineKind = 'blank' | 'comment' | 'decorator' | 'closer' | 'definition' | 'code' | 'quoted';

/** What the rest of the workspace folder needs to know about one line; `trimmed` has no white space at its ends. */
export interface Line {
  readonly trimmed: string;
  /** Columns of white space before the first character; a tab counts as four. */
  readonly indent: number;
  readonly kind: LineKind;
  /** It stands inside a block comment, a triple-quoted string or a fenced block that an earlier line opened. */
  readonly inside: boolean;
}

/** The longest block that is believed, in lines: a quote somebody has just typed must not turn a whole file around. */
const longestBlock = 40;

const closer =
  /^(?:[\])}]|<\/|\{$|(?:end|fi|done|esac|else|elif|elsif|elseif|catch|finally|except|rescue|ensure|then|where)\b|#\s*(?:end|else|elif))/;
const decorator = /^(?:@[\w.:]|#!?\[|\[[A-Z][\w.]*(?:\(.*\))?\]$|template\s*<)/;
const comment = /^(?:\/\/|\/\*|\*(?:[\s/]|$)|#(?:[\s#:!]|$)|--(?:[\s-]|$)|;|%|<!--|\{-)/;
/** Words that may stand before the word that names what is defined. */
const modifiers =
  'export|default|public|private|protected|internal|static|abstract|final|sealed|override|virtual|async|unsafe|' +
  'extern|inline|open|data|partial|readonly|declare|local|suspend|const|constexpr|implicit|lazy|case|"C"';
/** The words that begin a definition in the usual languages, from C to SQL and Terraform. */
const definers =
  'class|struct|interface|trait|impl|enum|union|type|typedef|record|object|module|mod|namespace|package|protocol|' +
  'extension|actor|def|defp|defmodule|defmacro|fn|fun|func|function|sub|proc|macro|macro_rules!|export|pub|public|private|' +
  'protected|static|describe|it|test|CREATE|ALTER|resource|variable|message|service|rpc|using|define|instance|newtype';
/** After the word comes a name or a bracket; `type: 'array'` and `test = 1` are no definitions. */
const definition = new RegExp(
  `^(?:(?:pub(?:\\([^)]*\\))?|${modifiers})\\s+)*(?:${definers})(?=\\s+[^\\s=:.,)]|[({<'"]|$)`,
);
/** These define something at the outermost level; deeper they are statements. */
const binding = /^(?:let|const|var|val)\s/;
/** `name(arguments) {`, as methods and C functions have it; the control words that look alike are left out. */
const method =
  /^(?!(?:if|for|while|switch|with|do|return|match|loop|try|unless|until|foreach|guard|select|when|using|lock)\b)[\w$#~*&<>[\],:.\s?]+\([^;]*\{$/;
/** A heading of Markdown or reStructuredText, or a section of TOML and INI. */
const heading = /^(?:#{1,6}\s+\S|={3,}$|-{3,}$|\[\[?[\w."-]+\]?\]$)/;

/** Whether the line is a title: what follows belongs to it. */
export function isHeading(line: Line): boolean {
  return line.indent === 0 && heading.test(line.trimmed);
}

function kindOf(trimmed: string, indent: number, block: Block): LineKind {
  if (trimmed === '') return 'blank';
  if (block === 'comment') return 'comment';
  if (block !== 'none') return 'quoted';
  if (closer.test(trimmed)) return 'closer';
  if (decorator.test(trimmed)) return 'decorator';
  if (comment.test(trimmed)) return 'comment';
  if (definition.test(trimmed) || (indent === 0 && binding.test(trimmed))) return 'definition';
  // Longer lines are data, and the pattern is quadratic in the line's length.
  if (trimmed.length < 400 && method.test(trimmed)) return 'definition';
  return indent === 0 && heading.test(trimmed) ? 'definition' : 'code';
}

function columns(line: string): number {
  let width = 0;
  for (const char of line) {
    if (char === ' ') width += 1;
    else if (char === '\t') width += 4;
    else break;
  }
  return width;
}

/** A string of Python or Kotlin, with the letters that may stand before it. */
const tripleQuote = /^[a-zA-Z]{0,2}("""|''')/;

type Block = 'none' | 'comment' | '"""' | "'''" | '```';

function opened(text: string): Block {
  if (text.startsWith('/*')) return text.includes('*/') ? 'none' : 'comment';
  if (text.startsWith('```')) return '```';
  const quote = text.match(tripleQuote)?.[1];
  return (quote === '"""' || quote === "'''") && flips(text, quote) ? quote : 'none';
}

/** An odd number of quotes leaves a string open, or closes an open one. */
function flips(text: string, quote: string): boolean {
  return text.split(quote).length % 2 === 0;
}

/**
 * Looks at every line. No parser: a file that crashes a parser must not stop an index, and thirty grammars are thirty
 * things to ship; blank lines, indentation and the first word of a line say enough in any language.
 *
 * A block is also taken to end where the indentation falls below its first line's, at a fence that names a language,
 * and after `longestBlock` lines, so that what one edit changes stays near the edit.
 */
export function describeLines(lines: readonly string[]): Line[] {
  let block: Block = 'none';
  let opener = { at: 0, indent: 0 };
  return lines.map((line, at) => {
    const trimmed = line.trim();
    const indent = columns(line);
    const tooFar = at - opener.at > longestBlock || indent < opener.indent;
    if (block !== 'none' && trimmed !== '' && tooFar) block = 'none';
    const here = block;
    if (block === 'none' || (block === '```' && /^```\w/.test(trimmed))) {
      block = opened(trimmed);
      opener = { at, indent };
    } else if (block === 'comment' ? trimmed.includes('*/') : flips(trimmed, block)) block = 'none';
    return { trimmed, indent, kind: kindOf(trimmed, indent, here), inside: here !== 'none' };
  });
}
