import MarkdownIt from 'markdown-it';
import type { Token } from 'markdown-it';
import { printable } from '../common/printable.ts';

/*
 * Markdown of a model that read files of unknown origin, for places whose renderer is not ours: a preview, an issue, a
 * mail. There an image is fetched as soon as it is shown, and its address can carry what the model has read.
 */

/** Reads more as a link than any renderer should, so that what it takes for text is text everywhere. */
const eager = new MarkdownIt({ html: true, linkify: true });
// A name such as README.md looks like an address too; no renderer that is known follows one without a scheme.
eager.linkify.set({ fuzzyEmail: true, fuzzyLink: false });
/** To this one a table is a paragraph, with all that its rows hold beyond the columns. */
const READERS = [eager, new MarkdownIt('commonmark', { html: true })];

const DANGEROUS: ReadonlySet<string> = new Set(['image', 'link_open', 'html_block', 'html_inline']);
/** What other dialects make of a text: addresses, marks of images, links and footnotes, tags, entities, formulas. */
const SUSPICIOUS =
  /\b(?:https?|ftps?|mailto|xmpp|file|data|blob|javascript|vbscript|command|vscode(?:-\w+)?):|\]\s*[([]|\[\[|\[\^|!\[|<[a-z/!?]|&#?\w+;|\$[^\s\d]|\bwww\.|[\\/]{2}\w/i;
/** Languages whose blocks are drawn and not shown, links and images among them. */
const DRAWN = /^(mermaid|math|latex|tex|geojson|topojson|stl|svg|html|plantuml|graphviz|dot)\b/i;

/**
 * The same Markdown with nothing in it that is fetched, followed or run. A block that holds an image, a link, markup or
 * anything alike is written as plain text, addresses included; code stays as it is, and a fence that was left open is
 * closed.
 */
export function harmless(markdown: string): string {
  const text = printable(markdown, 'block');
  const lines = text.split('\n');
  const blocks: string[] = [];
  for (const token of eager.parse(text, {})) {
    if (token.level !== 0 || token.nesting < 0 || !token.map) continue;
    const [from, to] = token.map;
    const own = lines.slice(from, to);
    const raw = own.join('\n').trimEnd();
    // Indented code would be read as a part of the list above it, where what stood between them is gone.
    if (token.type === 'fence' || token.type === 'code_block') blocks.push(fenced(token.content, token.info));
    else blocks.push(read(raw).every(isHarmless) && !defines(raw) ? raw : literalLines(own));
  }
  const whole = blocks.filter((block) => block !== '').join('\n\n');
  // Blocks were looked at one by one; should they mean something else together, nothing is believed.
  return read(whole).some(isLive) ? literalLines(lines) : whole;
}

function literalLines(lines: readonly string[]): string {
  return lines.map(literal).filter(Boolean).join('  \n');
}

/** One line that Markdown reads as nothing but text. */
export function literal(text: string): string {
  return printable(text.replace(/\s+/gu, ' ').trim())
    .replace(/[\\`*_{}[\]<>#|~&$!@]/g, '\\$&')
    .replace(
      /^(\s*)([-+=]|\d+[.)])/,
      (_, space: string, mark: string) => `${space}${mark.slice(0, -1)}\\${mark.slice(-1)}`,
    )
    .replace(/:(?=\S)/g, '\\:')
    .replace(/\/(?=\/)/g, '\\/')
    .replace(/\bwww\./gi, (found) => `${found.slice(0, -1)}\\.`);
}

/** All tokens that any reader finds. */
function read(markdown: string): Token[] {
  return READERS.flatMap((reader) => reader.parse(markdown, {})).flatMap((token) => [token, ...(token.children ?? [])]);
}

/** Whether it gives an address a name, by which another block, or another answer, could make a link. */
function defines(markdown: string): boolean {
  const env: NonNullable<Parameters<typeof eager.parse>[1]> = {};
  eager.parse(markdown, env);
  return Object.keys(env.references ?? {}).length > 0;
}

const isLive = ({ type }: Token) => DANGEROUS.has(type);

function isHarmless(token: Token): boolean {
  if (token.type === 'fence') return !DRAWN.test(token.info.trim());
  return !isLive(token) && !(token.type === 'text' && SUSPICIOUS.test(token.content));
}

/** Text in a fence that is longer than any run inside it, with the language where that is nothing but a language. */
export function fenced(text: string, info = ''): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const mark = '`'.repeat(longest + 1);
  const [, language = ''] = /^\s*([\w+#.-]{1,20})/.exec(info) ?? [];
  return `${mark}${DRAWN.test(language) ? '' : language}\n${text}${text.endsWith('\n') || text === '' ? '' : '\n'}${mark}`;
}
