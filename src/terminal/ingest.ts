import { EXIT } from './exit.ts';
import { out } from './output.ts';
import { duration } from './progress.ts';
import { refresh, withFolderIndex } from './session.ts';
import type { CommonOptions } from './session.ts';

export interface IngestCommand extends CommonOptions {
  /** Damaged parts are dropped first, and their files read again. */
  readonly repair?: boolean;
  /** The database is set aside first, and a new one begun with the records that can be read. */
  readonly rebuild?: boolean;
  /** Forgotten files are read again. */
  readonly remember?: boolean;
}

/** Brings the memory up to the files on disk and says what that took. */
export async function ingestCommand(options: IngestCommand): Promise<number> {
  return withFolderIndex(options, async (session) => {
    if (options.repair === true) await session.index.ledger.repair(session.signal);
    const report = await refresh(session, options);
    // A command that asks goes with its answer, so that nothing can be made behind it.
    if (report.encoded > 0) await session.index.engine.prepareAnswers({ signal: session.signal });
    if (options.json === true) {
      out.json(report);
      return EXIT.done;
    }
    const { read, unchanged, removed, skipped, failed, encoded, reused, tokens, milliseconds } = report;
    const seconds = milliseconds / 1000;
    out.rows(
      `${read} files read, ${unchanged} unchanged, ${removed} gone, ${skipped} skipped, ${failed} failed.`,
      `${encoded} segments encoded (${tokens} tokens), ${reused} known already, in ${duration(seconds)}.`,
    );
    return failed > 0 ? EXIT.failed : EXIT.done;
  });
}
