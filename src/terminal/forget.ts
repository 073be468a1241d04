import { AppError } from '../common/app-error.ts';
import { isAtOrBelow } from '../workspace/walk/below.ts';
import { EXIT } from './exit.ts';
import { out } from './output.ts';
import { withFolderIndex } from './session.ts';
import type { CommonOptions } from './session.ts';

/** Takes files, and all below folders, out of the memory for good, and prints the certificate. */
export async function forgetCommand(paths: readonly string[], options: CommonOptions): Promise<number> {
  return withFolderIndex(options, async ({ index, signal }) => {
    const asked = paths.map((path) => path.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, ''));
    const known = index.ledger.files().map(({ path }) => path);
    // A file that was deleted or renamed may still have records of its former versions.
    const former = index.ledger.hasFormer(asked.filter((path) => !known.includes(path)));
    for (const path of asked) {
      if (former.has(path) || known.some(isAtOrBelow([path]))) continue;
      throw new AppError(
        'ask/unknown-path',
        `Nothing under "${path}" is in the memory. Give paths as \`stats --files\` and \`recall\` show them.`,
      );
    }
    const meant = [...known.filter(isAtOrBelow(asked)), ...former];
    const certificate = await index.forget(meant, signal);
    if (options.json === true) out.json(certificate);
    else out.rows(certificate.message);
    return EXIT.done;
  });
}
