import { asAppError } from '../common/app-error.ts';
import { EXIT, STOPPED } from './exit.ts';

export interface Failure {
  readonly message: string;
  readonly exitCode: number;
}

/** What a person at the terminal is told of an error, and the exit code. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Error && error.name === 'AbortError') {
    return { message: STOPPED, exitCode: EXIT.stopped };
  }
  const { code, message, blame } = asAppError(error);
  if (blame === 'bug') return { message: `Something unexpected happened: ${message}`, exitCode: EXIT.failed };
  // git tells in several lines, and only the first says what is wrong.
  const shown = code === 'git/failed' ? message.split('\n', 1).join('') : message;
  return { message: shown, exitCode: blame === 'usage' ? EXIT.usage : EXIT.failed };
}
