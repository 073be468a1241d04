import { writeSync } from 'node:fs';

import { ingest } from '../../src/index/ingest.ts';
import { Ledger } from '../../src/memory/store/ledger.ts';
import { StandIn } from '../support/encoder.ts';
import { identityOf } from './survivor.ts';

/**
 * ingester.ts <database> <root>: brings the memory up to a folder with a stand-in for the model, and says the ledger's
 * generation on stdout after every change that is stored. Killed without warning by kill.ts.
 */
const [database = '', root = ''] = process.argv.slice(2);
const { ledger } = Ledger.open(database, identityOf(root));
await ingest({
  root,
  ledger,
  engine: new StandIn().engine,
  onChange: ({ generation }) => writeSync(1, `${generation}\n`),
});
ledger.close();
