import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { checkSurvivor, placeIn } from './survivor.ts';

export interface Killed {
  /** Processes that were killed while they worked, and those that were done before. */
  readonly killed: number;
  readonly finished: number;
  /** Changes that were acknowledged over all rounds; each was there afterwards. */
  readonly acknowledged: number;
}

/** More than one transaction holds. */
const FILES = 200;

/** Some files change between two rounds: edits, deletions and new ones, as a person makes them. */
function edit(root: string, round: number): void {
  for (let n = 0; n < FILES; n++) {
    if (round > 0 && (n * 7 + round) % 3 !== 0) continue;
    const file = join(root, `src/part${n % 5}`, `f${n}.ts`);
    mkdirSync(join(file, '..'), { recursive: true });
    if (round > 0 && (n + round) % 11 === 0) {
      rmSync(file, { force: true });
      continue;
    }
    const parts = Array.from({ length: 1 + (n % 4) }, (_, part) => `export const v${part} = ${n + part * round};\n`);
    writeFileSync(file, parts.join('\n'));
    utimesSync(file, 1_700_000_000 + round, 1_700_000_000 + round);
  }
}

/**
 * Ingests a folder in a process of its own that is killed (SIGKILL) at a random moment, opens the database again, and
 * throws unless it is sound, holds every change that was acknowledged, and reaches, once the ingest is resumed, the
 * hashes of a memory that was built in one go.
 */
export async function killIngests(rounds: number, latestMs: number): Promise<Killed> {
  const place = placeIn(mkdtempSync(join(tmpdir(), 'torture-kill-')));
  const totals = { killed: 0, finished: 0, acknowledged: 0 };
  mkdirSync(place.root);
  try {
    for (let round = 0; round < rounds; round++) {
      edit(place.root, round);
      const program = join(import.meta.dirname, 'ingester.ts');
      const child = spawn(process.execPath, [program, place.database, place.root], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        if (said === '') void wait(Math.random() * latestMs).then(() => child.kill('SIGKILL'));
        said += chunk.toString();
      });
      await new Promise((done) => child.on('close', done));
      if (child.signalCode === 'SIGKILL') totals.killed++;
      else if (child.exitCode === 0) totals.finished++;
      else throw new Error(`Round ${round}: the ingest failed on its own.`);
      const numbers = said.split('\n').slice(0, -1).map(Number);
      const acknowledged = numbers.at(-1) ?? 0;
      totals.acknowledged += numbers.length;
      await checkSurvivor(place, (ledger) => {
        const generation = ledger.generation();
        // The transaction under way may be in or not, with all its changes.
        if (generation < acknowledged) {
          throw new Error(`${acknowledged} changes were acknowledged, ${generation} are there.`);
        }
      }).catch((error: unknown) => {
        throw new Error(`Round ${round}`, { cause: error });
      });
    }
  } finally {
    rmSync(place.folder, { recursive: true, force: true });
  }
  return totals;
}
