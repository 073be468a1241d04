import { isCredentialName, isPasswordName } from './name.ts';
import type { Level } from './name.ts';
import type { SecretPlace } from './place.ts';
import { isPlaceholder, looksLikePassword, looksRandom } from './value.ts';

/** How values stand in a file. */
export type Syntax =
  /** Literals are in quotes, what is not is code. */
  | 'quoted'
  /** The value goes to the end of its line: `.env`, INI, YAML, properties. */
  | 'line'
  /** The value goes to the next blank: documents, shell scripts. */
  | 'word';

/**
 * Words, in lower case, in whose neighborhood a value is looked at. `key` stands at the end of too many names to come
 * first.
 */
export const nameKeywords = [
  ...['pass', 'pwd', 'secret', 'token', 'cred', 'key', 'auth', 'psk', 'dsn', 'salt'],
] as const;

const LENGTH = {
  /** UTF-16 units of a name, on each side of the keyword. */
  name: 64,
  /** What is looked at of a value; all of it is masked. */
  value: 512,
  /** Between name and value. */
  gap: 60,
} as const;

/** Quote and bracket between a name and its value, and an attribute that holds it. */
const OPERATOR =
  /\\?["'`]?\]?\)?[ \t]{0,8}[?!]?[ \t]{0,20}(?::=|=>|={1,3}|!==?|\?\?=|\|\|=|\?=|:|,|>|[ \t]value=)[ \t]{0,20}(?:\r?\n[ \t]{1,40}(?=["'`]))?/y;
/** The same with a type in between, in sources: `token: string =`. */
const TYPED = /[?!]?:[ \t]{0,4}[A-Za-z_&][\w.<>[\]|&' ]{0,40}?[ \t]{0,4}=[ \t]{0,20}/y;
/** `${DB_PASSWORD:-default}`: the default is a value too. */
const DEFAULT = /:?[-=?]?([^}\s]{0,200})\}/y;
/**
 * The value is a field of its own: `{ "key": "api_token", "value": "…" }`, `- name: DB_PASSWORD` with `value:` below
 * it.
 */
