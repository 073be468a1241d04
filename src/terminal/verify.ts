import { compareWithFiles } from '../index/matches-disk.ts';
import { EXIT } from './exit.ts';
import { out } from './output.ts';
import { withFolderIndex } from './session.ts';
import type { CommonOptions } from './session.ts';

/** Paths that are listed of each kind. */
const LISTED = 20;

/**
 * Checks the database to the last checksum, makes every hash anew, and compares each remembered segment with
 * the file on disk. Runs nothing through the model. Exit code 1 where anything differs.
 */
export async function verifyCommand(options: CommonOptions): Promise<number> {
  return withFolderIndex(options, async ({ index, signal }) => {
    const verdict = await index.ledger.verify(signal);
    const files = verdict.kind === 'sound' ? await compareWithFiles(index, signal) : undefined;
    const differs = files === undefined || files.changed.length + files.gone.length + files.fresh.length > 0;
    if (options.json === true) {
      out.json({ equal: !differs, verdict, files });
      return differs ? EXIT.failed : EXIT.done;
    }
    if (verdict.kind === 'unsound') {
      const remedy =
        verdict.needs === 'repair'
          ? 'Run `ingest --repair`: only the files concerned are read again.'
          : 'Run `ingest --rebuild`: it is set aside and built anew from what can still be read.';
      out.rows(verdict.message, remedy);
      return EXIT.failed;
    }
    out.rows(
      `The database is whole: ${verdict.records} records match their checksums, and the hashes made anew are equal.`,
      ...(verdict.notEmbedded > 0 ? [`${verdict.notEmbedded} segments are not embedded yet.`] : []),
      `  set hash  ${verdict.setHash}`,
      `  tree hash ${verdict.treeHash}`,
    );
    if (files === undefined) return EXIT.failed;
    if (differs) {
      const what = `${files.equal} files on disk are what was read; these differ, and \`ingest\` reads them:`;
      out.rows(what, ...differing(files));
    } else {
      out.rows(`Equal: all ${files.equal} files on disk are, segment by segment, what was read.`);
    }
    return differs ? EXIT.failed : EXIT.done;
  });
}

function differing(files: Record<'changed' | 'gone' | 'fresh', readonly string[]>): string[] {
  const kinds = [
    ['changed', files.changed],
    ['gone', files.gone],
    ['new', files.fresh],
  ] as const;
  return kinds.flatMap(([kind, paths]) => [
    ...paths.slice(0, LISTED).map((path) => `  ${kind.padEnd(7)}  ${path}`),
    ...(paths.length > LISTED ? [`  ${kind.padEnd(7)}  and ${paths.length - LISTED} more`] : []),
  ]);
}
