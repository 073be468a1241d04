/** One line of a file's first comment, without the signs that make it a comment. */
export interface CommentLine {
  readonly text: string;
  /** A comment, or a paragraph of one, begins here. */
  readonly first: boolean;
}

/** Comments that run to the end of the line, by what they begin with. */
const LINE = /^(?:\/\/+!?|#+!?|--+|;+|%+|!+|dnl\b|@?rem\b|::|'+|\.?\\"|@c\b)\s?/i;
/** Texts in which these signs are headings and lists; a few have a comment sign of their own. */
const MARKUP = /\.(?:md|mdx|mdc|markdown|html?|xhtml|xml|svg|vue|svelte|astro|adoc|org|tex|rst|txt)$/;
const MARKUP_LINE: Readonly<Record<string, RegExp>> = {
  '.txt': /^#+\s?/,
  '.org': /^#\s/,
  '.tex': /^%+\s?/,
  '.rst': /^\.\.\s/,
  '.adoc': /^\/\/\s?/,
};
const BLOCKS: readonly (readonly [open: string, close: string])[] = [
  ['<!--', '-->'],
  ['{#', '#}'],
  ['{{!--', '--}}'],
  ['/*', '*/'],
  ['{-', '-}'],
  ['(*', '*)'],
  ['--[[', ']]'],
  ['=begin', '=end'],
  ['<%#', '%>'],
  ['@*', '*@'],
  ['<#', '#>'],
  ['"""', '"""'],
  ["'''", "'''"],
  ['r"""', '"""'],
];
const MARKUP_BLOCKS = BLOCKS.slice(0, 3);
/**
 * Lines above or between the first comments that are no content: the guard of a header, an attribute, a declaration.
 */
const PREAMBLE =
  /^(?:#!|<\?(?:xml|php|hh)\b|<!doctype\b|<\/?(?:html|head|meta)\b[^>]*>$|-{3}$|%(?:YAML|TAG)\b|['"]use \w+['"];?$|#\s*(?:ifn?def|define|pragma|line|nullable|region|if)\b|\\input\b|@echo off\b)/i;
/** A file's package stands above its comment in some languages; what follows without a gap is a declaration's. */
const PACKAGE = /^package [\w.]+;?$/;
const IMPORT = /^(?:import|using)\b/;
const DIRECTIVE = /^#\s*(?:include|import|undef|else|endif)\b/;
const LONGEST = 60;

/**
 * The comment that a file begins with: all before its first line of code. A docstring counts, and a comment below it.
 *
 * @param path in lower case
 */
export function leadingComment(path: string, head: string): CommentLine[] {
  const found: CommentLine[] = [];
  const markup = MARKUP.exec(path)?.[0];
  const lineComment = markup === undefined ? LINE : MARKUP_LINE[markup];
  let [close, first] = ['', true];
  let gap = Infinity;
  const add = (line: string) => {
    const text = line.replace(/^[\s*=_~|![({+-]+/, '').replace(/[\s*=_~|#\])}/-]+$/, '');
    // What is set off by a sign of its own does not go on with the line above.
    if (text !== '') found.push({ text, first: first || /^[\s*]*[![({<=]/.test(line) });
    first = text === '';
  };
  for (const raw of head.split(/\r\n|\n|\r/, LONGEST)) {
    const line = raw.trim();
    if (close === '') {
      if (line === '') first = true;
      if (line === '' && gap !== Infinity) gap = found.length;
      if (PACKAGE.test(line)) gap = found.length;
      if (line === '' || PREAMBLE.test(line) || PACKAGE.test(line)) continue;
      const block = (markup === undefined ? BLOCKS : MARKUP_BLOCKS).find(([open]) => line.startsWith(open));
      if (!block) {
        const sign = DIRECTIVE.test(line) ? undefined : lineComment?.exec(line)?.[0];
        if (sign === undefined) return IMPORT.test(line) ? found : found.slice(0, gap);
        add(line.slice(sign.length));
        continue;
      }
      close = block[1];
      const end = line.indexOf(close, block[0].length);
      add(line.slice(block[0].length, end < 0 ? undefined : end));
      if (end >= 0) close = '';
    } else {
      const end = line.indexOf(close);
      add(end < 0 ? line : line.slice(0, end));
      if (end < 0) continue;
      if (/\w/.test(line.slice(end + close.length))) break;
      [close, first] = ['', true];
    }
  }
  return found;
}
