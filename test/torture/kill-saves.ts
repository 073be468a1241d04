import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { Acknowledged } from './acknowledged.ts';
import { checkSurvivor, placeIn } from './survivor.ts';

export interface SavesKilled {
  readonly killed: number;
  /** Saves that were stored over all rounds; each was there afterwards. */
  readonly acknowledged: number;
  /** Kills between the beginning of a save and the word that it is stored. */
  readonly inSave: number;
}

/**
 * A process that saves files without a pause is killed (SIGKILL) at a random moment; throws unless every save that it
 * said was stored is there, the database is sound, and what it was in the middle of is made good by the next reading.
 */
export async function killSaves(rounds: number, latestMs: number): Promise<SavesKilled> {
  const place = placeIn(mkdtempSync(join(tmpdir(), 'torture-saves-')));
  const acknowledged = new Acknowledged('one');
  const totals = { killed: 0, inSave: 0 };
  mkdirSync(place.root);
  try {
    for (let round = 0; round < rounds; round++) {
      const program = join(import.meta.dirname, 'saver.ts');
      const child = spawn(process.execPath, [program, place.database, place.root, 'one', String(acknowledged.next)], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let said = '';
      let kill: Promise<unknown> | undefined;
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        // Once it has got into its stride.
        if (said.includes('stored')) kill ??= wait(Math.random() * latestMs).then(() => child.kill('SIGKILL'));
      });
      await new Promise((done) => child.on('close', done));
      if (child.signalCode !== 'SIGKILL') throw new Error(`Round ${round}: the saver failed on its own.`);
      totals.killed++;
      acknowledged.hear(said);
      if (acknowledged.isInSave) totals.inSave++;
      await checkSurvivor(place, (ledger) => {
        acknowledged.check(ledger);
      }).catch((error: unknown) => {
        throw new Error(`Round ${round}`, { cause: error });
      });
      acknowledged.settle();
    }
  } finally {
    rmSync(place.folder, { recursive: true, force: true });
  }
  return { ...totals, acknowledged: acknowledged.saves };
}
