import { DatabaseSync } from 'node:sqlite';

import { expect, it, vi } from 'vitest';

import type * as files from '../../../src/common/private-file.ts';
import { recordLayout } from '../../../src/memory/algebra/shape.ts';
import { convertRecords } from '../../../src/memory/store/convert-records.ts';
import type { Ledger } from '../../../src/memory/store/ledger.ts';
import { asVersion } from '../../unit/memory/former-database.ts';
import { IDENTITY, madeUpFile, madeUpRecord, PAIRED, put } from '../../unit/memory/support.ts';
import type { MadeUpFile } from '../../unit/memory/support.ts';
import { holding, inHouse, mark, SECRET, secret } from './support.ts';

/** What another process does between two looks at a database. */
const between = vi.hoisted(() => ({ act: (): void => undefined }));
vi.mock('../../../src/common/private-file.ts', async (original) => {
  const all = await original<typeof files>();
  const privateFolder = (folder: string): void => {
    between.act();
    all.privateFolder(folder);
  };
  return { ...all, privateFolder };
});

const MADE = { ...PAIRED, tokens: 2 * PAIRED.tokens };
const OTHER = 'base-1+adapter-2';

const shaped = (file: MadeUpFile, shape = MADE): MadeUpFile => ({
  ...file,
  writes: new Map([...file.writes.keys()].map((key) => [key, madeUpRecord(key, shape)])),
});

/** A database of version 4 with these files, each key by itself. */
function makeFormer(ledger: Ledger, files: readonly MadeUpFile[]): string {
  for (const file of files) put(ledger, shaped(file));
  ledger.close();
  asVersion(4, ledger.location, MADE);
  return ledger.location;
}

/** As a process of another window does that is busy with it. */
function convert(location: string, steps: number): void {
  const db = new DatabaseSync(location);
  const converting = convertRecords(db, { ...IDENTITY, layout: recordLayout(PAIRED) });
  for (let step = 0; step < steps; step++) converting.next();
  db.close();
}

it('takes a file out of a database of another adapter that begins to be converted just then', () =>
  inHouse(async ({ home, open }) => {
    const former = makeFormer(open('repository', { shape: MADE }), [secret(), madeUpFile('kept.ts', 1)]);
    const now = open('repository', { adapter: OTHER, shape: MADE });
    put(now, shaped(secret(SECRET, OTHER)));
    between.act = () => {
      between.act = () => undefined;
      convert(former, 1);
    };
    const { certificate } = await now.forget([SECRET], { home, mark });
    expect(certificate.elsewhere).toMatchObject({ cleared: [{ place: former, files: 1, records: 1 }], left: [] });
    expect(holding(home, 'quixotic')).toEqual([]);
    expect(await open('repository', { shape: PAIRED }).verify()).toMatchObject({ kind: 'sound', records: 3 });
  }));

it('names a database of its own that has a layout it does not know', () =>
  inHouse(async ({ home, open, here }) => {
    const other = open('before', { repository: here, shape: PAIRED });
    other.close();
    const now = open('after', { shape: MADE });
    put(now, shaped(secret()));
    const { certificate } = await now.forget([SECRET], { home, mark });
    expect(certificate.elsewhere.left).toEqual([{ why: 'unread', place: other.location }]);
  }));

/** The same content under another name, beside something else, and no words by which it would be found. */
function copyOf({ segments, ...file }: MadeUpFile): MadeUpFile {
  const few = segments.map((segment) => ({ ...segment, terms: ['few'] }));
  return { ...file, path: 'src/copy.ts', meta: { ...file.meta, blobHash: 'more beside it' }, segments: few };
}

it('names a file of another folder whose records have not moved yet', () =>
  inHouse(async ({ home, open, there }) => {
    const held = [madeUpFile('kept.ts', 1, 300), copyOf(secret())];
    const former = makeFormer(open('former', { shape: MADE, checkout: there }), held);
    convert(former, 2);
    const now = open('repository', { repository: 'git:abc', shape: PAIRED });
    put(now, shaped(secret(), PAIRED));
    const { certificate } = await now.forget([SECRET], { home, mark });
    expect(certificate.elsewhere.left).toEqual([
      { why: 'same', place: former, checkout: there, path: 'src/copy.ts', folder: 'there' },
    ]);
  }));

it('takes out a former name of the file whose records have not moved yet', () =>
  inHouse(async ({ home, open }) => {
    const held = [madeUpFile('kept.ts', 1, 300), copyOf(secret())];
    const former = makeFormer(open('former', { shape: MADE }), held);
    convert(former, 2);
    const now = open('repository', { repository: 'git:abc', shape: PAIRED });
    put(now, shaped(secret(), PAIRED));
    const { certificate } = await now.forget([SECRET], { home, mark });
    expect(certificate.elsewhere).toMatchObject({ cleared: [{ place: former, files: 1, records: 1 }], left: [] });
  }));
