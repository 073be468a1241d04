import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { Ledger } from '../../../src/memory/store/ledger.ts';
import type { LedgerIdentity } from '../../../src/memory/store/ledger.ts';
import { FORGOTTEN } from '../../../src/memory/records.ts';
import { encodeRecord, contentHash } from '../../../src/memory/algebra/embedding-record.ts';
import { IDENTITY, madeUpFile, madeUpRecord, SHAPE, withFolder } from '../../unit/memory/support.ts';
import type { MadeUpFile } from '../../unit/memory/support.ts';

export const SECRET = 'src/secret.ts';
export const mark = {
  meta: { blobHash: '', bytes: 0, mtimeMs: 0, lines: 0 },
  state: { kind: 'skipped', reason: FORGOTTEN, message: 'Forgotten.' },
} as const;

export const WORDS = [
  'quixotic',
  'zephyr',
  'vermilion',
  'ossuary',
  'palimpsest',
  'gossamer',
  'halcyon',
  'sonder',
  'umbra',
];

/** A file with words that no other has; `adapter` and `path` decide its keys, `words` its text. */
export function secret(path = SECRET, adapter = IDENTITY.adapter, words: readonly string[] = WORDS): MadeUpFile {
  const file = madeUpFile(path, 1, 1);
  const key = contentHash(adapter, path, words.join(' '));
  const [segment] = file.segments;
  return {
    ...file,
    meta: { ...file.meta, blobHash: `hash of ${words.join(' ')}` },
    segments: [{ ...segment!, contentHash: key, terms: words }],
    writes: new Map([[key, madeUpRecord(key)]]),
  };
}

export const blobOf = (file: MadeUpFile) => encodeRecord([...file.writes.values()][0]!, SHAPE);
export const keyOf = (file: MadeUpFile) => Buffer.from([...file.writes.keys()][0]!, 'hex');

/** Every file below a folder, links not followed. */
function filesBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return names.filter((name) => statSync(name, { throwIfNoEntry: false })?.isFile());
}

/** Which files below a folder hold these bytes, whatever they are. */
export function holding(home: string, ...needles: readonly (Uint8Array | string)[]): string[] {
  return filesBelow(home).filter((file) => {
    const content = readFileSync(file);
    return needles.some((needle) => content.includes(Buffer.from(needle as string)));
  });
}

interface House {
  readonly home: string;
  readonly open: (folder: string, identity?: Partial<LedgerIdentity>) => Ledger;
  /** Working folders that exist. */
  readonly here: string;
  readonly there: string;
}

/** A home with memories below it, and two working folders. */
export function inHouse(work: (house: House) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const [home, here, there] = ['home', 'here', 'there'].map((name) => join(folder, name)) as [string, string, string];
    for (const each of [home, here, there]) mkdirSync(each);
    const opened: Ledger[] = [];
    const open = (place: string, identity: Partial<LedgerIdentity> = {}) => {
      const { ledger } = Ledger.open(join(home, 'memory', place), { ...IDENTITY, checkout: here, ...identity });
      opened.push(ledger);
      return ledger;
    };
    try {
      await work({ home, open, here, there });
    } finally {
      for (const ledger of opened) ledger.close();
    }
  });
}
