import { afterAll, afterEach, beforeAll } from 'vitest';
import { Code } from './code.ts';
import type { CodeOptions } from './code.ts';

/**
 * One VS Code for the tests of a file or of a `describe`: started before the first and ended after the last, because a
 * start takes some twenty seconds. A test that fails leaves its pictures and logs under test/vscode/screenshots/failed.
 */
export function useCode(options: () => CodeOptions): () => Code {
  let code: Code | undefined;
  beforeAll(async () => {
    code = await Code.start(options());
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail' || !code) return;
    console.error(`Pictures and logs of “${task.name}” are in ${await code.keep(task.name)}.`);
  });
  afterAll(async () => {
    await code?.stop();
  });
  return () => {
    if (!code) throw new Error('VS Code was not started.');
    return code;
  };
}
