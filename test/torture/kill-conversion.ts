import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';

import { averagePairs } from '../../src/memory/algebra/packed-keys.ts';
import { unpaired } from '../../src/memory/algebra/shape.ts';
import { isConverting } from '../../src/memory/store/convert-records.ts';
import { Ledger } from '../../src/memory/store/ledger.ts';
import { asVersion } from '../unit/memory/former-database.ts';
import { IDENTITY, madeUpFile, madeUpRecord, PAIRED, put, setHashOf } from '../unit/memory/support.ts';

/** Each key of these becomes half of one that is stored. */
const FORMER = unpaired(PAIRED) ?? PAIRED;
const formerRecord = (name: string) => madeUpRecord(name, FORMER);
const recordOf = (name: string) => {
  const { keys, values } = formerRecord(name);
  return { keys: averagePairs(keys, FORMER.keySize), values };
};
/** More segments than a dozen steps take. */
const files = (of: typeof recordOf) => Array.from({ length: 20 }, (_, n) => madeUpFile(`f${n}.ts`, 1, 200, of));
const FILES = files(recordOf);
/** Kills of one database, before it is opened for good. */
const KILLS = 3;

export interface KilledConversions {
  readonly databases: number;
  readonly killed: number;
  /** Kills that left a database half of the one version and half of the other. */
  readonly halfWay: number;
}

/**
 * Opens a database of version 3 or 4, in turns, in a process that is killed (SIGKILL) at a random moment, some times
 * over, and throws unless the next one that opens it has every record in this version, and the hashes of a memory built
 * in one go.
 */
export async function killConversions(rounds: number, latestMs: number): Promise<KilledConversions> {
  const folder = mkdtempSync(join(tmpdir(), 'torture-conversion-'));
  const totals = { databases: 0, killed: 0, halfWay: 0 };
  try {
    const former = ([3, 4] as const).map((version) => {
      const place = join(folder, `version-${version}.sqlite`);
      const { ledger } = Ledger.open(place, { ...IDENTITY, shape: FORMER });
      ledger.together(() => {
        for (const file of files(formerRecord)) put(ledger, file);
      });
      ledger.close();
      asVersion(version, place, FORMER);
      return place;
    });
    const wanted = setHashOf(FILES, PAIRED);
    for (; totals.killed < rounds; totals.databases++) {
      const location = join(folder, `${totals.databases}.sqlite`);
      copyFileSync(former[totals.databases % former.length] ?? '', location);
      for (let kill = 0; kill < KILLS; kill++) {
        if (await isKilled(location, Math.random() * latestMs)) totals.killed++;
        if (isHalfWay(location)) totals.halfWay++;
      }
      await checkWhole(location, wanted);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return totals;
}

async function isKilled(location: string, afterMs: number): Promise<boolean> {
  const program = join(import.meta.dirname, 'opener.ts');
  const child = spawn(process.execPath, [program, location], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.once('data', () => void wait(afterMs).then(() => child.kill('SIGKILL')));
  await new Promise((done) => child.on('close', done));
  if (child.signalCode === null && child.exitCode !== 0) throw new Error('The conversion failed on its own.');
  return child.signalCode === 'SIGKILL';
}

function isHalfWay(location: string): boolean {
  const db = new DatabaseSync(location, { readOnly: true });
  try {
    return isConverting(db);
  } finally {
    db.close();
  }
}

async function checkWhole(location: string, setHash: string): Promise<void> {
  const { kind, ledger } = Ledger.open(location, { ...IDENTITY, shape: PAIRED });
  const verdict = await ledger.verify();
  if (kind !== 'open' || verdict.kind !== 'sound') throw new Error(`The database is ${kind}, ${verdict.kind}.`);
  if (verdict.setHash !== setHash) throw new Error('The set hash is not that of a memory built in one go.');
  let records = 0;
  for (const { contentHash, record } of ledger.records()) {
    if (Buffer.compare(record.keys, recordOf(contentHash).keys) !== 0) throw new Error(`Record ${contentHash}`);
    records++;
  }
  if (records !== FILES.reduce((sum, { segments }) => sum + segments.length, 0)) throw new Error(`${records} records`);
  ledger.close();
}
