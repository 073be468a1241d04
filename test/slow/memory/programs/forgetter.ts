import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { FORGOTTEN } from '../../../../src/memory/records.ts';
import { IDENTITY } from '../../../unit/memory/support.ts';

/** forgetter.ts <home> <database> <checkout> <path>: forgets one file, and says so once the certificate is there. */
const [home = '', database = '', checkout = '', path = ''] = process.argv.slice(2);
const { ledger } = Ledger.open(database, { ...IDENTITY, checkout, repository: 'git:abc' });
process.stdout.write('begun\n');
const state = { kind: 'skipped', reason: FORGOTTEN, message: 'Forgotten.' } as const;
await ledger.forget([path], { home, mark: { meta: { blobHash: '', bytes: 0, mtimeMs: 0, lines: 0 }, state } });
process.stdout.write('certificate\n');
ledger.close();
