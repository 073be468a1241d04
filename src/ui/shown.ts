import { printable } from '../common/printable.ts';

/**
 * Text that comes from a file's or a folder's name, a question or an error, for any place where VS Code shows text on
 * one line. Characters that are not seen are written out; `$(name)` and `[words](address)` are broken by a space,
 * because labels turn the first into an icon, and notifications the second into a link that may run a command.
 */
export function shown(text: string): string {
  return printable(text).replaceAll('$(', '$ (').replaceAll('](', '] (');
}

/** The same for several lines, as in a tooltip that is text, or a log. */
export function shownLines(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map(shown)
    .join('\n');
}

/**
 * The same as Markdown that reads as nothing but text: no mark, no entity and no address that becomes a link by itself.
 */
export function shownMarkdown(text: string): string {
  return shown(text).replaceAll(/[!-/:-@[-`{-~]/g, '\\$&');
}
