import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { isAppError } from '../../../../src/common/app-error.ts';
import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { exportSnapshot } from '../../../../src/memory/snapshot/export.ts';
import { IDENTITY, madeUpFile, put, setHashOf } from '../../../unit/memory/support.ts';

/**
 * filler.ts <folder on a small disk>: fills the disk, tries everything that writes, makes room and goes on; tells all
 * as JSON.
 */
const [folder = ''] = process.argv.slice(2);
const ballast = join(folder, 'ballast');
const place = join(folder, 'memory.sqlite');
const snapshot = join(folder, 'out.imem');
const how = { program: '1.2.3', repository: 'git:abc' };

/** The error's code and message, or 'done'. */
async function tried(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'done';
  } catch (error) {
    if (!isAppError(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

function fill(): void {
  const file = openSync(ballast, 'a');
  for (let chunk = 65_536; chunk > 0;) {
    try {
      writeSync(file, Buffer.alloc(chunk, 1));
    } catch {
      chunk >>= 1;
    }
  }
  closeSync(file);
}

function expected(count: number): string {
  return setHashOf(Array.from({ length: count }, (_, n) => madeUpFile(`f${n}.ts`, 1, 20)));
}

let { ledger } = Ledger.open(place, IDENTITY);
let stored = 0;
const store = () => {
  put(ledger, madeUpFile(`f${stored}.ts`, 1, 20));
  stored++;
};
for (let n = 0; n < 10; n++) store();
fill();
const told: Record<string, unknown> = {};
// What room there is inside the log is used first.
told['put'] = await tried(() => {
  for (let n = 0; n < 5000; n++) store();
});
told['storedThen'] = stored;
fill();
told['filesThen'] = ledger.files().length;
told['verdictThen'] = (await ledger.verify()).kind;
told['equalThen'] = ledger.setHash().hex() === expected(stored);
told['drop'] = await tried(() => ledger.drop(['f3.ts']));
told['forget'] = await tried(() => ledger.forget(['f3.ts']));
told['export'] = await tried(() => exportSnapshot(ledger, snapshot, how));
told['leftOver'] = readdirSync(folder).filter((name) => name.endsWith('.part'));
told['begin'] = await tried(() => {
  Ledger.open(join(folder, 'other.sqlite'), IDENTITY).ledger.close();
});
ledger.close();
told['again'] = await tried(() => {
  ledger = Ledger.open(place, IDENTITY).ledger;
});
told['filesAgain'] = (await tried(() => ledger.files())) === 'done' ? ledger.files().length : -1;
ledger.close();
rmSync(ballast);
ledger = Ledger.open(place, IDENTITY).ledger;
told['filesAfter'] = ledger.files().length;
if (ledger.file('f3.ts') === undefined) put(ledger, madeUpFile('f3.ts', 1, 20));
told['equalAfter'] = ledger.setHash().hex() === expected(stored);
told['putAfter'] = await tried(store);
told['exportAfter'] = await tried(() => exportSnapshot(ledger, snapshot, how));
told['forgetAfter'] = await tried(() => ledger.forget([`f${stored - 1}.ts`]));
told['verdictAfter'] = (await ledger.verify()).kind;
told['equalInTheEnd'] = ledger.setHash().hex() === expected(stored - 1);
ledger.close();
console.log(JSON.stringify(told));
