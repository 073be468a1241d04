import { isErrorOf } from '../../../../src/common/app-error.ts';
import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { IDENTITY, madeUpFile, put } from '../../../unit/memory/support.ts';

/** opener.ts <place>: opens, writes one file, and prints the error as JSON when it cannot. */
try {
  const { kind, ledger } = Ledger.open(process.argv[2] ?? '', IDENTITY);
  put(ledger, madeUpFile('a.ts', 1));
  ledger.close();
  console.log(JSON.stringify({ kind: kind === 'open' ? 'stored' : kind }));
} catch (error) {
  if (!isErrorOf(error, 'ledger')) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
