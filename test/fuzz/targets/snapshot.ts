import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isErrorOf } from '../../../src/common/app-error.ts';
import { checked, exported } from '../../unit/memory/snapshot/support.ts';
import { promised } from '../target.ts';
import type { Target } from '../target.ts';

const folder = mkdtempSync(join(tmpdir(), 'fuzz-snapshot-'));
const file = join(folder, 'fuzzed.imem');

/** Snapshots from somebody else: opened and checked to the last row, or refused with a sentence. */
export const snapshot: Target = {
  name: 'snapshot',
  dictionary: [
    'SQLite format 3\0',
    'CREATE TABLE',
    'CREATE TRIGGER',
    'WITHOUT ROWID',
    'sqlite_master',
    'write',
    'file',
    '../../a',
  ],
  seeds: async () => [new Uint8Array(readFileSync((await exported(mkdtempSync(join(folder, 'made-')))).file))],
  run: async (input) => {
    writeFileSync(file, input);
    try {
      await checked(file);
    } catch (error) {
      if (!isErrorOf(error, 'snapshot')) throw error;
      promised(error.problem.includes(file), 'The sentence names the file.');
    }
  },
  end: () => {
    rmSync(folder, { recursive: true, force: true });
    return Promise.resolve();
  },
};
