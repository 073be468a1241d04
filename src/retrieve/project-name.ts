import type { FolderIndex } from '../index/folder-index.ts';
import type { NamedPath } from './named-path.ts';

/** Endings that products have in their names as well as files. */
const PRODUCT_ENDING = /\.(?:js|io|py|ts|rs|go|rb|ai|sh|net|dev|app|com|org|cc|IO|NET|AI)$/;
/** Of these, the ones that tell a product by its capitals alone; `User.rb` is a file that somebody writes so. */
const CAPITAL_ENDING = /\.(?:js|io|net|ai|dev|app|com|org|IO|NET|AI)$/;
/** Products whose names end like a file's, as somebody may begin a sentence with them. */
const PRODUCTS =
  /^(?:node|deno|vue|next|nuxt|nest|express|react|angular|ember|backbone|svelte|three|d3|p5|chart|moment|socket|electron|meteor|sails|hapi|koa|knockout|handlebars|underscore|alpine|babylon|pixi|phaser|ethers|web3|discord|asp|ml|day|video|anime|matter|paper|lit|polymer)$/;
/** `the file express.js`, `express.js file` */
const FILE_BEFORE =
  /(?:files?|modules?|scripts?|datei(?:en)?|modul|skript|fichiers?|archivos?|arquivos?|文件|ファイル|파일)[\s:]*["'`“(]*$/iu;
const FILE_AFTER =
  /^["'`”)]*\s{0,3}[-–]?\s{0,3}(?:files?|modules?|scripts?|datei|modul|skript|fichier|archivo|arquivo|文件|ファイル|파일)/iu;
const SENTENCE_START = /(?:^|[.!?:\n]\s*)["'(]*$/;

/**
 * Whether a name is that of a product and of no file: "How does Express.js handle errors?" is not about
 * `lib/express.js`. A folder, quotation marks, lines or the word "file" beside it make it a file's; so do its letters
 * when they are the file's own, unless the project is called so.
 *
 * @param project what the project is called, in small letters
 */
export function isProduct(name: NamedPath, project: ReadonlySet<string>): boolean {
  const { kind, spoken, before, after, isExact, isMarked, parts } = name;
  if (kind === 'folder' || parts > 1 || isMarked || before.endsWith('/') || !PRODUCT_ENDING.test(spoken)) return false;
  if (FILE_BEFORE.test(before) || FILE_AFTER.test(after)) return false;
  const stem = spoken.slice(0, spoken.lastIndexOf('.')).toLowerCase();
  if (project.has(stem) || project.has(spoken.toLowerCase())) return true;
  if (isExact || !CAPITAL_ENDING.test(spoken)) return false;
  const isSentenceCase = /^\p{Lu}\P{Lu}*$/u.test(spoken) && SENTENCE_START.test(before);
  return /\p{Lu}/u.test(spoken) && (!isSentenceCase || PRODUCTS.test(stem));
}

/** Files that say at the root what the project is called, and where in them. */
const SAYS_NAME: readonly (readonly [RegExp, RegExp])[] = [
  [/^(?:package|composer|deno)\.jsonc?$/i, /"name"\s*:\s*"(?:@?[\w.-]+\/)?([\w.-]+)"/],
  [/^(?:pyproject|Cargo)\.toml$/i, /^\s*name\s*=\s*["']([\w.-]+)["']/m],
  [/^setup\.(?:py|cfg)$/i, /\bname\s*=\s*["']?([\w.-]+)/],
  [/^go\.mod$/, /^module\s+(?:\S*\/)?(?!v\d+\s*$)([\w.-]+)(?:\/v\d+)?\s*$/m],
  [/^readme(?:\.\w+)?$/i, /^(?:#\s+|=\s+|<h1[^>]*>\s*)?[^\p{L}\p{N}\n]{0,8}([\p{L}\p{N}][\w.-]*)/mu],
];
/** Characters of such a file that are looked at. */
const HEAD = 4_000;

/** What a project is called: its folder's name, and what its manifests and its README say. In small letters. */
export async function projectNames(index: FolderIndex): Promise<Set<string>> {
  const names = [index.root.split(/[/\\]/).at(-1) ?? ''];
  for (const path of index.paths()) {
    if (path.includes('/')) continue;
    const says = SAYS_NAME.find(([file]) => file.test(path))?.[1];
    if (!says) continue;
    const head = ((await index.lines(path)) ?? []).slice(0, 200).join('').slice(0, HEAD);
    names.push(says.exec(head)?.[1] ?? '');
  }
  const spelt = names.map((name) => name.toLowerCase()).filter((name) => name !== '');
  return new Set(spelt.flatMap((name) => [name, name.replace(/[.-](?:js|py|io|rs|go|net)$/, '')]));
}
