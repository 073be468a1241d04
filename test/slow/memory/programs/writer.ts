import { writeSync } from 'node:fs';

import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { applyStep, IDENTITY } from '../../../unit/memory/support.ts';

/**
 * writer.ts <database> <first step> <steps>: takes one step after the other and says each number on stdout once it is
 * stored. Killed without warning by the test.
 */
const [database = '', first = '0', steps = '0'] = process.argv.slice(2);
const { ledger } = Ledger.open(database, IDENTITY);
for (let step = Number(first); step < Number(first) + Number(steps); step++) {
  applyStep(ledger, step);
  writeSync(1, `${step}\n`);
}
ledger.close();
