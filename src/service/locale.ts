import * as l10n from '@vscode/l10n';
import { amounts } from '../common/number-format.ts';

/** The editor's language, for a thread that has a translator of its own. */
export interface Language {
  /** BCP 47, `de`. */
  readonly tag: string;
  /** Texts by their English ones; undefined for English. */
  readonly texts: Readonly<Record<string, string>> | undefined;
}

let numbers = amounts('en');

/** From now on sentences are made in this language. */
export function setLocale({ tag, texts }: Language): void {
  if (texts) l10n.config({ contents: texts });
  numbers = amounts(tag);
}

/** A number as it is written in that language. */
export function count(value: number): string {
  return numbers.count(value);
}
