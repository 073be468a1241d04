import { importMemory } from '../index/snapshot-io.ts';
import { EXIT } from './exit.ts';
import { out } from './output.ts';
import { withFolderIndex } from './session.ts';
import type { CommonOptions } from './session.ts';

/** Takes over a snapshot of the same repository. Runs nothing through the model. */
export async function importCommand(file: string, options: CommonOptions): Promise<number> {
  return withFolderIndex(options, async ({ index, signal }) => {
    const began = performance.now();
    const { header, imported } = await importMemory(index, file, { signal });
    const milliseconds = Math.round(performance.now() - began);
    // A snapshot of version 1 has no set hash; its tree hash says as much of files and segments.
    const [setHash, treeHash] = [index.ledger.setHash().hex(), index.ledger.treeHash()];
    const equal = header.setHash === undefined ? treeHash === header.treeHash : setHash === header.setHash;
    if (options.json === true) {
      out.json({ file, milliseconds, ...imported, setHash, equal, header });
      return EXIT.done;
    }
    const { files, records } = imported;
    const forgotten = files.forgotten > 0 ? `, ${files.forgotten} forgotten here and left so` : '';
    out.rows(
      `${files.placed} files taken over, ${files.known} known already, ${files.different} other or missing here${forgotten}.`,
      `${records.added} records added, ${records.known} known already, in ${milliseconds} ms.`,
      equal
        ? `The index is equal to the exporter's: ${setHash}`
        : 'The index is not the exporter’s, because the files are not: `ingest` encodes what differs.',
    );
    return EXIT.done;
  });
}
