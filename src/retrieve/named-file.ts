import type { LineRange } from './named-lines.ts';
import { namedPaths } from './named-path.ts';
import type { NamedPath } from './named-path.ts';
import { isProduct } from './project-name.ts';

export const NAMED_FILE = {
  /**
   * What a file adds to its factor when the question names it, over the number of files that the same name fits; and
   * what a file below a folder that it names does (test/eval/README.md).
   */
  weight: { file: 20, folder: 2 },
  /** Part of that for a file whose name is spoken with another folder than its own. */
  elsewhere: 0.5,
  /** A frame of a stack counts by its distance from the place of the error: so much less for each frame. */
  frame: 0.3,
} as const;

/** What a question says about a file by naming it. */
export interface NamedFile {
  /** Added to the file's factor. */
  readonly added: number;
  /** Lines that the question names. */
  readonly lines: readonly LineRange[];
}

/** Python prints the place of the error last. */
const ERROR_LAST = /most recent call last|^[ \t]*File "[^"\n]+", line \d+/m;

/**
 * The files that a question names, by a path, the end of one or a file name, and those below a folder that it names by
 * a path, each with what that adds to its factor. Somebody who asks what `src/engine/client/engine.ts` does is not
 * helped by the files that use it.
 *
 * @param project what the project is called, in small letters: its name with an ending is no file's
 */
export function namedFiles(
  question: string,
  paths: readonly string[],
  project: ReadonlySet<string> = new Set(),
): Map<string, NamedFile> {
  const found = new Map<string, NamedFile>();
  const raise = (path: string, added: number, lines: readonly LineRange[] = []) => {
    const before = found.get(path);
    found.set(path, { added: Math.max(before?.added ?? 0, added), lines: [...(before?.lines ?? []), ...lines] });
  };
  const named = namedPaths(question, paths).filter((name) => !isProduct(name, project));
  const frames = framesOf(question, named);
  for (const name of named) {
    if (name.kind === 'folder') {
      for (const path of paths) {
        if (name.paths.some((folder) => path.startsWith(`${folder}/`))) raise(path, NAMED_FILE.weight.folder);
      }
      continue;
    }
    const weight = NAMED_FILE.weight.file * (name.isWhole || name.parts > 1 ? 1 : NAMED_FILE.elsewhere);
    const distance = Math.max(0, frames.indexOf(name));
    const added = weight / name.paths.length / (1 + NAMED_FILE.frame * distance);
    for (const path of name.paths) raise(path, added, name.lines);
  }
  return found;
}

/** Frames of a stack, the place of the error first; none where the question is no trace. */
function framesOf(question: string, named: readonly NamedPath[]): readonly NamedPath[] {
  const frames = named.filter(({ kind, lines }) => kind === 'file' && lines.length > 0);
  if (frames.length < 2 || !question.includes('\n')) return [];
  return ERROR_LAST.test(question) ? frames.toReversed() : frames;
}
