import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { LedgerError } from '../../../../src/memory/ledger-error.ts';
import { IDENTITY, madeUpFile, put } from '../support.ts';

/** opener.ts <place>: opens, writes one file, and prints the error as JSON when it cannot. */
try {
  const { kind, ledger } = Ledger.open(process.argv[2] ?? '', IDENTITY);
  put(ledger, madeUpFile('a.ts', 1));
  ledger.close();
  console.log(JSON.stringify({ kind: kind === 'open' ? 'stored' : kind }));
} catch (error) {
  if (!(error instanceof LedgerError)) throw error;
  console.log(JSON.stringify({ kind: error.kind, message: error.message }));
}
