import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isErrorOf } from '../../src/common/app-error.ts';
import { Ledger } from '../../src/memory/store/ledger.ts';
import { exported, FAR, imported, placeIn, putTexts } from '../unit/memory/snapshot/support.ts';
import type { Tree } from '../unit/memory/snapshot/support.ts';

/** In a small file most bytes are nobody's. */
const made = (files: number): Tree =>
  Object.fromEntries(
    Array.from({ length: files }, (_, n) => [
      `src/part${n % 7}/größe${n}.ts`,
      Array.from({ length: 4 }, (_, part) => `export function name${n}x${part}() { return other${n * part}; }`),
    ]),
  );

/** What became of each flipped bit. */
export interface SnapshotFlipped {
  /** A byte that no row has: the same memory was brought over. */
  harmless: number;
  /** Refused with a sentence; nothing of it was used. */
  refused: number;
}

/**
 * Flips one bit at a random place of a sound snapshot of that many files and imports it into a memory that holds a file
 * of its own. Throws unless it is refused with a sentence that names it and leaves that memory as it was, or brings
 * over exactly what the sound one does; and unless the sound one can be imported after all that.
 */
export async function flipSnapshotBits(rounds: number, files = 30): Promise<SnapshotFlipped> {
  const tree = made(files);
  const folder = mkdtempSync(join(tmpdir(), 'torture-snapshot-'));
  const seen: SnapshotFlipped = { harmless: 0, refused: 0 };
  const { ledger } = Ledger.open(join(folder, 'into'), FAR);
  const state = (): string => `${ledger.treeHash()} ${ledger.setHash().hex()}`;
  try {
    const { file } = await exported(folder, tree);
    const whole = readFileSync(file);
    const turned = join(folder, 'turned.imem');
    putTexts(ledger, 'mine.ts', ['only here']);
    const before = state();
    await imported(ledger, file, { place: placeIn(tree) });
    const wanted = state();
    ledger.drop(Object.keys(tree));
    for (let round = 0; round < rounds; round++) {
      const [at, bit] = [Math.floor(Math.random() * whole.length), Math.floor(Math.random() * 8)];
      const content = Buffer.from(whole);
      content[at] = (content[at] ?? 0) ^ (1 << bit);
      writeFileSync(turned, content);
      const fault = (what: string) => new Error(`Bit ${bit} of byte ${at}: ${what}`);
      try {
        await imported(ledger, turned, { place: placeIn(tree) });
        if (state() !== wanted) throw fault('another memory was brought over.');
        ledger.drop(Object.keys(tree));
        seen.harmless++;
      } catch (error) {
        if (!isErrorOf(error, 'snapshot')) throw error;
        if (!error.problem.includes(turned)) throw fault(`"${error.problem}" does not name the file.`);
        if (state() !== before) throw fault('it was refused, and something of it was used.');
        seen.refused++;
      }
    }
    await imported(ledger, file, { place: placeIn(tree) });
    const verdict = await ledger.verify();
    if (state() !== wanted || verdict.kind !== 'sound') throw new Error('The sound snapshot was not taken.');
  } finally {
    ledger.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return seen;
}
