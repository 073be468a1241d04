import { exportMemory } from '../index/snapshot-io.ts';
import { checkTarget } from '../memory/snapshot/export.ts';
import { amounts } from '../common/number-format.ts';
import { EXIT } from './exit.ts';
import { err, out } from './output.ts';
import { refresh, withFolderIndex } from './session.ts';
import type { CommonOptions } from './session.ts';

const english = amounts('en');

export interface ExportCommand extends CommonOptions {
  /** Commander's form of --no-words. */
  readonly words: boolean;
  readonly program: string;
}

/** Brings the memory up to the files and writes it to one file. */
export async function exportCommand(file: string, options: ExportCommand): Promise<number> {
  checkTarget(file);
  return withFolderIndex(options, async (session) => {
    await refresh(session, options);
    const began = performance.now();
    const { header, bytes, lines, unportable, notEmbedded } = await exportMemory(session.index, file, {
      program: options.program,
      words: options.words ? 'kept' : 'omitted',
      signal: session.signal,
    });
    const milliseconds = Math.round(performance.now() - began);
    const bytesPerThousandLines = lines > 0 ? Math.round((1000 * bytes) / lines) : 0;
    if (options.json === true) {
      out.json({ file, bytes, lines, bytesPerThousandLines, milliseconds, header, unportable, notEmbedded });
      return EXIT.done;
    }
    for (const path of unportable) err.rows(`Left out, its name is no path elsewhere: ${path}`);
    for (const path of notEmbedded) err.rows(`Left out, not all of it is embedded yet: ${path}`);
    out.rows(
      `${file}: ${header.files} files, ${header.segments} segments, ${english.bytes(bytes)} ` +
        `(${english.bytes(bytesPerThousandLines)} per 1,000 lines), in ${milliseconds} ms.`,
      `  set hash ${header.setHash ?? ''}`,
      header.notice,
    );
    return EXIT.done;
  });
}
