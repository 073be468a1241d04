import { ERRORS } from './error-codes.ts';
import type { Action, ErrorEntry } from './error-codes.ts';

export type AppErrorCode = keyof typeof ERRORS;
/** The codes of one part of the program: what begins with `ledger/`. */
export type CodeOf<Domain extends string> = Extract<AppErrorCode, `${Domain}/${string}`>;

const entries: Readonly<Record<AppErrorCode, ErrorEntry>> = ERRORS;

/** An error as a message carries it between threads and processes. */
export interface Failure {
  readonly code: AppErrorCode;
  readonly message: string;
}

/**
 * A failure that a person is told of: what has happened in one plain sentence, and what to do.
 *
 * The message is the terminal's and the log's; `editorText` is what the editor says. `cause` keeps what the system
 * said, for a log.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: AppErrorCode;
  /** What has happened, without the remedy. */
  readonly problem: string;

  /**
   * @param problem what has happened; the code's remedy is put after it. Left out, it is what the editor says.
   */
  constructor(code: AppErrorCode, problem = entries[code].text?.() ?? code, cause?: unknown) {
    const { remedy } = entries[code];
    super(remedy === undefined ? problem : `${problem} ${remedy}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.problem = problem;
  }

  /** The one thing that repairs it, in the editor. */
  get action(): Action {
    return entries[this.code].action;
  }

  get blame(): ErrorEntry['blame'] {
    return entries[this.code].blame;
  }

  /** The editor's sentence, in its language: the message may name files, and commands that an editor does not have. */
  get editorText(): string {
    return entries[this.code].text?.() ?? this.message;
  }

  /** The error that came through a message. Anything else than a failure becomes `unexpected`. */
  static from(failure: unknown): AppError {
    if (!isFailure(failure)) return new AppError('unexpected', 'Something failed and did not say how.');
    const error = new AppError(failure.code, failure.message);
    // The remedy came with it.
    error.message = failure.message;
    return error;
  }
}

/** Whether it is an AppError, with one of these codes where any is given. */
export function isAppError<Code extends AppErrorCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is AppError & { readonly code: Code } {
  return error instanceof AppError && (codes.length === 0 || codes.some((code) => code === error.code));
}

/** Whether it is an AppError of this part of the program. */
export function isErrorOf<Domain extends string>(
  error: unknown,
  domain: Domain,
): error is AppError & { readonly code: CodeOf<Domain> } {
  return error instanceof AppError && error.code.startsWith(`${domain}/`);
}

/** What was thrown, as one that a person can be told of. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
    return new AppError('disk/full', 'The disk is full. Free some space and run the command again.', error);
  }
  return new AppError('unexpected', error instanceof Error ? error.message : String(error), error);
}

/** What was thrown, with its stack where it has one: for a log. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function isFailure(failure: unknown): failure is Failure {
  if (typeof failure !== 'object' || failure === null || !('code' in failure) || !('message' in failure)) return false;
  return typeof failure.code === 'string' && Object.hasOwn(ERRORS, failure.code) && typeof failure.message === 'string';
}
