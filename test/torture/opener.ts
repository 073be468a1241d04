import { Ledger } from '../../src/memory/store/ledger.ts';
import { IDENTITY, PAIRED } from '../unit/memory/support.ts';

/** Opens a database, which brings it up to this version: `node opener.ts DATABASE`. */
const [, , location = ''] = process.argv;
console.log('begun');
Ledger.open(location, { ...IDENTITY, shape: PAIRED }).ledger.close();
