/**
 * Text in which paths are looked for: one form of each letter, `/` between folders. Paths of the index take the same
 * form, so that both can be compared character by character.
 */

/** Longer questions are pasted logs; what stands behind is not looked at. */
const LONGEST = 1_000_000;

/** Characters that no one sees: direction marks, joiners, byte order marks. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
/** `com.shop.Invoice.total(Invoice.java:12)`: the package is the folder. */
const JVM_FRAME = /(?<![\w$.])((?:[\w$]+\.)+)[\w$<>]+\(([\w$]+\.(?:java|kts?|scala|groovy|clj))/g;
/** Where a host shows a file of a repository: what stands before the path is no folder. */
const HOSTED =
  /https?:\/\/[^\s/]{1,200}\/[^\s?#]{1,300}?\/(?:blob|raw|blame|edit|tree|src\/(?:branch|commit|tag)|-\/(?:blob|raw|blame))\/[^\s/?#]+\//g;
const BITBUCKET = /https?:\/\/[^\s/]{0,100}bitbucket[^\s/]{0,100}\/[^\s/]{1,200}\/[^\s/]{1,200}\/src\/[^\s/?#]+\//g;

/** A path or a text without what only looks different: composed letters, nothing invisible. */
export function plainPath(path: string): string {
  return path.normalize('NFC').replace(INVISIBLE, '');
}

/** In small letters, with every character where it was. */
export function foldCase(text: string): string {
  const folded = text.toLowerCase();
  if (folded.length === text.length) return folded;
  return Array.from(text, (character) => {
    const small = character.toLowerCase();
    return small.length === character.length ? small : character;
  }).join('');
}

/**
 * The readings of a question, the most literal first. A backslash divides folders on Windows and keeps a bracket or a
 * space as it is in a shell; `%20` is a space in an address.
 */
export function readings(question: string): string[] {
  const text = plainPath(question.slice(0, LONGEST)).replace(BITBUCKET, ' ').replace(HOSTED, ' ');
  const texts = [text.replaceAll('\\ ', ' ')];
  if (/\\[[\](){}]/.test(text)) texts.push(text.replace(/\\(?=[[\](){} ])/g, ''));
  const decoded = text.includes('%') ? decode(text) : text;
  if (decoded !== text) texts.push(plainPath(decoded));
  const narrow = text.normalize('NFKC');
  if (narrow !== text) texts.push(narrow);
  return [...new Set(texts.map(withFolders))];
}

function withFolders(text: string): string {
  return text
    .replaceAll('\\', '/')
    .replace(JVM_FRAME, (_, owner: string, file: string) => `(${folderOf(owner)}${file}`)
    .replace(/\/(?:\.?\/)+/g, '/');
}

/** `com.shop.Invoice.` is of the folder `com/shop/`: a class begins with a capital. */
function folderOf(owner: string): string {
  const parts = owner.split('.').filter((part) => part !== '');
  const type = parts.findIndex((part) => /^[A-Z]/.test(part));
  return parts
    .slice(0, type < 0 ? -1 : type)
    .map((part) => `${part}/`)
    .join('');
}

/** Runs of `%XX` that are UTF-8; others stay as they are. */
function decode(text: string): string {
  return text.replace(/(?:%[\dA-Fa-f]{2})+/g, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
