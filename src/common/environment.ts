import { isAbsolute } from 'node:path';

/** An environment variable that cannot be used; the message names it and says what to do. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/**
 * The folder that an environment variable names; undefined where it is unset or empty.
 *
 * @throws EnvironmentError for a relative path, which would mean another folder wherever the program is started
 */
export function environmentFolder(name: string): string | undefined {
  const value = process.env[name];
  if (value === undefined || value === '') return undefined;
  if (isAbsolute(value)) return value;
  throw new EnvironmentError(`${name} must be an absolute path, and "${value}" is not. Set it to one, or unset it.`);
}
