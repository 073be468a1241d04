import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isAppError } from '../../src/common/app-error.ts';
import { Ledger } from '../../src/memory/store/ledger.ts';
import { IDENTITY, madeUpFile, put } from '../unit/memory/support.ts';
import type { MadeUpFile } from '../unit/memory/support.ts';

/** What became of each flipped bit. */
export interface Flipped {
  /** Nothing that is kept depends on it: free space, or a word of the index that is still a word. */
  harmless: number;
  /** Seen when the database was opened: set aside, its records kept. */
  setAside: number;
  /** Seen by verify(): the files concerned were dropped and read again. */
  repaired: number;
  /** Seen by verify(): set aside on demand, its records kept. */
  rebuilt: number;
  /** Seen as another identity or version, with a sentence. */
  refused: number;
  /** Files were gone without a word, because their checkout has another name now: they were read again. */
  loadExcerpts: number;
}

/**
 * Flips one bit at a random place of a sound database of that many files, and throws unless that is noticed or changes
 * nothing, and the same memory stands in the end. A verdict 'sound' over a wrong sum throws too.
 */
export async function flipBits(rounds: number, count = 40): Promise<Flipped> {
  const files = Array.from({ length: count }, (_, n) => madeUpFile(`src/f${n}.ts`, 1, 4));
  const folder = mkdtempSync(join(tmpdir(), 'torture-flip-'));
  const location = join(folder, 'x.sqlite');
  const seen: Flipped = { harmless: 0, setAside: 0, repaired: 0, rebuilt: 0, refused: 0, loadExcerpts: 0 };
  try {
    const { ledger } = Ledger.open(location, IDENTITY);
    for (const file of files) put(ledger, file);
    const [memory, tree] = [(await ledger.rebuild()).hex(), ledger.treeHash()];
    ledger.close();
    const whole = readFileSync(location);
    for (let round = 0; round < rounds; round++) {
      const [at, bit] = [Math.floor(Math.random() * whole.length), Math.floor(Math.random() * 8)];
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
      const content = Buffer.from(whole);
      content[at] = (content[at] ?? 0) ^ (1 << bit);
      writeFileSync(location, content);
      try {
        await survive(location, files, { memory, tree }, seen);
      } catch (error) {
        throw new Error(`Bit ${bit} of byte ${at}`, { cause: error });
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return seen;
}

async function survive(
  location: string,
  files: readonly MadeUpFile[],
  { memory, tree }: { readonly memory: string; readonly tree: string },
  seen: Flipped,
): Promise<void> {
  let opened;
  try {
    opened = Ledger.open(location, IDENTITY);
  } catch (error) {
    if (!isAppError(error, 'ledger/foreign', 'ledger/newer')) throw error;
    seen.refused++;
    return;
  }
  let { ledger } = opened;
  try {
    const verdict = await ledger.verify();
    if (opened.kind === 'recovered') {
      seen.setAside++;
    } else if (verdict.kind === 'unsound' && verdict.needs === 'repair') {
      seen.repaired++;
      await ledger.repair();
    } else if (verdict.kind === 'unsound') {
      seen.rebuilt++;
      ledger.close();
      ledger = Ledger.open(location, IDENTITY, { forceRebuild: true }).ledger;
    } else if (ledger.files().length === 0) {
      seen.loadExcerpts++;
    } else if (verdict.setHash !== memory || verdict.treeHash !== tree) {
      throw new Error('A wrong sum was called sound.');
    } else {
      seen.harmless++;
    }
    // The next reading of the folder: what is known needs no encoding.
    const known = ledger.hasRecord(files.flatMap(({ segments }) => segments.map(({ contentHash }) => contentHash)));
    for (const file of files) {
      const writes = new Map([...file.writes].filter(([key]) => !known.has(key)));
      put(ledger, { ...file, writes });
    }
    const after = await ledger.verify();
    if (after.kind !== 'sound' || after.setHash !== memory || after.treeHash !== tree) {
      throw new Error(after.kind === 'sound' ? 'Another memory stands in the end.' : after.message);
    }
  } finally {
    ledger.close();
  }
}
