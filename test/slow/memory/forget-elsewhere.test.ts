import { spawn } from 'node:child_process';
import { cpSync, existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { Ledger } from '../../../src/memory/store/ledger.ts';
import { IDENTITY, madeUpFile, put } from '../../unit/memory/support.ts';
import type { MadeUpFile } from '../../unit/memory/support.ts';
import { blobOf, holding, inHouse, keyOf, mark, SECRET, secret, WORDS } from './support.ts';

const ROUNDS = 12;
const PROGRAMS = join(import.meta.dirname, 'programs');

/** Runs forgetter.ts, and kills it so many ms after it has begun. */
function forgetAndKill(args: readonly string[], afterMs: number): Promise<{ signal: string | null; said: string }> {
  const child = spawn(process.execPath, [join(PROGRAMS, 'forgetter.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (said === '') void wait(afterMs).then(() => child.kill('SIGKILL'));
    said += chunk.toString();
  });
  return new Promise((done) =>
    child.on('close', (_, signal) => {
      done({ signal, said });
    }),
  );
}

describe('forgetting searches everything below the home folder', () => {
  it('takes the file out of the database that the folder had before its first commit', () =>
    inHouse(async ({ home, open, here }) => {
      const former = open('before', { repository: here });
      put(former, secret());
      // Under the name that it had then, and in a copy that is still there.
      put(former, secret('src/old-name.ts'));
      put(former, secret('src/copy.ts'));
      put(former, madeUpFile('other.ts', 1));
      former.close();
      const now = open('after', { repository: 'git:abc' });
      put(now, secret());
      put(now, secret('src/copy.ts'));
      put(now, madeUpFile('other.ts', 1));
      expect(holding(home, blobOf(secret())).length).toBe(2);

      const { certificate } = await now.forget([SECRET], { home, mark });
      const gone = [secret(), secret('src/old-name.ts')].flatMap((file) => [blobOf(file), keyOf(file)]);
      expect(holding(home, ...gone, 'old-name')).toEqual([]);
      const copy = { why: 'same', checkout: here, path: 'src/copy.ts', folder: 'there' };
      expect(certificate.elsewhere).toMatchObject({
        databases: 1,
        cleared: [{ place: former.location, files: 2, records: 2 }],
        left: [
          { ...copy, place: now.location },
          { ...copy, place: former.location },
        ],
      });
      expect(certificate.message).toContain(former.location);
      const again = open('before', { repository: here });
      expect(again.file(SECRET)?.state).toEqual(mark.state);
      expect(again.segmentsOf('other.ts').length).toBe(3);
      expect(await again.verify()).toMatchObject({ kind: 'sound' });
      expect(await now.verify()).toMatchObject({ kind: 'sound' });
    }));

  it('takes it out of the databases of another adapter', () =>
    inHouse(async ({ home, open, here }) => {
      const adapter = 'base-1+adapter-2';
      const other = open('repository', { adapter });
      put(other, secret(SECRET, adapter));
      put(other, madeUpFile('kept.ts', 1));
      const now = open('repository');
      put(now, secret());
      const { certificate } = await now.forget([SECRET], { home, mark });
      expect(holding(home, blobOf(secret(SECRET, adapter)), 'quixotic', blobOf(secret()))).toEqual([]);
      expect(certificate.elsewhere.cleared).toEqual([{ place: other.location, files: 1, records: 1 }]);
      expect(other.file(SECRET)?.state).toEqual(mark.state);
      expect(other.segmentsOf('kept.ts').length).toBe(3);
      expect(other.identity.checkout).toBe(here);
    }));

  it('leaves nothing under the old name of a renamed file, be its text equal or nearly so', () =>
    inHouse(async ({ home, open }) => {
      const ledger = open('repository');
      const nearly = secret('src/old-name.ts', IDENTITY.adapter, [...WORDS.slice(1), 'more']);
      for (const old of [secret('src/older-name.ts'), nearly]) {
        put(ledger, old);
        ledger.drop([old.path]);
      }
      put(ledger, secret());
      expect(holding(home, blobOf(nearly))).toEqual([ledger.location + '-wal']);
      const { certificate } = await ledger.forget([SECRET], { home, mark });
      expect(certificate).toMatchObject({ records: 3, former: 2, elsewhere: { left: [] } });
      expect(holding(home, blobOf(nearly), blobOf(secret('src/older-name.ts')), 'quixotic')).toEqual([]);
    }));

  it('reaches a file that is not there any more, by what it left', () =>
    inHouse(async ({ home, open }) => {
      const ledger = open('repository');
      put(ledger, secret());
      ledger.drop([SECRET]);
      expect(ledger.hasFormer([SECRET, 'never/seen.ts'])).toEqual(new Set([SECRET]));
      const { certificate } = await ledger.forget([SECRET], { home, mark });
      expect(certificate).toMatchObject({ segments: 0, records: 1, former: 1 });
      expect(ledger.hasFormer([SECRET])).toEqual(new Set());
      expect(holding(home, blobOf(secret()), 'quixotic')).toEqual([]);
    }));

  it('names files of other checkouts and repositories that hold the same or nearly the same, and leaves them', () =>
    inHouse(async ({ home, open, here, there }) => {
      const now = open('repository');
      put(now, secret());
      put(now, secret('src/copy.ts'));
      const worktree = open('repository', { checkout: there });
      put(worktree, secret('src/nearly.ts', IDENTITY.adapter, [...WORDS.slice(1), 'more']));
      const stranger = open('stranger', { repository: 'stranger', checkout: '/no/such/folder', adapter: 'another' });
      put(stranger, secret(SECRET, 'another'));
      put(stranger, madeUpFile('unrelated.ts', 1));
      const { certificate } = await now.forget([SECRET], { home, mark });
      const { left, cleared } = certificate.elsewhere;
      expect(cleared).toEqual([]);
      expect(left).toEqual([
        { why: 'same', place: now.location, checkout: here, path: 'src/copy.ts', folder: 'there' },
        { why: 'alike', place: now.location, checkout: there, path: 'src/nearly.ts', folder: 'there' },
        { why: 'same', place: stranger.location, checkout: '/no/such/folder', path: SECRET, folder: 'gone' },
      ]);
      for (const { path } of [{ path: 'src/copy.ts' }, { path: stranger.location }]) {
        expect(certificate.message).toContain(path);
      }
      expect(now.segmentsOf('src/copy.ts').length).toBe(1);
      expect(stranger.segmentsOf(SECRET).length).toBe(1);
      expect(worktree.segmentsOf('src/nearly.ts').length).toBe(1);
    }));

  it('removes what another repository keeps of it and no file uses', () =>
    inHouse(async ({ home, open, there }) => {
      const copy = open('copy', { repository: there, checkout: there });
      put(copy, secret());
      put(copy, madeUpFile('kept.ts', 1));
      copy.drop([SECRET]);
      const now = open('repository');
      put(now, secret());
      const { certificate } = await now.forget([SECRET], { home, mark });
      expect(certificate.elsewhere.cleared).toEqual([{ place: copy.location, files: 0, records: 1 }]);
      expect(holding(home, blobOf(secret()), keyOf(secret()))).toEqual([]);
      expect(copy.file(SECRET)).toBeUndefined();
      expect(await copy.verify()).toMatchObject({ kind: 'sound', records: 3 });
    }));

  it('deletes unpacked snapshots that held it, and no others', () =>
    inHouse(async ({ home, open }) => {
      const unpack = (name: string, files: readonly MadeUpFile[]) => {
        const repository = `snapshot:${name}`;
        const { ledger } = Ledger.open(join(home, 'snapshots', `${name}.sqlite`), {
          ...IDENTITY,
          repository,
          checkout: repository,
        });
        for (const file of files) put(ledger, file);
        ledger.close();
        return ledger.location;
      };
      const held = unpack('a'.repeat(24), [secret('lib/under-another-name.ts')]);
      const other = unpack('b'.repeat(24), [madeUpFile('lib/x.ts', 1)]);
      const now = open('repository');
      put(now, secret());
      const { certificate } = await now.forget([SECRET], { home, mark });
      expect(existsSync(held)).toBe(false);
      expect(existsSync(other)).toBe(true);
      expect(certificate.elsewhere.deleted).toEqual([held]);
      expect(certificate.message).toContain('delete the snapshots themselves where you keep them');
      expect(holding(home, blobOf(secret('lib/under-another-name.ts')), 'quixotic')).toEqual([]);
    }));

  it('names copies that were set aside as damaged, wherever bytes of it stand in them, and files that it does not know', () =>
    inHouse(async ({ home, open }) => {
      const now = open('repository');
      put(now, secret());
      now.close();
      const aside = `${now.location}.damaged-20260101T000000000Z`;
      cpSync(now.location, aside);
      mkdirSync(join(home, 'memory/elsewhere'));
      const stray = join(home, 'memory/elsewhere/memory.sqlite.damaged-20250101T000000000Z');
      cpSync(now.location, stray);
      const clean = join(home, 'memory/elsewhere/memory.sqlite.damaged-20240101T000000000Z');
      writeFileSync(clean, 'nothing of it');
      const backup = join(home, 'memory.bak');
      cpSync(now.location, backup);
      const { certificate } = await open('repository').forget([SECRET], { home, mark });
      expect([...certificate.setAside].sort()).toEqual([stray, aside].sort());
      expect(certificate.elsewhere.left).toContainEqual({ why: 'traces', place: backup });
      expect(holding(home, blobOf(secret())).sort()).toEqual([aside, stray, backup].sort());
      for (const place of [aside, stray, backup]) expect(certificate.message).toContain(place);
    }));

  it('leaves alone what is not its own in a home folder that holds other things', () =>
    inHouse(async ({ home, open }) => {
      const theirs = join(home, 'theirs.sqlite');
      const db = new DatabaseSync(theirs);
      db.exec('PRAGMA user_version = 9; CREATE TABLE theirs (x)');
      db.prepare('INSERT INTO theirs VALUES (?)').run(blobOf(secret()));
      db.close();
      mkdirSync(join(home, 'projects'));
      writeFileSync(join(home, 'projects', 'x.bin'), blobOf(secret()));
      symlinkSync(home, join(home, 'projects', 'loop'));
      const before = readFileSync(theirs);
      const now = open('repository');
      put(now, secret());
      const { certificate } = await now.forget([SECRET], { home, mark });
      expect(certificate.elsewhere.left).toEqual([{ why: 'traces', place: theirs }]);
      expect(readFileSync(theirs).equals(before)).toBe(true);
    }));

  it('cleans what is only left in the free space or the log of a database', () =>
    inHouse(async ({ home, open, there }) => {
      const other = open('other', { repository: there, checkout: there });
      put(other, madeUpFile('kept.ts', 1));
      other.close();
      const db = new DatabaseSync(other.location);
      db.exec('PRAGMA secure_delete = OFF; CREATE TABLE stray (blob BLOB)');
      db.prepare('INSERT INTO stray VALUES (?)').run(blobOf(secret()));
      db.exec('DROP TABLE stray');
      db.close();
      expect(holding(home, blobOf(secret())).length).toBe(1);
      const now = open('repository');
      put(now, secret());
      const { certificate } = await now.forget([SECRET], { home, mark });
      expect(certificate.elsewhere.left).toEqual([]);
      expect(holding(home, blobOf(secret()))).toEqual([]);
    }));

  it('names a database of a later version and a link, and touches neither; a hard link is the same file', () =>
    inHouse(async ({ home, open, there }) => {
      const later = open('later', { repository: there, checkout: there });
      put(later, secret());
      later.close();
      const db = new DatabaseSync(later.location);
      db.exec(
        "PRAGMA user_version = 9; UPDATE meta SET value = '9' WHERE name = 'schema'; ALTER TABLE file RENAME TO f",
      );
      db.close();
      const before = readFileSync(later.location);
      symlinkSync(there, join(home, 'memory', 'elsewhere'));
      const now = open('repository');
      put(now, secret());
      linkSync(now.location, join(home, 'second-name.sqlite'));
      const { certificate } = await now.forget([SECRET], { home, mark });
      expect(certificate.elsewhere.left).toEqual(
        expect.arrayContaining([
          { why: 'newer', place: later.location },
          { why: 'link', place: join(home, 'memory', 'elsewhere') },
        ]),
      );
      expect(readFileSync(later.location).equals(before)).toBe(true);
      expect(holding(home, blobOf(secret()))).toEqual([later.location]);
    }));
});

describe('what was forgotten stays forgotten', () => {
  it('in a database of another adapter, in one after the first commit, and in one that is begun after damage', () =>
    inHouse(async ({ home, open, here }) => {
      const first = open('repository', { repository: here });
      put(first, secret());
      await first.forget([SECRET], { home, mark });
      const nextAdapter = open('repository', { repository: here, adapter: 'next' });
      expect(nextAdapter.file(SECRET)?.state).toEqual(mark.state);
      expect(await nextAdapter.verify()).toMatchObject({ kind: 'sound' });
      const place = join(home, 'memory', 'git');
      const committed = Ledger.open(
        place,
        { ...IDENTITY, checkout: here, repository: 'git:abc' },
        { former: [{ place: join(home, 'memory', 'repository'), repository: here }] },
      ).ledger;
      expect(committed.file(SECRET)?.state).toEqual(mark.state);
      committed.close();
      const identity = { ...IDENTITY, checkout: here, repository: 'git:abc' };
      const rebuilt = Ledger.open(place, identity, { forceRebuild: true });
      expect(rebuilt.kind).toBe('recovered');
      expect(rebuilt.ledger.file(SECRET)?.state).toEqual(mark.state);
      rebuilt.ledger.close();
    }));

  it('however often a process that forgets is killed: the file is in, or it is out, marked and clean', async () => {
    let killed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await inHouse(async ({ home, open, here }) => {
        const identity = { repository: here };
        const former = open('before', identity);
        put(former, secret());
        former.close();
        const now = open('after', { repository: 'git:abc' });
        for (let n = 0; n < 40; n++) put(now, madeUpFile(`f${n}.ts`, 1));
        put(now, secret());
        const database = now.location;
        now.close();
        const { signal, said } = await forgetAndKill([home, database, here, SECRET], 6 * round);
        if (signal === 'SIGKILL') killed++;
        // No certificate unless all of it was done.
        if (said.includes('certificate')) {
          expect(holding(home, blobOf(secret()), keyOf(secret()))).toEqual([]);
        }
        const again = open('after', { repository: 'git:abc' });
        const found = again.file(SECRET)?.state.kind;
        expect(['ingested', 'skipped']).toContain(found);
        // Whoever opens it next finishes what was begun.
        if (found === 'skipped') {
          expect(holding(join(home, 'memory', 'after'), blobOf(secret()), keyOf(secret()))).toEqual([]);
        }
        await again.forget([SECRET], { home, mark });
        expect(holding(home, blobOf(secret()), keyOf(secret()), 'quixotic')).toEqual([]);
        expect(await again.verify()).toMatchObject({ kind: 'sound', segments: 120 });
      });
    }
    expect(killed).toBeGreaterThan(0);
  });
});
