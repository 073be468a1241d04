import type { SegmentPlace } from '../memory/records.ts';
import type { FolderIndex } from '../index/folder-index.ts';

/** Reads files of one folder index for one question, each at most once. */
export class Reader {
  readonly #index: FolderIndex;
  readonly #files = new Map<string, Promise<readonly string[]>>();

  constructor(index: FolderIndex) {
    this.#index = index;
  }

  /** The lines of a file as the user sees them; none where it cannot be read. */
  file(path: string): Promise<readonly string[]> {
    const known = this.#files.get(path);
    if (known) return known;
    const lines = this.#index.lines(path).then((read) => read ?? []);
    this.#files.set(path, lines);
    return lines;
  }

  async segment({ path, start, end }: SegmentPlace): Promise<readonly string[]> {
    return (await this.file(path)).slice(start - 1, end);
  }
}
