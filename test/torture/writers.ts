import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { Ledger } from '../../src/memory/store/ledger.ts';
import { Acknowledged } from './acknowledged.ts';
import { spread } from '../bench/sample.ts';
import { checkSurvivor, identityOf, placeIn } from './survivor.ts';

export interface Written {
  /** Saves that each writer stored. */
  readonly saves: readonly number[];
  /** How often a writer found the database busy for longer than it waits, and tried again. */
  readonly busy: number;
  /** Readings of everything (files, sums, words) meanwhile, and ms of the middle and the longest one. */
  readonly reads: number;
  readonly readMs: number;
  readonly longestReadMs: number;
}

/**
 * Two processes save into one database without a pause while a third reads all of it again and again. Throws unless
 * both end well, no reading fails, each save that was stored is there, and the memory is the one that is built in one
 * go.
 */
export async function writeTogether(seconds: number): Promise<Written> {
  const place = placeIn(mkdtempSync(join(tmpdir(), 'torture-writers-')));
  mkdirSync(place.root);
  try {
    const writers = ['one', 'two'].map((name) => begin(place.database, place.root, name));
    const { ledger } = Ledger.open(place.database, identityOf(place.root));
    const times: number[] = [];
    try {
      for (const until = Date.now() + 1000 * seconds; Date.now() < until;) {
        const began = performance.now();
        ledger.setHash();
        ledger.files();
        ledger.lexicalSearch(['export', 'const'], 10);
        ledger.fileSearch(['export']);
        ledger.treeHash();
        times.push(performance.now() - began);
        // The sums that it keeps follow what others write.
        const verdict = times.length % 20 === 0 ? await ledger.verify() : undefined;
        if (verdict?.kind === 'unsound') throw new Error(verdict.message);
        await wait(2);
      }
    } finally {
      ledger.close();
      for (const { child } of writers) child.stdin.end('over\n');
    }
    for (const { child, closed } of writers) {
      await closed;
      if (child.exitCode !== 0) throw new Error(`A writer ended with ${child.exitCode ?? child.signalCode ?? ''}.`);
    }
    const heard = writers.map(({ acknowledged, said }) => {
      acknowledged.hear(said());
      return acknowledged;
    });
    await checkSurvivor(place, (survivor) => {
      for (const each of heard) each.check(survivor);
    });
    return {
      saves: heard.map(({ saves }) => saves),
      busy: heard.reduce((sum, { busy }) => sum + busy, 0),
      reads: times.length,
      readMs: spread(times).median,
      longestReadMs: Math.max(...times),
    };
  } finally {
    rmSync(place.folder, { recursive: true, force: true });
  }
}

function begin(database: string, root: string, name: string) {
  const program = join(import.meta.dirname, 'saver.ts');
  const child = spawn(process.execPath, [program, database, root, name, '0'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const closed = new Promise((done) => child.on('close', done));
  return { child, closed, said: () => said, acknowledged: new Acknowledged(name) };
}
