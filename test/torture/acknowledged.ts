import type { Ledger } from '../../src/memory/store/ledger.ts';
import { saveOf, SHARED } from './save.ts';

/** What one saver said: which of its saves are stored, and the one that it was in the middle of. */
export class Acknowledged {
  readonly #saver: string;
  /** Path → hash of the last save that was stored. */
  readonly #stored = new Map<string, string>();
  /** Saves that were stored, and how often the database was busy for too long. */
  saves = 0;
  busy = 0;
  /** The save after the last one that was begun. */
  next = 0;
  #underWay: number | undefined;

  constructor(saver: string) {
    this.#saver = saver;
  }

  get isInSave(): boolean {
    return this.#underWay !== undefined;
  }

  /** Takes over what a saver has said on stdout; a line that was cut off by a kill counts for nothing. */
  hear(said: string): void {
    for (const line of said.split('\n').slice(0, -1)) {
      const [word, n = '', hash = ''] = line.split(' ');
      if (word === 'busy') this.busy++;
      if (word === 'begin') {
        this.#underWay = Number(n);
        this.next = Number(n) + 1;
      }
      if (word === 'stored') {
        this.#underWay = undefined;
        this.saves++;
        this.#store(Number(n), hash);
      }
    }
  }

  /** Throws where a save that was stored is not in the memory; the one under way may be, or what was there before. */
  check(ledger: Ledger): void {
    const last = this.#underWay === undefined ? undefined : saveOf(this.#saver, this.#underWay);
    for (const [path, hash] of this.#stored) {
      const found = ledger.file(path)?.blobHash ?? '-';
      if (found === hash || (path === last?.path && found === last.hash)) continue;
      throw new Error(`${path} was stored as ${hash} and is there as ${found}.`);
    }
  }

  /**
   * The save under way has been read from the disk meanwhile, whole or cut off: nobody was promised anything about it.
   */
  settle(): void {
    if (this.#underWay !== undefined) this.#stored.delete(saveOf(this.#saver, this.#underWay).path);
    this.#underWay = undefined;
  }

  #store(n: number, hash: string): void {
    const save = saveOf(this.#saver, n);
    // Somebody else may have saved it meanwhile.
    if (save.path === SHARED) return;
    if (hash !== save.hash) throw new Error(`Save ${n} was stored as ${hash}, not as ${save.hash}.`);
    this.#stored.set(save.path, hash);
  }
}
