import { findRepository, folderReasons } from '../workspace/git/git.ts';
import { maskedSentence } from '../workspace/files/masked.ts';
import { EXIT } from './exit.ts';
import { out } from './output.ts';
import { amounts, counted, exactPercent } from '../common/number-format.ts';
import { withFolderIndex } from './session.ts';
import type { CommonOptions } from './session.ts';

const english = amounts('en');

/** What the memory holds, what was left out and why. Runs nothing through the model. */
export async function statsCommand(options: CommonOptions & { readonly files?: boolean }): Promise<number> {
  return withFolderIndex(options, async ({ index, signal }) => {
    const { ledger } = index;
    const totals = ledger.totals();
    const files = ledger.files();
    const lines = files.reduce((sum, file) => sum + (file.state.kind === 'ingested' ? file.lines : 0), 0);
    const left = files.flatMap((file) => (file.state.kind === 'ingested' ? [] : [{ path: file.path, ...file.state }]));
    const masked = files.flatMap(({ path, secrets }) =>
      secrets && secrets.masked.length > 0 ? [{ path, masked: secrets.masked }] : [],
    );
    const bytesPerThousandLines = lines > 0 ? Math.round((1000 * totals.databaseBytes) / lines) : 0;
    if (options.json === true) {
      const summary = { root: index.root, database: ledger.location, lines, bytesPerThousandLines, ...totals };
      out.json({ ...summary, skipped: left, masked });
      return EXIT.done;
    }
    const repository = await findRepository(index.root, signal);
    const isOdd = repository.kind === 'folder' && repository.reason !== 'no-repository';
    const withoutGit = isOdd ? folderReasons[repository.reason] : undefined;
    const { segments, notEmbedded, tokens } = totals;
    const sizes = [counted(totals.files.ingested, 'file'), counted(lines, 'line'), counted(segments, 'segment')];
    const embedded = `${segments - notEmbedded} of ${segments} segments are embedded`;
    out.rows(
      `Memory of ${index.root}`,
      `  ${sizes.join(', ')}, ${tokens} tokens`,
      ...(notEmbedded > 0 ? [`  ${embedded}; \`ingest\` embeds the rest`] : []),
      `  ${english.bytes(totals.databaseBytes)} on disk (${english.bytes(bytesPerThousandLines)} per 1,000 lines)`,
      `  in ${ledger.location}`,
      ...(withoutGit === undefined ? [] : [`  ${withoutGit}`]),
      `Left out: ${counted(left.length, 'file')} (${exactPercent(files.length > 0 ? left.length / files.length : 0)})`,
      ...totals.reasons.filter(({ kind }) => kind !== 'ingested').map(({ reason, files }) => `  ${files} ${reason}`),
      ...(options.files === true ? left.map(({ path, message }) => `    ${path}: ${message}`) : []),
      ...(masked.length > 0 ? [`With secrets masked: ${counted(masked.length, 'file')}`] : []),
      ...(options.files === true ? masked.map((file) => `    ${file.path}: ${maskedSentence(file.masked)}`) : []),
    );
    return EXIT.done;
  });
}
