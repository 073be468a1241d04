/** How a value is judged: where it stands says how likely a secret is. */
export type Level =
  /** A file for secrets: any literal counts. */
  | 'holder'
  /** Configuration: what looks like a password or like a generated key. */
  | 'configuration'
  /** Sources and documents: what looks generated. */
  | 'source';

/** Ends of names: `dbPassword`, `MYSQL_PASSWORD`, `client-secret`. */
const ENDS =
  /(?:passwords?|passwd|passwort|passphrase|pwd|requirepass|masterauth|secret|token|credentials?|creds)$|(?:api|access|secret|private|auth|account|signing|master|encryption|shared)key$/;
const WHOLE = new Set(
  'pass pw auth psk dbpass mypass ftppass smtppass sshpass rootpass userpass adminpass mailpass dsn pat salt'.split(
    ' ',
  ),
);
/** Before `key`: an API's, and not a map's. */
const OF_KEY = new Set(
  (
    'api access secret private signing sign encryption encrypt encoding master account storage auth ' +
    'authentication shared service app application client deploy deployment ssh admin security jwt crypto ' +
    'hmac server webhook subscription function functions host cookie session license logged nonce integration ' +
    'ingestion instrumentation write fernet flask django rsa aes kms cipher ssl tls consumer developer user ' +
    'project rest maps stripe sendgrid mailgun openai anthropic algolia datadog twilio'
  ).split(' '),
);
/** Said after the thing and not instead of it. */
const AFTER = new Set(
  (
    'v b prod production dev development test testing staging stage live sandbox qa uat local old new current ' +
    'previous next default value string str text base raw plain plaintext cleartext encoded literal data hex ' +
    'primary secondary main backup ro rw in ci'
  ).split(' '),
);
const isAfter = (word: string) => AFTER.has(word) || /^\d+$/.test(word);
/** `pageToken` leads to the next page, a public key is public, a CSRF token dies with its form. */
const HARMLESS = new Set(
  (
    'public pub publishable page next continuation sync csrf xsrf cancel cancellation syntax lexer parser eos ' +
    'bos pad unk cls sep mask end start stop special design primary foreign cache sort partition no is has ' +
    'show hide forgot reset change confirm invalid wrong missing'
  ).split(' '),
);

/** The words of a name in lower case: `dbPassword_2` gives db, password, 2. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .replace(/([A-Za-z])(\d)/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
    .map((word) => word.toLowerCase());
}

/** Whether what a name is given is a secret if it is a literal at all. */
export function isCredentialName(name: string): boolean {
  const words = wordsOf(name);
  while (words.length > 1 && isAfter(words.at(-1) ?? '')) words.pop();
  const last = words.at(-1) ?? '';
  const before = words.at(-2) ?? '';
  if (HARMLESS.has(before) || (words.length > 2 && HARMLESS.has(words.at(-3) ?? '') && last === 'key')) return false;
  if (last === 'key') return OF_KEY.has(before);
  return WHOLE.has(last) || ENDS.test(last);
}

/** Passwords are chosen by people, the others by machines. */
export function isPasswordName(name: string): boolean {
  return wordsOf(name).some((word) => /^(?:\w*pass(?:word|wd|phrase|wort)?|pwd|pw|psk)$/.test(word));
}
