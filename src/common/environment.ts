import { isAbsolute } from 'node:path';

import { AppError } from './app-error.ts';
/**
 * The folder that an environment variable names; undefined where it is unset or empty.
 *
 * @throws `command/environment` for a relative path, which would mean another folder wherever the program is started
 */
export function environmentFolder(name: string): string | undefined {
  const value = process.env[name];
  if (value === undefined || value === '') return undefined;
  if (isAbsolute(value)) return value;
  throw new AppError(
    'command/environment',
    `${name} must be an absolute path, and "${value}" is not. Set it to one, or unset it.`,
  );
}
