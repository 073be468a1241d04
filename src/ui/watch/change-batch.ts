import { dependencyAbove } from '../../workspace/walk/dependency.ts';

/** When changed files are handed on. */
export const batching = {
  /** Milliseconds of silence after which a batch goes out: a save, a formatter's second save, a rename's two halves. */
  quiet: 100,
  /** … but never later than this after its first change. */
  most: 300,
  /** A batch with more paths becomes one walk: git lists 50,000 files faster than the host can count them. */
  paths: 200,
} as const;

/** What has changed in one root: some paths (relative, with `/`), or more than is worth counting. */
export type Changed = { readonly kind: 'paths'; readonly paths: readonly string[] } | { readonly kind: 'everything' };

/** Version control's own folders. */
const bookkeeping = /(?:^|\/)(?:\.git|\.hg|\.svn|\.jj)(?:\/|$)/;

/**
 * Gathers what changes in one root and hands it on in batches. While a walk of everything is under way no second one
 * begins; what is reported meanwhile is kept for one more after it. Single paths never wait for a walk.
 */
export class ChangeBatch {
  readonly #flush: (changed: Changed) => Promise<void>;
  #paths = new Set<string>();
  #everything = false;
  #first: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #walking = false;
  #disposed = false;

  constructor(flush: (changed: Changed) => Promise<void>) {
    this.#flush = flush;
  }

  /** One path of the root has changed, appeared or gone. A folder stands for all that is in it. */
  add(path: string): void {
    if (bookkeeping.test(path) || dependencyAbove(path) !== undefined) return;
    if (path === '') this.#everything = true;
    else this.#paths.add(path);
    if (this.#paths.size > batching.paths) this.#everything = true;
    this.#schedule();
  }

  /** So much may have changed that the root is to be walked. */
  addEverything(): void {
    this.#everything = true;
    this.#schedule();
  }

  /** Hands on at once what waits: somebody asks, and means the files as they are. */
  flush(): void {
    if (this.#first === undefined) return;
    clearTimeout(this.#timer);
    this.#send();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#disposed = true;
  }

  #schedule(): void {
    if (this.#disposed) return;
    const now = performance.now();
    this.#first ??= now;
    clearTimeout(this.#timer);
    const wait = Math.min(batching.quiet, Math.max(0, this.#first + batching.most - now));
    this.#timer = setTimeout(() => {
      this.#send();
    }, wait);
  }

  #send(): void {
    const paths = this.#paths;
    this.#paths = new Set();
    this.#first = undefined;
    if (this.#everything && !this.#walking) {
      this.#everything = false;
      this.#walking = true;
      void this.#flush({ kind: 'everything' }).finally(() => {
        this.#walking = false;
        if (this.#everything) this.#schedule();
      });
    } else if (paths.size > 0 && paths.size <= batching.paths) {
      void this.#flush({ kind: 'paths', paths: [...paths] });
    }
  }
}
