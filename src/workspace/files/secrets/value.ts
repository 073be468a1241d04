/** Whole values that say "put yours here", or that are a type, a state or the name of the thing itself. */
const STAND_INS =
  /^(?:password|passwd|passphrase|pass|pwd|secret|secrets|token|tokens|key|apikey|api[_-]?key|credentials?|username|user|none|null|nil|undefined|true|false|yes|no|on|off|empty|default|string|str|text|number|int|bool|boolean|object|any|unknown|optional|required|redacted|removed|hidden|masked|sensitive|todo|tbd|fixme|n\/?a|foo(?:bar)?|bar|baz|qux|test(?:ing)?|demo|value|some[_-]?value|auto|generate[d]?|random|inherit|env|environment|file|vault|aws|gcp|plain|basic|bearer|oauth2?|jwt|hidden|prompt|ask)$/i;
/** Pieces that no real value holds. */
const EXAMPLE_WORDS =
  /example|change[_-]?(?:me|it|this)|placeholder|replace[_-]?(?:me|this|with)|your[_-]|(?:^|[_-])your|insert[_-]|(?:put|add|enter|paste|set)[_-](?:your|a|the|here|it|me)|(?:token|key|secret|password|value)[_-]?(?:goes)?[_-]?here|not[_-]a?[_-]?(?:real|secret)|dummy|lorem|redacted|xxxxx|\*{3}|\.{3}|…|1234567|abcdefg|qwerty|deadbeef|cafebabe/i;
/**
 * An expression that some program fills in: templates, variables of shells and of build tools, references to a vault.
 */
const EXPRESSION =
  /^(?:\$(?:[A-Za-z_][\w.]*$|\{|\()|%[\w.-]+%|@[\w.-]+@$|#\{|\{\{|\{%|<%|<[^<>]{1,80}>$|\[[^\]]{1,80}\]$|\{[\w.$ -]{0,60}\}$|![a-z]+(?:\s|$)|[&*]\w+$|ENC[[(]|Ag[A-D][A-Za-z0-9+/]{150}|\$ANSIBLE_VAULT|(?:arn|op|vault|ssm|secretsmanager|keyvault|sm|awssm|file|env|path|ref\+\w+|https?|urn|data|secret):|[A-Za-z]:\\)/;
const DOTTED = /^[a-z]\w*(?:\.(?:[a-z]\w*|\d{1,4}))+$/;
const PATH = /^(?:\.{0,2}|~|[\w.-]+)\/[\w./@-]*$/;
/** Inside the value: `prefix-${TOKEN}`, `{{ .Values.x }}`, `#{x}`, `%{x}`, `<your-token>`, and format strings. */
const EXPRESSION_INSIDE = /\$\{|\$\(|\{\{|\}\}|#\{|%\{|<%|%[sdv](?![A-Za-z0-9])|%\([a-z]+\)s|<[a-z][\w -]{2,40}>/i;
/** Code that reads the value from elsewhere. */
const LOOKED_UP =
  /\b(?:process\.env|import\.meta\.env|os\.environ|getenv|env\(|ENV\[|Deno\.env|System\.(?:getenv|getProperty)|viper\.|config[.([]|settings\.|secrets\.|vars\.|var\.|local\.|data\.|module\.|params\.|props\.|self\.|this\.|args\.|options\.)/;

/** UTF-16 units that are looked at of a long value. */
const SEEN = 256;

/** Whether a value is a stand-in for a secret: an example, an expression, a word. Entropy is not looked at here. */
export function isPlaceholder(value: string): boolean {
  const bare = value.slice(0, SEEN).trim();
  if (bare.length < 3 || new Set(bare).size < 3) return true;
  if (STAND_INS.test(bare) || EXAMPLE_WORDS.test(bare)) return true;
  if (EXPRESSION.test(bare) || EXPRESSION_INSIDE.test(bare) || LOOKED_UP.test(bare)) return true;
  if ((PATH.test(bare) || DOTTED.test(bare)) && !looksRandom(bare)) return true;
  // Prose: a label, a hint, a translation.
  return /^\P{N}+$/u.test(bare) && /^.[^]*?\s./.test(bare);
}

/** Shannon's entropy of the characters, in bits for each. */
export function entropyOf(value: string): number {
  const counts = new Map<string, number>();
  for (const char of value) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}

const RANDOM = {
  /** Characters; a shorter random value is rather a password. */
  shortest: 16,
  longest: 4096,
  /**
   * Steps from one class of characters (lower, upper, digit) to another, per character: random base 36 has 0.4, words
   * have 0.1.
   */
  steps: 0.22,
  bits: 3,
  hexBits: 2.8,
} as const;
const FAKE =
  /fake|dummy|sample|test|mock|stub|foobar|invalid|wrong|hello|world|lorem|p[a4@][s5$]{2}w[o0]rd|secret|token|expired?/i;

/** Whether a value looks as if a generator made it: no words, mixed classes, much entropy. */
export function looksRandom(value: string): boolean {
  if (value.length < RANDOM.shortest || value.length > RANDOM.longest) return false;
  const seen = value.slice(0, SEEN);
  if (!/^[\w+/=.~:!@#$%^&*-]+$/.test(seen) || FAKE.test(seen)) return false;
  const bare = seen.replace(/[^A-Za-z0-9]/g, '');
  const digits = bare.replace(/\D/g, '').length;
  if (digits < 2 || digits === bare.length) return false;
  let steps = 0;
  for (let i = 1; i < bare.length; i++) if (classOf(bare.charCodeAt(i)) !== classOf(bare.charCodeAt(i - 1))) steps++;
  if (steps / bare.length < RANDOM.steps) return false;
  if (isCounted(bare)) return false;
  return entropyOf(seen) >= (/^[0-9a-f-]+$/i.test(seen) ? RANDOM.hexBits : RANDOM.bits);
}

/** A word with signs and digits mixed in, as rules for passwords ask for. */
export function looksLikePassword(value: string): boolean {
  if (value.length < 8 || value.length > 128 || /\s/.test(value) || FAKE.test(value)) return false;
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9_.\-/:,;()[\]{}<>]/].filter((one) => one.test(value)).length;
  return classes === 4 || (classes === 3 && /\d/.test(value) && /[^A-Za-z0-9_.\-/:,;()[\]{}<>]/.test(value));
}

/** `a1b2c3d4e5f6`: letters and digits that count up, as people type them. */
function isCounted(bare: string): boolean {
  const letters = bare.replace(/\d/g, '').toLowerCase();
  const digits = bare.replace(/\D/g, '');
  return 'abcdefghijklmnopqrstuvwxyz'.includes(letters) && '0123456789012345678901234567890'.includes(digits);
}

function classOf(code: number): number {
  if (code >= 97) return 0;
  return code >= 65 ? 1 : 2;
}
