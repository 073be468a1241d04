import { openBlock, rendered } from './markdown.ts';
import type { References } from './markdown.ts';
import { reconcile } from './dom.ts';

/**
 * An answer while it is written. Only its last block, which may still change, is parsed and drawn anew; all blocks
 * before it stay the nodes that they are, so that a token costs no more at the end of an answer than at its beginning.
 */
export class GrowingAnswer {
  readonly #root: HTMLElement;
  readonly #finish: (drawn: HTMLElement) => void;
  /** The text of the blocks that may still change. */
  #open = '';
  /** Children of the root that stay. */
  #settled = 0;
  readonly #references: References = {};

  /**
   * @param root what the answer is drawn in
   * @param finish puts frames, links and marks into what was rendered
   */
  constructor(root: HTMLElement, finish: (drawn: HTMLElement) => void) {
    this.#root = root;
    this.#finish = finish;
    root.replaceChildren();
  }

  append(text: string): void {
    this.#open += text;
  }

  draw(): void {
    const at = openBlock(this.#open);
    if (at > 0) {
      const settled = this.#nodes(this.#open.slice(0, at), this.#references);
      reconcile(this.#root, settled, this.#settled);
      this.#settled += settled.length;
      this.#open = this.#open.slice(at);
    }
    // What an open block defines may not be whole yet.
    reconcile(this.#root, this.#nodes(this.#open, { ...this.#references }), this.#settled);
  }

  #nodes(text: string, references: References): Node[] {
    const drawn = document.createElement('div');
    drawn.append(rendered(text, references));
    this.#finish(drawn);
    return [...drawn.childNodes].filter((node) => node.textContent !== '\n');
  }
}
