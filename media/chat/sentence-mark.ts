import { textNodes } from './visible.ts';

/** A sentence of an answer and where it was found in the page: pieces of text, one for each element that it runs through. */
export interface Found {
  readonly index: number;
  readonly pieces: readonly HTMLElement[];
}

const TELLING = /[\p{L}\p{N}]/u;
const MUTE = /[^\p{L}\p{N}]+/gu;

/** What is left of Markdown when its marks are gone: letters and digits. Link targets are no part of what is shown. */
function letters(text: string): string {
  const shown = text.replace(/^\s*(?:[-*+]|\d+[.)])\s+/, '').replace(/\]\([^()\s]*\)/g, ']');
  return shown.replace(MUTE, '');
}

/**
 * Wraps each sentence of an answer in `span.sentence` where it stands in the rendered answer. The sentences are Markdown and
 * the page is not, so they are compared by their letters and digits, in order; one that is not found is left unmarked.
 */
export function markSentences(root: Element, sentences: readonly string[]): Found[] {
  const nodes = textNodes(root).filter((node) => !node.parentElement?.closest('pre'));
  let stream = '';
  /** For each letter of the stream, its node and its place in that node. */
  const places: { node: number; offset: number }[] = [];
  nodes.forEach((node, at) => {
    let offset = 0;
    for (const character of node.data) {
      if (TELLING.test(character)) {
        stream += character;
        for (let unit = 0; unit < character.length; unit += 1) places.push({ node: at, offset });
      }
      offset += character.length;
    }
  });

  const ranges: { index: number; first: Place; last: Place }[] = [];
  let from = 0;
  sentences.forEach((sentence, index) => {
    const wanted = letters(sentence);
    const at = wanted === '' ? -1 : stream.indexOf(wanted, from);
    const first = places[at];
    const last = places[at + wanted.length - 1];
    if (at < 0 || !first || !last) return;
    from = at + wanted.length;
    ranges.push({ index, first, last });
  });
  const found = wrap(nodes, ranges);
  root.normalize();
  return found;
}

interface Place {
  readonly node: number;
  readonly offset: number;
}

/** From the end, so that offsets before a wrapped piece stay true. */
function wrap(nodes: readonly Text[], ranges: readonly { index: number; first: Place; last: Place }[]): Found[] {
  return ranges
    .toReversed()
    .map(({ index, first, last }) => {
      const pieces: HTMLElement[] = [];
      for (let at = last.node; at >= first.node; at -= 1) {
        const node = nodes[at];
        if (!node) continue;
        const start = at === first.node ? opened(node.data, first.offset) : 0;
        const end = at === last.node ? closed(node.data, last.offset) : node.data.length;
        if (node.data.slice(start, end).trim() === '') continue;
        node.splitText(end);
        const inner = node.splitText(start);
        const piece = document.createElement('span');
        piece.className = 'sentence';
        inner.replaceWith(piece);
        piece.append(inner);
        pieces.unshift(piece);
      }
      return { index, pieces };
    })
    .toReversed();
}

/** A sentence begins with the quote or bracket before its first letter. */
function opened(text: string, offset: number): number {
  const before = /[^\s\p{L}\p{N}]+$/u.exec(text.slice(0, offset));
  const mark = before?.[0] ?? '';
  return /^["'“‘([{<@#$.-]+$/.test(mark) ? offset - mark.length : offset;
}

/** It ends behind its full stop, quote and bracket. */
function closed(text: string, offset: number): number {
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  const after = offset + character.length;
  return after + (/^[^\s\p{L}\p{N}]+/u.exec(text.slice(after))?.[0].length ?? 0);
}
