import type { SecretPlace } from './place.ts';

/** Characters of key material, and what stands around it in JSON, YAML, comments and string literals of languages. */
const MATERIAL = /[A-Za-z0-9+/=]{12,}/;
const LOOK = {
  /** UTF-16 units of a block; an RSA key of 16,384 bits has 13,000. */
  longest: 64_000,
  /** Of a line without an end in sight. */
  line: 1024,
  /** Lines that may stand between the title and the first line of the key: headers of PEM and of PGP. */
  headers: 8,
} as const;
const TITLE =
  /-{4,5} ?BEGIN (?:[A-Za-z0-9]+ ){0,4}(?:PRIVATE KEY(?: BLOCK)?|Static key V1) ?-{4,5}|Private-Lines: \d+/y;
const HEADER = /^(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash|MessageID)\b/;

export const keyKeywords = ['BEGIN ', 'Private-Lines:'] as const;

/**
 * Private keys in PEM, PGP, SSH and PuTTY form. A block is asked for at each `BEGIN`; all of them together cost one
 * pass, because the end of a block is looked for once and kept.
 */
export class KeyBlocks {
  readonly #text: string;
  #end: number | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /**
   * The lines of the key that the title at `at` (the index of one of `keyKeywords`) opens; none where no key follows.
   */
  at(at: number): readonly SecretPlace[] {
    // `-----BEGIN` and `---- BEGIN` (RFC 4716): five characters before it either way.
    const start = this.#text.startsWith('BEGIN', at) ? Math.max(0, at - 5) : at;
    TITLE.lastIndex = start;
    const title = TITLE.exec(this.#text);
    if (!title) return [];
    const from = start + title[0].length;
    const end = this.#endAfter(from);
    const until = end !== undefined && end - from <= LOOK.longest ? end : undefined;
    return until === undefined ? this.#open(from, start) : this.#closed(from, until);
  }

  /** Between title and end everything is the key, unless nothing there looks like one. */
  #closed(from: number, until: number): readonly SecretPlace[] {
    const body = this.#text.slice(from, until);
    if (body.includes('BEGIN ')) return [];
    const bare = body.replace(/\\[nrt]/g, ' ');
    if (!MATERIAL.test(bare) || /\$\{|\{\{|<%|#\{/.test(body)) return [];
    if (new Set(bare.replace(/[^A-Za-z0-9]/g, '')).size < 5) return [];
    return lines(this.#text, from, until);
  }

  /** Without an end: the lines from the title on that hold nothing but key material. */
  #open(from: number, start: number): readonly SecretPlace[] {
    const { length } = this.#text;
    let until = from;
    let headers = 0;
    let material = 0;
    while (until < length && until - from < LOOK.longest) {
      const newline = this.#text.slice(until, until + LOOK.line).search(/[\r\n]/);
      const stop = newline < 0 ? Math.min(length, until + LOOK.line) : until + newline;
      const line = this.#text
        .slice(until, stop)
        .replace(/\\[nrt]/g, '')
        .replace(/["'`,;+\\#*/ \t\r]/g, '');
      const isKey = /^[A-Za-z0-9+/=.]*$/.test(line) && (line.length >= 12 || /=$/.test(line) || material > 0);
      if (isKey && line !== '') material += line.length;
      else if (line !== '' && !(HEADER.test(line) && ++headers <= LOOK.headers)) break;
      until = stop + 1;
    }
    // A line that is longer than what was looked at goes on being the key.
    if (material >= 16) while (until < length && /[A-Za-z0-9+/=\\]/.test(this.#text.charAt(until))) until++;
    // A file that begins with the title is a key, however short.
    const opens =
      this.#text.slice(0, start).trim() === '' && /^\s*[A-Za-z0-9+/]{3,}/.test(this.#text.slice(from, from + 200));
    if (material < 16 && !opens) return [];
    return lines(this.#text, from, Math.min(length, Math.max(until - 1, opens ? length : 0)));
  }

  #endAfter(from: number): number | undefined {
    if (this.#end === undefined || this.#end < from) {
      const found = this.#text.slice(from).search(/-{4,5} ?END /);
      this.#end = found < 0 ? Infinity : from + found;
    }
    return this.#end === Infinity ? undefined : this.#end;
  }
}

/** One place for each line, so that a text keeps its lines; quotes and comment signs around them go too. */
function lines(text: string, from: number, until: number): readonly SecretPlace[] {
  const places: SecretPlace[] = [];
  let at = from;
  for (const line of text.slice(from, until).split(/\r\n|\n|\r/)) {
    const stop = at + line.length;
    const inner = /^[\s"'`#*/+]*/.exec(line)?.[0].length ?? 0;
    const outer = /[\s"'`,;+\\]*$/.exec(line.slice(inner))?.[0].length ?? 0;
    // A long first line holds the whole key, with `\n` in it.
    if (/[A-Za-z0-9+/=]{2,}/.test(line))
      places.push({ start: at + inner, end: Math.max(at + inner + 1, stop - outer), rule: 'private key' });
    at = text.startsWith('\r\n', stop) ? stop + 2 : stop + 1;
  }
  return places;
}
