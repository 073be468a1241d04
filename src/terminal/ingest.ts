import { duration } from './progress.ts';
import { EXIT, refresh, withCodebase } from './session.ts';
import type { CommonOptions } from './session.ts';

/** Brings the memory up to the files on disk and says what that took. */
export async function ingestCommand(options: CommonOptions): Promise<number> {
  return withCodebase(options, async (session) => {
    const report = await refresh(session, options);
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify(report)}\n`);
      return EXIT.done;
    }
    const { read, unchanged, removed, skipped, failed, encoded, reused, tokens, milliseconds } = report;
    const seconds = milliseconds / 1000;
    process.stdout.write(
      `${read} files read, ${unchanged} unchanged, ${removed} gone, ${skipped} skipped, ${failed} failed.\n` +
        `${encoded} segments encoded (${tokens} tokens), ${reused} known already, in ${duration(seconds)}.\n`,
    );
    return failed > 0 ? EXIT.failed : EXIT.done;
  });
}
