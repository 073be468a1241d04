import { blobText, blobTexts } from '../workspace/git/revision.ts';
import type { BlobText } from '../workspace/git/revision.ts';
import type { SkipOptions } from '../workspace/files/skip.ts';

export interface CommittedFilesOptions {
  readonly root: string;
  /** The commit's hash. */
  readonly commit: string;
  /** The blob id of each file that may be read, by its path below the root. */
  readonly ids: ReadonlyMap<string, string>;
  /** By which rules a file is read. */
  readonly rulesOf: (path: string) => SkipOptions;
}

/** The files of a commit that may be read, each as git has it and never as it lies on disk. */
export class CommittedFiles {
  readonly #options: CommittedFilesOptions;

  constructor(options: CommittedFilesOptions) {
    this.#options = options;
  }

  get commit(): string {
    return this.#options.commit;
  }

  get root(): string {
    return this.#options.root;
  }

  /** Blob ids by path. */
  get ids(): ReadonlyMap<string, string> {
    return this.#options.ids;
  }

  /** A file by the rules of one on disk. Throws the signal's reason. */
  async read(path: string, signal?: AbortSignal): Promise<BlobText> {
    const { root, ids, rulesOf } = this.#options;
    const id = ids.get(path);
    if (id === undefined) return { kind: 'skipped', reason: 'unreadable' };
    return blobText(root, id, path, { ...rulesOf(path), signal });
  }

  /** Several at once, by their paths. Throws the signal's reason. */
  async readAll(paths: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, BlobText>> {
    const { root, ids, rulesOf } = this.#options;
    const wanted = paths.map((path) => ({ path, id: ids.get(path) ?? '', ...rulesOf(path) }));
    return blobTexts(root, wanted, signal);
  }

  /** Its text, secrets masked; undefined where there is none to be read. */
  async text(path: string): Promise<string | undefined> {
    const content = await this.read(path);
    return content.kind === 'text' ? content.text : undefined;
  }
}
