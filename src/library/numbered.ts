import { printable } from '../common/printable.ts';

/** Lines longer than this are cut: they are data, and would eat a whole budget. */
const LONGEST = 500;

/** Lines with their numbers, as editors count them. */
export function numbered(lines: readonly string[], start: number): string {
  return lines.map((line, at) => `${start + at}\t${shortLine(line.replace(/\r?\n$/, ''))}`).join('\n');
}

/** A line that says how much of it is cut; hidden characters are shown, so that no reader is deceived. */
export function shortLine(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)} (${text.length - LONGEST} characters more)` : text;
  return printable(cut, 'block');
}
