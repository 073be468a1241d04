import { h } from './dom.ts';

/**
 * Characters that change how other characters look and are not seen themselves: controls, bidirectional embeddings and
 * isolates (CVE-2021-42574), zero-width marks, fillers and tags. The two joiners and the selectors of a letter's shape
 * are parts of words and of emoji; the signs of numbers in Arabic, Syriac and Kaithi are seen.
 */
const KEPT = String.raw`\t\n\r\p{Join_Control}\p{Variation_Selector}\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}`;
const HIDDEN = new RegExp(
  String.raw`[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[${KEPT}]]`,
  'gv',
);

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
