import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import type { Engine } from '../../src/engine/host.ts';
import { ingest } from '../../src/engine/ingest.ts';
import { Ledger } from '../../src/memory/ledger.ts';
import { encoder, SHAPE } from './encoder.ts';

export interface Killed {
  /** Processes that were killed while they worked, and those that were done before. */
  readonly killed: number;
  readonly finished: number;
  /** Changes that were acknowledged over all rounds; each was there afterwards. */
  readonly acknowledged: number;
}

const FILES = 60;

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
 * throws unless it is sound, holds every change that was acknowledged, and reaches, once the ingest is resumed, the hashes
 * of a memory that was built in one go.
 */
export async function killIngests(rounds: number, latestMs: number): Promise<Killed> {
  const folder = mkdtempSync(join(tmpdir(), 'torture-kill-'));
  const [root, database] = [join(folder, 'root'), join(folder, 'memory.sqlite')];
  const identity = { repository: 'r', checkout: root, adapter: 'base+adapter', shape: SHAPE };
  const totals = { killed: 0, finished: 0, acknowledged: 0 };
  mkdirSync(root);
  try {
    for (let round = 0; round < rounds; round++) {
      edit(root, round);
      const child = spawn(process.execPath, [join(import.meta.dirname, 'ingester.ts'), database, root], {
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
      const acknowledged = said.split('\n').slice(0, -1).map(Number);
      totals.acknowledged += acknowledged.length;
      await check(round, acknowledged.at(-1) ?? 0);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return totals;

  async function check(round: number, acknowledged: number): Promise<void> {
    const opened = Ledger.open(database, identity);
    const { ledger } = opened;
    const fresh = Ledger.open(join(folder, 'fresh', `${round}.sqlite`), identity).ledger;
    const engine = encoder as unknown as Engine;
    try {
      if (opened.kind !== 'open') throw new Error(`Round ${round}: ${opened.sentence}`);
      const generation = ledger.generation();
      // The change under way may be in or not, as a whole.
      if (generation < acknowledged || (acknowledged > 0 && generation > acknowledged + 1)) {
        throw new Error(`Round ${round}: ${acknowledged} changes were acknowledged, ${generation} are there.`);
      }
      const before = await ledger.verify();
      if (before.kind !== 'sound') throw new Error(`Round ${round}: ${before.sentence}`);
      await ledger.memory();
      await ingest({ root, ledger, engine });
      await ingest({ root, ledger: fresh, engine });
      const [after, expected] = [await ledger.verify(), await fresh.verify()];
      if (after.kind !== 'sound' || expected.kind !== 'sound')
        throw new Error(`Round ${round}: not sound after resuming.`);
      if (after.memory !== expected.memory || after.tree !== expected.tree) {
        throw new Error(`Round ${round}: the resumed memory is not the one that is built in one go.`);
      }
    } finally {
      ledger.close();
      fresh.close();
      rmSync(join(folder, 'fresh'), { recursive: true, force: true });
    }
  }
}
