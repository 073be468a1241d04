import { MultiFolderSearch } from '../../../src/retrieve/multi-folder-search.ts';
import { evidenceFor } from '../../../src/evidence/gather.ts';
import type { EvidenceOptions } from '../../../src/evidence/gather.ts';
import type { Evidence } from '../../../src/evidence/evidence.ts';
import { withFolder } from '../memory/support.ts';
import { folderIndexOf } from '../retrieve/support.ts';

export type Files = Readonly<Record<string, string>>;

/** Evidence for a question over made-up files; only their words are indexed. */
export function evidenceOver(
  files: Files,
  question: string,
  options: EvidenceOptions = {},
  prepare: (root: string) => void = () => undefined,
): Promise<Evidence | undefined> {
  return withFolder(async (folder) => {
    const index = await folderIndexOf(folder, files);
    prepare(index.root);
    try {
      await index.indexWords({});
      return await evidenceFor(MultiFolderSearch.of(index), question, options);
    } finally {
      index.close();
    }
  });
}

/** Each item as `label path:start-end note`. */
export function shown(evidence: Evidence | undefined): string[] {
  return (evidence?.items ?? []).map(({ label, path, lines: { start, end }, note }) =>
    `${label} ${path}:${start === end ? start : `${start}-${end}`} ${note}`.trimEnd(),
  );
}
