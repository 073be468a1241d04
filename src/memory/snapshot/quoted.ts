import { printable } from '../../common/printable.ts';

/** The beginning of a text from a file of somebody else, in quotes, such that it moves no cursor and hides nothing. */
export function quoted(text: string): string {
  const beginning = Array.from(text).slice(0, 80).join('');
  const shown = printable(JSON.stringify(beginning));
  return beginning === text ? shown : `${shown}…`;
}