const NEXT_FIELD = /\\?["']?[ \t]{0,8},?\s{0,60}\\?["']?[vV]alue\\?["']?[ \t]{0,4}[:=][ \t]{0,4}/y;
/** A literal that is wrapped once, or has a prefix: `Secret("…")`, `b"…"`, `@"…"`. */
const WRAPPED = /(?:(?:new )?[A-Za-z_][\w.:]{0,30}\()?(?:[bBrRuUfFlL@$]{1,2})?\\?(["'`])/y;
const BLANKS = /[ \t]{1,20}/y;
const END_OF_WORD = /[\s"'`<>,;)}\]|&]/;

/**
 * The secret that is assigned to the name around a keyword, and where to look on: names and values are bounded, so a
 * text costs time in proportion to its length, whatever is in it.
 *
 * @param at the keyword's index
 */
export function assignmentAt(
  text: string,
  at: number,
  level: Level,
  syntax: Syntax,
): { readonly place?: SecretPlace; readonly next: number } {
  let start = at;
  while (start > 0 && at - start < LENGTH.name && /[\w$.-]/.test(text.charAt(start - 1))) start--;
  let end = at;
  while (end < text.length && end - at < LENGTH.name && /[\w.-]/.test(text.charAt(end))) end++;
  const name = text.slice(start, end);
  const none = { next: Math.max(end, at + 1) };
  if (!isCredentialName(name)) return none;
  const from = valueStart(text, start, end, syntax);
  if (from === undefined) return none;
  const { value, isLiteral, isWrapped } = valueAt(text, start, from, syntax, isConnection(text, start, end));
  if (value === '' || !isLiteral) return none;
  // One plain word in JSON is a label in some language.
  if (syntax === 'quoted' && /^\p{Lu}\p{Ll}+$/u.test(value)) return none;
  if (!isSecret(value, name, isWrapped && level !== 'source' ? 'source' : level)) return none;
  const first = text.indexOf(value, from);
  let last = first + value.length;
  if (value.length > LENGTH.value - LENGTH.name)
    while (last < text.length && /[^\s"'`<>]/.test(text.charAt(last))) last++;
  const rule = isPasswordName(name) ? 'password' : ruleOf(name);
  return { place: { start: first, end: last, rule }, next: last };
}

function ruleOf(name: string): string {
  const word = /(token|key|secret)[\w.-]{0,16}$/i.exec(name)?.[1]?.toLowerCase();
  return word ?? 'credential';
}

/** `Server=db;Password=abc;`, `?user=app&password=abc`: a list of settings inside one string. */
function isConnection(text: string, start: number, end: number): boolean {
  if (text.charAt(end) !== '=') return false;
  return /[;&?]/.test(text.charAt(start - 1)) || /^=[^\s"'`;=(){}<>$]{3,100};/.test(text.slice(end, end + 104));
}

function valueStart(text: string, start: number, end: number, syntax: Syntax): number | undefined {
  NEXT_FIELD.lastIndex = end;
  const field = NEXT_FIELD.exec(text)?.[0];
  if (field !== undefined) return end + field.length;
  TYPED.lastIndex = end;
  const typed = syntax === 'quoted' ? TYPED.exec(text)?.[0] : undefined;
  if (typed !== undefined) return end + typed.length;
  OPERATOR.lastIndex = end;
  const operator = OPERATOR.exec(text)?.[0];
  if (operator !== undefined && operator.length <= LENGTH.gap) {
    // A comma joins name and value only where both are literals: `define('DB_PASSWORD', '…')`.
    const isArgument = operator.trim().endsWith(',');
    if (
      isArgument &&
      !(/^\\?["'`]/.test(operator) && /\(\s{0,8}\\?["'`]$/.test(text.slice(Math.max(0, start - 12), start)))
    ) {
      return undefined;
    }
    if (operator.trim().endsWith('>') && !operator.includes('=') && text.charAt(start - 1) !== '<') return undefined;
    return end + operator.length;
  }
  // `--password abc`, `machine x login y password z`, `#define WIFI_PASSWORD "abc"`
  BLANKS.lastIndex = end;
  const blanks = BLANKS.exec(text)?.[0];
  if (blanks === undefined) return undefined;
  const line = text.slice(Math.max(text.lastIndexOf('\n', start - 1) + 1, start - 200), start);
  const isFlag = text.startsWith('--', start - 2) || text.startsWith('--', start);
  const isOneWord =
    line.trim() === '' &&
    syntax === 'line' &&
    /^[ \t]{1,20}[^\s"'=:][^\s"']{0,500}[ \t]{0,20}(?:[\r\n]|$)/.test(text.slice(end, end + 600));
  if (isFlag ? syntax === 'quoted' : !isOneWord && !/#\s{0,4}define\s+$|\blogin\s+\S{1,80}\s+$/.test(line))
    return undefined;
  return end + blanks.length;
}

interface Value {
  readonly value: string;
  /** False for code that only computes the value. */
  readonly isLiteral: boolean;
  readonly isWrapped: boolean;
}

function valueAt(text: string, start: number, from: number, syntax: Syntax, isConnectionString: boolean): Value {
  if (text.startsWith('${', start - 2)) {
    DEFAULT.lastIndex = from - 1;
    return { value: DEFAULT.exec(text)?.[1] ?? '', isLiteral: true, isWrapped: false };
  }
  WRAPPED.lastIndex = from;
  const opening = WRAPPED.exec(text);
  const quote = opening?.[1];
  if (opening && quote !== undefined) {
    const begin = from + opening[0].length;
    const isEscaped = opening[0].endsWith(`\\${quote}`);
    const most = Math.min(text.length, begin + LENGTH.value);
    let end = begin;
    for (; end < most; end++) {
      const char = text.charAt(end);
      if (
        char === '\n' ||
        char === '\r' ||
        (char === quote && !isEscaped) ||
        (isEscaped && char === '\\' && text.charAt(end + 1) === quote)
      )
        break;
      if (char === '\\') end++;
    }
    return { value: text.slice(begin, end).trim(), isLiteral: true, isWrapped: opening[0].includes('(') };
  }
  const line = text.slice(from, from + LENGTH.value).split(/[\r\n]/, 1)[0] ?? '';
  if (isConnectionString) return { value: /^[^;&"'`\s]*/.exec(line)?.[0] ?? '', isLiteral: true, isWrapped: false };
  if (text.charAt(from - 1) === '>')
    return { value: (line.split('<', 1)[0] ?? '').trim(), isLiteral: true, isWrapped: false };
  if (syntax === 'quoted') return { value: '', isLiteral: false, isWrapped: false };
  const stop = line.search(END_OF_WORD);
  const word = stop < 0 ? line : line.slice(0, stop);
  if (syntax === 'word') return { value: word, isLiteral: !/[([{]/.test(word), isWrapped: false };
  if (text.startsWith('--', start - 2)) return { value: word, isLiteral: true, isWrapped: false };
  const whole = line
    .replace(/\s+[#;].*$/, '')
    .trim()
    .replace(/[,;]$/, '');
  // JSON and JavaScript in a file of lines: what begins with a bracket is not one value.
  return { value: whole, isLiteral: !/^[[({|>]/.test(whole), isWrapped: false };
}

function isSecret(value: string, name: string, level: Level): boolean {
  if (isPlaceholder(value)) return false;
  const isPassword = isPasswordName(name);
  switch (level) {
    case 'holder':
      return !/^\d{1,5}$/.test(value) && !/^\s|[<>]$/.test(value);
    case 'configuration':
      if (looksRandom(value)) return true;
      return isPassword
        ? isChosen(value)
        : value.length >= 12 && /\d/.test(value) && /[A-Za-z]/.test(value) && !/[\s/.(]/.test(value);
    case 'source':
      return looksRandom(value) || (isPassword && looksLikePassword(value));
  }
}

/** A password that somebody made up for a configuration, and not the usual one of a local database. */
function isChosen(value: string): boolean {
  return (
    value.length >= 8 &&
    !/\s/.test(value) &&
    /[A-Za-z]/.test(value) &&
    /[^A-Za-z]/.test(value) &&
    !/^(?:pass(?:word)?|admin|root|postgres|test|secret|guest)[\d!@#._-]*$/i.test(value)
  );
}
