import type { SegmentPlace } from '../memory/records.ts';
import type { FolderIndex } from '../index/folder-index.ts';

/** Reads files of one codebase for one question, each at most once. */
export class Reader {
  readonly #codebase: FolderIndex;
  readonly #files = new Map<string, Promise<readonly string[]>>();

  constructor(codebase: FolderIndex) {
    this.#codebase = codebase;
  }

  /** The lines of a file as the user sees them; none where it cannot be read. */
  file(path: string): Promise<readonly string[]> {
    const known = this.#files.get(path);
    if (known) return known;
    const lines = this.#codebase.lines(path).then((read) => read ?? []);
    this.#files.set(path, lines);
    return lines;
  }

  async segment({ path, start, end }: SegmentPlace): Promise<readonly string[]> {
    return (await this.file(path)).slice(start - 1, end);
  }
}
