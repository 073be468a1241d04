import { isAppError } from '../../common/app-error.ts';
import { warnOfFailure } from '../notice.ts';
import { recoveryLabel } from '../status/recovery-actions.ts';

/**
 * Does a piece of work again as often as its user wants, where that may repair what went wrong. Whoever runs the
 * command says everything else.
 *
 * @returns undefined where the user lets it be
 * @throws what trying again does not repair
 */
export async function tryAgain<T>(work: () => Promise<T>): Promise<T | undefined> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isAppError(error) || error.action !== 'retry') throw error;
      if ((await warnOfFailure(error.editorText, recoveryLabel('retry'))) === 'dismissed') return undefined;
    }
  }
}
