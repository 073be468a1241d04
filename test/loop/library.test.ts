import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { LIBRARY, MODELS, place, temporary } from './cli.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/library/where.js');

it('the example of the library finds the file, by the name of the package', async () => {
  const repo = place(temporary('library'), LIBRARY);
  const question = 'How many days may a reader keep a book before a late fee is due?';
  const env = { ...process.env, ASK_CODEBASE_HOME: temporary('home'), ASK_CODEBASE_MODELS: MODELS };
  const { stdout } = await promisify(execFile)(process.execPath, [EXAMPLE, repo, question], { env });
  const [best, lines] = stdout.split('\n');
  expect(best).toMatch(/^\d+\.\d % {2}src\/loans\.ts$/);
  expect(lines).toMatch(/lines 1 to \d+/);
  expect(stdout).toContain('Searched: 4 indexed files.');
});
