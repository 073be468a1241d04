import { setTimeout as wait } from 'node:timers/promises';

import { isErrorOf } from '../../../../src/common/app-error.ts';
import { FolderIndex } from '../../../../src/index/folder-index.ts';
import { AdapterStandIn } from '../../../support/encoder.ts';

/** refresher.ts <home> <root> <ms>: brings the memory of a folder up to its files, each segment taking so many ms. */
const [home = '', root = '', ms = '0'] = process.argv.slice(2);
const slow = new AdapterStandIn(() => {
  process.stdout.write('encoded\n');
  return wait(Number(ms));
});
const index = await FolderIndex.open({ root, home, engine: slow.engine });
slow.shape = index.adapter;
try {
  process.stdout.write('opened\n');
  const { read, encoded, reused } = await index.refresh({ onWait: () => process.stdout.write('waits\n') });
  process.stdout.write(`${JSON.stringify({ read, encoded, reused, segments: index.length })}\n`);
} catch (error) {
  if (!isErrorOf(error, 'ledger')) throw error;
  process.stdout.write(`${JSON.stringify({ code: error.code, message: error.message })}\n`);
} finally {
  index.close();
}
