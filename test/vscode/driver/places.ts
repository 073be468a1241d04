import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The repository's top. */
export const ROOT = join(import.meta.dirname, '../../..');
/** Where screenshots of passing and failing tests go; git ignores it. */
export const SCREENSHOTS = join(import.meta.dirname, '../screenshots');
/** The smallest extension, on which the driver itself is tested. */
export const PROBE = join(import.meta.dirname, '../fixtures/probe');
/** The extension that changes settings for the tests. */
export const STEERING = join(import.meta.dirname, '../fixtures/steering');

export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** Folder of the VS Code that setup.sh has built. Throws SetupError where there is none. */
export function codeFolder(): string {
  const setup = readFileSync(join(import.meta.dirname, '../setup.sh'), 'utf8');
  const version = /^version=(.+)$/m.exec(setup)?.[1] ?? '';
  const folder = process.env.CODE_SERVER ?? join(homedir(), '.cache/ask-codebase', `code-server-${version}`);
  if (!existsSync(join(folder, 'complete'))) {
    throw new SetupError(`There is no VS Code in ${folder}. Run sh test/vscode/setup.sh once.`);
  }
  return folder;
}

/** The Chromium that shows the workbench. Throws SetupError where there is none. */
export function chromiumPath(): string {
  const path = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(path)) throw new SetupError(`There is no Chromium at ${path}. Run sh test/vscode/setup.sh once.`);
  return path;
}
