/** Most lines that are taken, the innermost first; and most characters of one. */
const MOST = { lines: 3, characters: 160 } as const;
/** A line that begins a block and defines nothing. */
const CONTROL =
  /^(?:[}\])]|if\b|else\b|elif\b|for\b|while\b|switch\b|match\b|case\b|default\b|try\b|catch\b|except\b|finally\b|with\b|do\b|select\b|return\b|\/\/|\/?\*|#|@)/;

/**
 * The lines that begin the definitions around a place of a text, outermost first: going up, each line that is indented
 * less than all below it, unless it defines nothing. None at a place that is not indented, or below 0.
 */
export function enclosingDefinitions(text: string, place: number): string[] {
  if (place < 0) return [];
  const own = text
    .slice(place)
    .split('\n')
    .find((line) => line.trim() !== '');
  let indent = own === undefined ? 0 : indentOf(own);
  const found: string[] = [];
  for (const line of text.slice(0, place).split('\n').reverse()) {
    if (indent === 0 || found.length === MOST.lines) break;
    if (line.trim() === '' || indentOf(line) >= indent) continue;
    indent = indentOf(line);
    if (!CONTROL.test(line.trim())) found.unshift(line.trim().slice(0, MOST.characters));
  }
  return found;
}

/** White space before a line's first other character; a tab counts as four. */
function indentOf(line: string): number {
  return (/^\s*/.exec(line)?.[0] ?? '').replaceAll('\t', '    ').length;
}
