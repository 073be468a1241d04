import { writeSync } from 'node:fs';

import type { Engine } from '../../src/engine/host.ts';
import { ingest } from '../../src/engine/ingest.ts';
import { Ledger } from '../../src/memory/ledger.ts';
import { encoder, SHAPE } from './encoder.ts';

/**
 * ingester.ts <database> <root>: brings the memory up to a folder with a stand-in for the model, and says the ledger's
 * generation on stdout after every change that is stored. Killed without warning by kill.ts.
 */
const [database = '', root = ''] = process.argv.slice(2);
const { ledger } = Ledger.open(database, { repository: 'r', checkout: root, adapter: 'base+adapter', shape: SHAPE });
await ingest({
  root,
  ledger,
  engine: encoder as unknown as Engine,
  onChange: ({ generation }) => writeSync(1, `${generation}\n`),
});
ledger.close();
