import { writeSync } from 'node:fs';

import { isAppError } from '../../src/common/app-error.ts';
import { ingest } from '../../src/index/ingest.ts';
import { Ledger } from '../../src/memory/store/ledger.ts';
import { StandIn } from '../support/encoder.ts';
import { saveOf } from './save.ts';
import { identityOf } from './survivor.ts';

/**
 * saver.ts <database> <root> <name> <first>: saves one file after the other, as an editor does, and brings each into
 * the memory by itself. Says on stdout `begin <n>` before a save, `stored <n> <hash>` once it is in the memory (`-` for
 * a file that was deleted), `busy` where it waited in vain and tries again. Ends when told on stdin, or is killed
 * without warning.
 */
const [database = '', root = '', name = '', first = '0'] = process.argv.slice(2);
const { ledger } = Ledger.open(database, identityOf(root));
const { engine } = new StandIn();
const told = { isOver: false };
process.stdin.on('data', () => (told.isOver = true));
for (let n = Number(first); !told.isOver; n++) {
  const save = saveOf(name, n);
  writeSync(1, `begin ${n}\n`);
  save.write(root);
  for (let stored = false; !stored;) {
    try {
      await ingest({ root, ledger, engine, paths: [save.path], priority: 'save' });
      stored = true;
    } catch (error) {
      if (!isAppError(error, 'ledger/busy')) throw error;
      writeSync(1, 'busy\n');
    }
  }
  writeSync(1, `stored ${n} ${ledger.file(save.path)?.blobHash ?? '-'}\n`);
  // Room for the word on stdin.
  await new Promise(setImmediate);
}
ledger.close();
process.stdin.destroy();
