import { readText } from '../../src/workspace/files/file.ts';
import { walk } from '../../src/workspace/walk/walk.ts';

/** A file that may be found, with its text. */
export interface Candidate {
  readonly path: string;
  readonly text: string;
}

/** The files that the project itself would read, by path: the same list for every system. */
export async function readCandidates(root: string, signal: AbortSignal): Promise<Candidate[]> {
  const files: Candidate[] = [];
  for await (const { kind, path } of walk(root, { signal })) {
    if (kind === 'skipped') continue;
    const file = await readText(root, path);
    if (file.kind === 'text') files.push({ path, text: file.text });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
