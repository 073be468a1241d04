import { h } from './dom.ts';

/**
 * Characters that change how other characters look and are not seen themselves: controls, bidirectional embeddings and
 * isolates (CVE-2021-42574), zero-width marks, and tags. The two joiners are parts of words and of emoji.
 */
const HIDDEN = /[[\p{Cc}\p{Cf}\u2028\u2029]--[\t\n\r\u200C\u200D]]/gv;

const named = (character: string) => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** A text for a title or a label, in which such characters stand as `[U+202E]`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => `[${named(character)}]`);
}

/** Shows such characters wherever they stand below an element. */
export function reveal(root: Node, title: string): void {
  for (const node of textNodes(root)) {
    if (node.data.search(HIDDEN) < 0) continue;
    const parts: (string | Node)[] = [];
    let from = 0;
    for (const match of node.data.matchAll(HIDDEN)) {
      parts.push(node.data.slice(from, match.index), h('span', { class: 'hidden-character', title }, named(match[0])));
      from = match.index + match[0].length;
    }
    node.replaceWith(...parts, node.data.slice(from));
  }
}

/** All text below a node, in reading order. */
export function textNodes(root: Node): Text[] {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) if (node instanceof Text) found.push(node);
  return found;
}
