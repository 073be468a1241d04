import { terms } from '../memory/search/tokenize.ts';
import type { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';

const LIMITS = {
  /** Letters of the shortest name that is looked up. */
  shortest: 3,
} as const;

/** In backticks; or a word that may be a name. */
const WORD = /`([^`\n]+)`|[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*/g;
/** With an underscore, a dot or a capital inside. */
const WRITTEN = /[A-Za-z\d]_|\.|[a-z\d][A-Z]/;
/** Names that everybody knows: no repository needs to say them. */
const EVERYDAY = new Set(
  (
    'javascript typescript github gitlab websocket websockets postgresql mysql sqlite mongodb graphql openapi readme ' +
    'macos ios ipv4 ipv6 oauth localhost stdin stdout stderr utf unicode boolean true false null none nil undefined'
  ).split(' '),
);

/** The names of a text that are written like code, in their parts: `app.handle()` gives app and handle. */
export function writtenNames(text: string): string[] {
  const parts = [...text.matchAll(WORD)].flatMap(([word, quoted]) => {
    // An underscore on either side is emphasis.
    if (quoted === undefined && (!WRITTEN.test(word) || /^_[^_]+_$/.test(word))) return [];
    return (quoted ?? word).split(/[^\w$]+/);
  });
  return [...new Set(parts.filter((name) => name.length >= LIMITS.shortest && /[A-Za-z]/.test(name)))];
}

/** Tells which names stand in the indexed files, by the index of words; each name is looked up once. */
export class KnownNames {
  readonly #search: MultiFolderSearch;
  readonly #known = new Map<string, boolean>();
  #pathTerms: ReadonlySet<string> | undefined;

  /** @param question its own names are known, whether they stand in a file or not */
  constructor(search: MultiFolderSearch, question: string) {
    this.#search = search;
    for (const name of question.match(/[\w$]+/g) ?? []) this.#known.set(name, true);
  }

  /** The names of a text that stand in no indexed file and in no path. */
  unknownIn(text: string): string[] {
    return writtenNames(text).filter((name) => !this.#stands(name));
  }

  #stands(name: string): boolean {
    const found = this.#known.get(name);
    if (found !== undefined) return found;
    // The first term is the whole name, however it is written.
    const [whole] = terms(name);
    const stands =
      whole === undefined ||
      EVERYDAY.has(name.toLowerCase()) ||
      this.#search.members.some(({ index }) => index.holding(whole, 1).length > 0) ||
      this.#paths().has(whole);
    this.#known.set(name, stands);
    return stands;
  }

  #paths(): ReadonlySet<string> {
    this.#pathTerms ??= new Set(this.#search.members.flatMap(({ index }) => index.paths().flatMap(terms)));
    return this.#pathTerms;
  }
}
