import { EXIT } from './exit.ts';
import { err, out } from './output.ts';

/**
 * Ends the command when nobody reads its output any more (`verify | head -1`), without a word, and with a sentence when
 * the output cannot be written for another reason. A closed error stream ends nothing: the output may still be read.
 */
export function endWithReader(): void {
  out.target.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.unread);
    err.rows(`The output cannot be written (${error.code ?? error.message}). Check the disk, or write it elsewhere.`);
    process.exit(EXIT.failed);
  });
  err.target.on('error', () => undefined);
}
