import type { Attributed } from '../../src/chat/transcript.ts';
import { fill, linesText } from '../../src/chat/strings.ts';
import type { Strings } from '../../src/chat/strings.ts';
import { framed } from './code-block.ts';
import type { Context } from './context.ts';
import { h } from './dom.ts';
import { rendered } from './markdown.ts';
import { filePlace } from './place.ts';
import { markSentences } from './sentence-mark.ts';
import { reveal, visible } from './visible.ts';

/** The source of some sentences: one row below the answer. */
export interface Cited {
  /** From 1, in the order of the answer. */
  readonly number: number;
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** Of a notebook, the place in its cells. */
  readonly cells?: string | undefined;
  /** The pieces of the answer that have this source, in the page. */
  readonly pieces: HTMLElement[];
}

export interface ShownAnswer {
  readonly nodes: readonly Node[];
  readonly cited: readonly Cited[];
}

/**
 * A whole answer for the page. Each of its sentences is marked: a number that leads to its citation, or a dotted line
 * where it has no source.
 *
 * @param known paths that the exchange speaks of; code that names one of them opens it
 * @param toCitation called with a citation's number
 */
export function shownAnswer(
  text: string,
  sentences: readonly Attributed[],
  known: ReadonlySet<string>,
  context: Context,
  toCitation: (number: number) => void,
): ShownAnswer {
  const root = h('div', {}, rendered(text));
  const blocks = framesAndLinks(root, known, context);
  const cited = mark(root, blocks, sentences, context, toCitation);
  reveal(root, context.strings.hiddenCharacter);
  return { nodes: [...root.childNodes].filter((node) => node.textContent !== '\n'), cited };
}

/** Finishes what is rendered of an answer that is still written. */
export function finishRendered(root: HTMLElement, known: ReadonlySet<string>, context: Context): void {
  framesAndLinks(root, known, context);
  reveal(root, context.strings.hiddenCharacter);
}

/** Frames code blocks, which it gives back, and links files. */
function framesAndLinks(root: HTMLElement, known: ReadonlySet<string>, context: Context): HTMLElement[] {
  const blocks = [...root.querySelectorAll('pre')].map((pre) => framed(pre, context));
  linkFiles(root, known, context);
  return blocks;
}

function mark(
  root: HTMLElement,
  blocks: readonly HTMLElement[],
  sentences: readonly Attributed[],
  { strings }: Context,
  toCitation: (number: number) => void,
): Cited[] {
  const cited = citations(sentences);
  const pieces = new Map<number, readonly HTMLElement[]>();
  const prose = sentences.flatMap(({ sentence }, at) =>
    sentence.kind === 'prose' ? [{ at, text: sentence.text }] : [],
  );
  const found = markSentences(
    root,
    prose.map(({ text }) => text),
  );
  for (const { index, pieces: own } of found) pieces.set(prose[index]?.at ?? -1, own);
  const filled = blocks.filter((block) => block.querySelector('pre')?.textContent !== '');
  const code = sentences.flatMap(({ sentence }, at) => (sentence.kind === 'code' ? [at] : []));
  code.forEach((at, index) => {
    const block = filled[index];
    if (block) pieces.set(at, [block]);
  });

  sentences.forEach((sentence, at) => {
    const own = pieces.get(at) ?? [];
    const last = own.at(-1);
    if (sentence.kind === 'unsupported') {
      for (const piece of own) {
        piece.classList.add('unsupported');
        piece.title = strings.unsupported;
        piece.setAttribute('role', piece.tagName === 'SPAN' ? 'mark' : 'group');
        piece.setAttribute('aria-description', strings.unsupported);
      }
      return;
    }
    const { path, start, end } = sentence.citation;
    const row = cited.find((each) => each.path === path && each.start === start && each.end === end);
    if (!row || !last) return;
    row.pieces.push(...own);
    const label = fill(strings.citation, row.number, visible(`${path}:${linesText(row, strings)}`));
    const number = h(
      'button',
      {
        type: 'button',
        class: 'cite',
        title: label,
        'aria-label': label,
        onclick: () => {
          toCitation(row.number);
        },
      },
      String(row.number),
    );
    if (last.classList.contains('code-block')) last.append(h('div', { class: 'code-cite' }, number));
    else outermost(last).after(h('sup', {}, number));
  });
  // Last, because a name that stands nowhere says more than a sentence without a source.
  sentences.forEach(({ unknown = [] }, at) => {
    markNames(pieces.get(at) ?? [], unknown, strings);
  });
  return cited;
}

/** Code in a sentence that names what stands in no file. */
function markNames(pieces: readonly HTMLElement[], unknown: readonly string[], { unknownName }: Strings): void {
  const codes = pieces.flatMap((piece) => [
    ...piece.querySelectorAll('code'),
    ...(piece.closest('code') ? [piece] : []),
  ]);
  for (const code of codes) {
    const names = new Set(code.textContent.match(/[\w$]+/g));
    if (!unknown.some((name) => names.has(name))) continue;
    code.classList.add('unknown-name');
    code.setAttribute('title', unknownName);
    code.setAttribute('aria-description', unknownName);
  }
}

/** Behind the code or the emphasis that a sentence ends in, not within. */
function outermost(piece: HTMLElement): HTMLElement {
  let element = piece;
  for (let up = element.parentElement; up; up = up.parentElement) {
    if (!up.matches('code, em, strong, s, span, button') || up.lastChild !== element) break;
    element = up;
  }
  return element;
}

/** The sources of an answer, each once. */
function citations(sentences: readonly Attributed[]): Cited[] {
  const places = new Map<string, Cited>();
  for (const sentence of sentences) {
    if (sentence.kind === 'unsupported') continue;
    const { path, start, end, cells } = sentence.citation;
    const key = `${start}-${end}:${path}`;
    if (!places.has(key)) places.set(key, { number: places.size + 1, path, start, end, cells, pieces: [] });
  }
  return [...places.values()];
}

/** Links and code that name a file open it. Every other link is text, with where it leads. */
function linkFiles(root: HTMLElement, known: ReadonlySet<string>, { strings, post }: Context): void {
  for (const link of root.querySelectorAll<HTMLElement>('span.link')) {
    const target = link.dataset['target'] ?? '';
    const place = filePlace(target);
    if (place) link.replaceWith(opener(place, [...link.childNodes]));
    else if (target !== '' && link.textContent !== target) link.append(` (${target})`);
  }
  for (const code of root.querySelectorAll('code')) {
    if (code.closest('pre, button')) continue;
    const place = filePlace(code.textContent);
    if (place && known.has(place.path)) code.replaceWith(opener(place, [code.cloneNode(true)]));
  }

  function opener(place: NonNullable<ReturnType<typeof filePlace>>, children: readonly Node[]): HTMLElement {
    const title = fill(strings.openAt, visible(place.path));
    const onclick = () => {
      post({ kind: 'open', ...place });
    };
    return h('button', { type: 'button', class: 'file-link', title, onclick }, ...children);
  }
}
