import { printable } from '../common/printable.ts';

/** Lines longer than this are cut: they are data, and would eat a whole budget. */
const LONGEST = 500;

/** Lines with their numbers, as editors count them; hidden characters are shown, so that no reader is deceived. */
export function numbered(lines: readonly string[], start: number): string {
  return lines
    .map((line, at) => {
      const text = line.replace(/\r?\n$/, '');
      const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)} (${text.length - LONGEST} characters more)` : text;
      return `${start + at}\t${printable(cut, 'block')}`;
    })
    .join('\n');
}
