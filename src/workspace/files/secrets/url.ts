import type { Level } from './name.ts';
import type { SecretPlace } from './place.ts';
import { isPlaceholder, looksLikePassword, looksRandom } from './value.ts';

export const urlKeywords = ['://', 'Bearer ', 'bearer ', 'Basic '] as const;

const CREDENTIALS = /:\/\/([^\s/@:"'`<>{}()[\]\\,]{0,100}):([^\s/@"'`<>()[\]\\,]{1,300})@[\w[.$%{-]/y;
const HEADER = /(?:[Bb]earer|Basic)[ \t]{1,4}([A-Za-z0-9+/._~=-]{8,4096})/y;
/** What local databases and examples are opened with. */
const USUAL =
  /^(?:pass(?:w(?:or)?d)?|pwd|pw|secret|admin|root|user(?:name)?|guest|postgres|mysql|mongo|redis|rabbitmq|test|foo|bar|\w{1,3}|p4ss|somepass|my_?pass|p@ss(?:w(?:or)?d)?)\d{0,4}!?$/i;

/**
 * The password in `scheme://user:password@host`, or what follows `Bearer` and `Basic`, at the index of one of the
 * keywords.
 */
export function urlSecretAt(text: string, at: number, level: Level): SecretPlace | undefined {
  if (!text.startsWith('://', at)) return headerAt(text, at);
  CREDENTIALS.lastIndex = at;
  const found = CREDENTIALS.exec(text);
  const [, user = '', password = ''] = found ?? [];
  if (!found || isPlaceholder(password) || password === user) return undefined;
  const host = text.slice(at + found[0].length - 1, at + found[0].length + 60);
  const isReal =
    level === 'holder'
      ? true
      : /^(?:[\w.-]+\.)?(?:example|test|invalid|localhost|local)\b/i.test(host) ||
          USUAL.test(password.replace(/%[0-9A-F]{2}.*/i, ''))
        ? false
        : level === 'configuration'
          ? password.length >= 6
          : looksRandom(password) ||
            looksLikePassword(password) ||
            (password.length >= 10 && /\d/.test(password) && /[a-z]/i.test(password));
  if (!isReal) return undefined;
  const start = at + 3 + user.length + 1;
  return { start, end: start + password.length, rule: 'password' };
}

function headerAt(text: string, at: number): SecretPlace | undefined {
  HEADER.lastIndex = at;
  const found = HEADER.exec(text);
  const value = found?.[1] ?? '';
  if (!found || isPlaceholder(value)) return undefined;
  if (!(found[0].startsWith('Basic') ? isBasic(value) : looksRandom(value))) return undefined;
  const start = at + found[0].length - value.length;
  return { start, end: start + value.length, rule: found[0].startsWith('Basic') ? 'password' : 'token' };
}

/** RFC 7617: base64 of user, colon and password. The RFC's own examples are nobody's. */
function isBasic(value: string): boolean {
  if (value.length > 400) return false;
  const decoded = Buffer.from(value, 'base64').toString('latin1');
  const [, password = ''] = /^[ -~]{1,100}:([ -~]{4,200})$/.exec(decoded) ?? [];
  return (
    password !== '' && !isPlaceholder(password) && !USUAL.test(password) && !/^(?:open ?sesame|123£)$/.test(password)
  );
}
