import { writeSync } from 'node:fs';

import { embedWords, indexWords } from '../../src/index/ingest.ts';
import { SegmentEncoder } from '../../src/index/segment-encoder.ts';
import { Ledger } from '../../src/memory/store/ledger.ts';
import type { Change } from '../../src/memory/records.ts';
import { StandIn } from '../support/encoder.ts';
import { identityOf } from './survivor.ts';

/** Segments that are encoded before the others. */
const ASKED = 20;

/**
 * ingester.ts <database> <root>: brings the index up to a folder with a stand-in for the model, and says the ledger's
 * generation on stdout after every change that is stored: the words of all files, the vectors of a few segments as a
 * question wants them, then the others. Killed without warning by kill.ts.
 */
const [database = '', root = ''] = process.argv.slice(2);
const { ledger } = Ledger.open(database, identityOf(root));
const { engine } = new StandIn();
const onChange = ({ generation }: Change) => writeSync(1, `${generation}\n`);
const options = { root, ledger, engine, onChange };
const words = await indexWords(options);
const encoder = new SegmentEncoder(options);
for (const place of ledger.notEmbedded().slice(-ASKED)) {
  const record = await encoder.encode(place);
  if (record) onChange(ledger.embed([record]));
}
await embedWords(options, words);
ledger.close();
