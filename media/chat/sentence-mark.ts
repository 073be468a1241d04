import { textNodes } from './visible.ts';

/**
 * A sentence of an answer and where it was found in the page: pieces of text, one for each element that it runs
 * through.
 */
export interface MarkedSentence {
  readonly index: number;
  readonly pieces: readonly HTMLElement[];
}

const LETTER = /[\p{L}\p{N}]/u;
const MUTE = /[^\p{L}\p{N}]+/gu;
/** What may stand behind the last letter of a sentence and still be its own. */
const MARKS = /^[^\s\p{L}\p{N}]+/u;

/** What is left of Markdown when its marks are gone: letters and digits. Link targets are no part of what is shown. */
function letters(text: string): string {
  const shown = text.replace(/^\s*(?:[-*+]|\d+[.)])\s+/, '').replace(/\]\([^()\s]*\)/g, ']');
  return shown.replace(MUTE, '');
}

/**
 * Wraps each sentence of an answer in `span.sentence` where it stands in the rendered answer. The sentences are
 * Markdown and the page is not, so they are compared by their letters and digits, in order; one that is not found is
 * left unmarked.
 */
export function markSentences(root: Element, sentences: readonly string[]): MarkedSentence[] {
  const nodes = textNodes(root).filter((node) => !node.parentElement?.closest('pre'));
  let stream = '';
  /** For each letter of the stream, its node and its place in that node. */
  const places: { node: number; offset: number }[] = [];
  nodes.forEach((node, at) => {
    let offset = 0;
    for (const character of node.data) {
      if (LETTER.test(character)) {
        stream += character;
        for (let unit = 0; unit < character.length; unit += 1) places.push({ node: at, offset });
      }
      offset += character.length;
    }
  });

  const ranges: Range[] = [];
  let from = 0;
  sentences.forEach((sentence, index) => {
    const wanted = letters(sentence);
    const at = wanted === '' ? -1 : stream.indexOf(wanted, from);
    const first = places[at];
    const last = places[at + wanted.length - 1];
    if (at < 0 || !first || !last) return;
    from = at + wanted.length;
    ranges.push({ index, first, ...end(nodes, last) });
  });
  const found = wrap(nodes, ranges);
  root.normalize();
  return found;
}

interface Range {
  readonly index: number;
  readonly first: LetterPlace;
  readonly lastNode: number;
  /** Behind the last character in that node. */
  readonly behind: number;
}

interface LetterPlace {
  readonly node: number;
  readonly offset: number;
}

/** From the end, so that offsets before a wrapped piece stay true. */
function wrap(nodes: readonly Text[], ranges: readonly Range[]): MarkedSentence[] {
  return ranges
    .toReversed()
    .map(({ index, first, lastNode, behind }) => {
      const pieces: HTMLElement[] = [];
      for (let at = lastNode; at >= first.node; at -= 1) {
        const node = nodes[at];
        if (!node) continue;
        const start = at === first.node ? opened(node.data, first.offset) : 0;
        const end = at === lastNode ? behind : node.data.length;
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

/**
 * It ends behind its full stop, quote and bracket, even where those stand outside of the code or the link that ends it.
 */
function end(nodes: readonly Text[], { node, offset }: LetterPlace): Pick<Range, 'lastNode' | 'behind'> {
  const text = nodes[node]?.data ?? '';
  const letter = String.fromCodePoint(text.codePointAt(offset) ?? 0).length;
  const behind = offset + letter + (MARKS.exec(text.slice(offset + letter))?.[0].length ?? 0);
  const next = nodes[node + 1];
  if (behind < text.length || !next || block(next) !== block(nodes[node])) return { lastNode: node, behind };
  const more = MARKS.exec(next.data)?.[0].length ?? 0;
  return more > 0 ? { lastNode: node + 1, behind: more } : { lastNode: node, behind };
}

function block(node: Text | undefined): Element | null | undefined {
  return node?.parentElement?.closest('p, li, td, th, blockquote, h1, h2, h3, h4, h5, h6, div');
}
