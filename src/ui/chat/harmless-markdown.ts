import MarkdownIt from 'markdown-it';
import type { Token } from 'markdown-it';
import { printable } from '../../common/printable.ts';

/*
 * Markdown of a model that read files of unknown origin, for places whose renderer is not ours: a preview, an issue, a mail.
 * There an image is fetched as soon as it is shown, and its address can carry what the model has read.
 */

/** Reads more as a link than any renderer should, so that what it takes for text is text everywhere. */
const reader = new MarkdownIt({ html: true, linkify: true });
reader.linkify.set({ fuzzyEmail: true, fuzzyIP: true, fuzzyLink: true });

const DANGEROUS: ReadonlySet<string> = new Set(['image', 'link_open', 'html_block', 'html_inline']);
/** What other dialects make of a text: addresses, marks of images, links and footnotes, tags, entities, formulas. */
const SUSPICIOUS =
  /\b(?:https?|ftps?|mailto|xmpp|file|data|blob|javascript|vbscript|command|vscode(?:-\w+)?):|\]\s*[([]|\[\[|\[\^|!\[|<[a-z/!?]|&#?\w+;|\$[^\s\d]|\bwww\.|[\\/]{2}\w/i;
/** Languages whose blocks are drawn and not shown, links and images among them. */
const DRAWN = /^(mermaid|math|latex|tex|geojson|topojson|stl|svg|html|plantuml|graphviz|dot)\b/i;

/**
 * The same Markdown with nothing in it that is fetched, followed or run. A block that holds an image, a link, markup or
 * anything alike is written as plain text, addresses included; code stays as it is, and a fence that was left open is closed.
 */
export function harmless(markdown: string): string {
  const text = printable(markdown, 'block');
  const lines = text.split('\n');
  const blocks: string[] = [];
  const tokens = reader.parse(text, {});
  for (const [at, token] of tokens.entries()) {
    if (token.level !== 0 || token.nesting < 0 || !token.map) continue;
    const [from, to] = token.map;
    const own = lines.slice(from, to);
    if (token.type === 'fence') blocks.push(fence(token));
    else if (isHarmless(inside(tokens, at))) blocks.push(own.join('\n').trimEnd());
    else blocks.push(own.map(literal).filter(Boolean).join('  \n'));
  }
  return blocks.filter((block) => block !== '').join('\n\n');
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
    .replace(/\bwww\./gi, (found) => `${found.slice(0, -1)}\\.`);
}

/** The tokens of one block, those of its lines included. */
function inside(tokens: readonly Token[], at: number): Token[] {
  const end = tokens.findIndex(({ level, nesting }, later) => later > at && level === 0 && nesting <= 0);
  const own = tokens[at]?.nesting === 0 ? tokens.slice(at, at + 1) : tokens.slice(at, end < 0 ? undefined : end + 1);
  return own.flatMap((token) => [token, ...(token.children ?? [])]);
}

function isHarmless(tokens: readonly Token[]): boolean {
  return tokens.every(({ type, content, info }) => {
    if (type === 'fence') return !DRAWN.test(info.trim());
    return !DANGEROUS.has(type) && !(type === 'text' && SUSPICIOUS.test(content));
  });
}

/** A fence that is longer than any run inside it, with the language where that is nothing but a language. */
function fence({ content, info }: Token): string {
  const longest = Math.max(2, ...Array.from(content.matchAll(/`+/g), ([run]) => run.length));
  const mark = '`'.repeat(longest + 1);
  const [, language = ''] = /^\s*([\w+#.-]{1,20})/.exec(info) ?? [];
  return `${mark}${DRAWN.test(language) ? '' : language}\n${content}${content.endsWith('\n') || content === '' ? '' : '\n'}${mark}`;
}
