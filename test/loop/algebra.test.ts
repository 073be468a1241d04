import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, it } from 'vitest';
import { cli, LIBRARY, place, temporary } from './cli.ts';
import type { Ran } from './cli.ts';

interface Recalled {
  readonly files: { path: string; share: number; segments: { start: number; end: number; share: number }[] }[];
}

const QUESTION = 'How many days may a reader keep a book before a late fee is due?';

function git(folder: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', ['-C', folder, ...who, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** One command on one clone, in JSON. */
async function told(home: string, repo: string, ...args: readonly string[]): Promise<Ran & { readonly json: unknown }> {
  const ran = await cli([...args, '--repo', repo, '--device', 'cpu', '--json'], { home });
  return { ...ran, json: ran.out === '' ? undefined : (JSON.parse(ran.out) as unknown) };
}

/** The databases below a folder. */
function databases(home: string): string[] {
  const names = readdirSync(home, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.sqlite')).map((name) => join(home, name));
}

/** Keys and writes of one file, as bytes that a search would find. */
function tracesOf(home: string, path: string): Buffer[] {
  return databases(home).flatMap((file) => {
    const db = new DatabaseSync(file, { readOnly: true });
    const query = `SELECT content_hash, vectors FROM record WHERE id IN (SELECT record_id FROM segment WHERE file_id IN
      (SELECT id FROM file WHERE path = ?))`;
    const rows = db.prepare(query).all(path) as { content_hash: Uint8Array; vectors: Uint8Array }[];
    db.close();
    return rows.flatMap((row) => [Buffer.from(row.content_hash), Buffer.from(row.vectors.subarray(100, 140))]);
  });
}

/** How many of the traces stand in any file below a folder, logs and leftovers included. */
function found(home: string, traces: readonly Buffer[]): number {
  const names = readdirSync(home, { recursive: true, encoding: 'utf8' }).map((name) => join(home, name));
  const contents = names.filter((name) => statSync(name).isFile()).map((name) => readFileSync(name));
  return traces.filter((trace) => contents.some((content) => content.includes(trace))).length;
}

describe('two clones of one repository, with the real model', () => {
  const [home, otherHome] = [temporary('home'), temporary('home')];
  const repo = place(temporary('library'), LIBRARY);
  const clone = temporary('clone');
  const snapshot = join(temporary('snapshot'), 'library.imem');
  let exported: Ran & { readonly json: unknown };
  let mine: Ran;

  beforeAll(async () => {
    git(repo, 'init', '--quiet', '--initial-branch', 'main');
    git(repo, 'add', '.');
    git(repo, 'commit', '--quiet', '-m', 'The library');
    git(repo, 'clone', '--quiet', repo, clone);
    exported = await told(home, repo, 'export', snapshot);
    mine = await told(home, repo, 'recall', QUESTION);
  });

  it('verify finds database, sums and files equal', async () => {
    expect(exported.code, exported.err).toBe(0);
    const { code, json } = await told(home, repo, 'verify');
    expect(json).toMatchObject({ equal: true, files: { equal: 4, changed: [], gone: [], fresh: [] } });
    expect(code).toBe(0);
  });

  it('import brings the same sum without the model, and ingest then encodes nothing', async () => {
    const { code, json, err } = await told(otherHome, clone, 'import', snapshot);
    expect(code, err).toBe(0);
    const { setHash } = (exported.json as { header: { setHash: string } }).header;
    expect(json).toMatchObject({ equal: true, setHash, files: { placed: 4, different: 0 } });
    const report = await told(otherHome, clone, 'ingest');
    expect(report.json).toMatchObject({ read: 0, encoded: 0, tokens: 0, unchanged: 4 });
    expect((await told(otherHome, clone, 'verify')).json).toMatchObject({
      equal: true,
      verdict: { setHash },
    });
  });

  it('both recall the same, to the last bit', async () => {
    const theirs = await told(otherHome, clone, 'recall', QUESTION);
    expect(theirs.code, theirs.err).toBe(0);
    expect(theirs.out).toBe(mine.out);
    expect((theirs.json as Recalled).files[0]?.path).toBe('src/loans.ts');
  });

  it('a snapshot alone, asked beside an empty folder, ranks as the repository does', async () => {
    const elsewhere = place(temporary('elsewhere'), { 'notes.md': '# Notes\n\nNothing about anything.\n' });
    const ran = await told(temporary('home'), elsewhere, 'recall', '--with', snapshot, '--scope', 'library', QUESTION);
    expect(ran.code, ran.err).toBe(0);
    const files = (ran.json as Recalled).files;
    const own = (JSON.parse(mine.out) as Recalled).files;
    expect(files.map(({ path }) => path)).toEqual(own.map(({ path }) => `library/${path}`));
    for (const [n, { share }] of own.entries()) expect(files[n]?.share).toBeCloseTo(share, 12);
  });

  it('two folders are asked as one, each path under its folder', async () => {
    const elsewhere = place(temporary('elsewhere'), {
      'kettle.ts': 'export const boilsAt = 100; // degrees of water\n',
    });
    const args = ['recall', '--repo', elsewhere, '--by', 'memory', 'At how many degrees does water boil?'];
    const { json, code } = await told(home, repo, ...args);
    expect(code).toBe(0);
    const { files } = json as Recalled;
    expect(files[0]?.path).toMatch(/\/kettle\.ts$/);
    expect(files).toHaveLength(5);
    expect(files.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  it('a scope names the files that share', async () => {
    const { json } = await told(home, repo, 'recall', '--scope', '+src -mail.ts', QUESTION);
    const { files } = json as Recalled;
    expect(files.map(({ path }) => path).sort()).toEqual(['src/catalogue.ts', 'src/loans.ts']);
    const wrong = await cli(['recall', '--repo', repo, '--scope', '+"src', QUESTION], { home });
    expect([wrong.code, wrong.err.trim().split('\n').length]).toEqual([2, 1]);
  });

  it('diff names what a branch changed, asks it alone, and comes out of the branch again at the same sum', async () => {
    const before = (await told(otherHome, clone, 'verify')).json as { verdict: { setHash: string } };
    git(clone, 'switch', '--quiet', '-c', 'postage');
    const path = join(clone, 'src/mail.ts');
    writeFileSync(path, `${readFileSync(path, 'utf8')}\nexport const POSTAGE_STAMP_COLOUR = 'vermilion';\n`);
    writeFileSync(join(clone, 'src/new [x].ts'), 'export const shelfHeight = 42;\n');
    const onDisk = await told(otherHome, clone, 'diff', 'main');
    expect(onDisk.code, onDisk.err).toBe(0);
    expect(onDisk.json).toMatchObject({
      files: [
        { path: 'src/mail.ts', kind: 'changed', segments: { added: 1, removed: 1 } },
        { path: 'src/new [x].ts', kind: 'added', segments: { added: 1, removed: 0 } },
      ],
      segments: { added: 2, removed: 1 },
      encoded: 0,
    });
    git(clone, 'add', '.');
    git(clone, 'rm', '--quiet', 'src/catalogue.ts');
    git(clone, 'commit', '--quiet', '-m', 'Postage');
    git(clone, 'switch', '--quiet', 'main');
    const between = await told(otherHome, clone, 'diff', 'main', 'postage');
    expect(between.json).toMatchObject({
      files: [
        { path: 'src/catalogue.ts', kind: 'removed' },
        { path: 'src/mail.ts', kind: 'changed' },
        { path: 'src/new [x].ts', kind: 'added' },
      ],
      // All of it was encoded when the branch was checked out.
      encoded: 0,
    });
    const asked = await told(otherHome, clone, 'diff', 'main', 'postage', '--recall', 'What colour is the stamp?');
    const files = (asked.json as Recalled).files.map((file) => file.path);
    expect(files[0]).toBe('src/mail.ts');
    expect(files.slice(1)).toEqual(['src/new [x].ts']);
    const after = (await told(otherHome, clone, 'verify')).json as { verdict: { setHash: string } };
    expect(after.verdict.setHash).toBe(before.verdict.setHash);
    const wrong = await cli(['diff', 'no-such-branch', '--repo', clone, '--device', 'cpu'], { home: otherHome });
    expect([wrong.code, wrong.out, wrong.err.trim().split('\n').length]).toEqual([1, '', 1]);
  });

  it('verify says what differs', async () => {
    const path = join(clone, 'README.md');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, `${text}More.\n`);
    writeFileSync(join(clone, 'fresh.ts'), 'export {};\n');
    const { code, json } = await told(otherHome, clone, 'verify');
    expect(code).toBe(1);
    expect(json).toMatchObject({ equal: false, files: { equal: 3, changed: ['README.md'], fresh: ['fresh.ts'] } });
    writeFileSync(path, text);
  });

  it('forget leaves no trace, and neither import nor ingest brings the file back', async () => {
    const traces = tracesOf(otherHome, 'src/loans.ts');
    expect(traces.length).toBeGreaterThan(0);
    expect(found(otherHome, traces)).toBe(traces.length);
    const { code, json, err } = await told(otherHome, clone, 'forget', 'src/loans.ts');
    expect(code, err).toBe(0);
    const certificate = json as { subtracted: unknown; rebuilt: unknown; scan: { found: number }; paths: string[] };
    expect(certificate.rebuilt).toEqual(certificate.subtracted);
    expect(certificate).toMatchObject({ paths: ['src/loans.ts'], scan: { found: 0 } });
    expect(found(otherHome, traces)).toBe(0);
    expect((await told(otherHome, clone, 'import', snapshot)).json).toMatchObject({
      files: { forgotten: 1 },
      equal: false,
    });
    await told(otherHome, clone, 'ingest');
    expect(found(otherHome, traces)).toBe(0);
    const recalled = (await told(otherHome, clone, 'recall', QUESTION)).json as Recalled;
    expect(recalled.files.map(({ path }) => path)).not.toContain('src/loans.ts');
    const again = await cli(['forget', 'src/nothing.ts', '--repo', clone], { home: otherHome });
    expect([again.code, again.err.trim().split('\n').length]).toEqual([1, 1]);
  });

  it('refuses what is no snapshot of this repository, in one sentence', async () => {
    const stranger = place(temporary('stranger'), { 'a.ts': 'export const a = 1;\n' });
    git(stranger, 'init', '--quiet');
    git(stranger, 'add', '.');
    git(stranger, 'commit', '--quiet', '-m', 'Another');
    const bad = join(temporary('bad'), 'bad.imem');
    writeFileSync(bad, readFileSync(snapshot).subarray(0, 40_000));
    for (const file of [snapshot, bad, join(stranger, 'a.ts'), join(stranger, 'none.imem')]) {
      const { code, out, err } = await cli(['import', file, '--repo', stranger], { home: temporary('home') });
      expect([code, out, err.trim().split('\n').length], err).toEqual([1, '', 1]);
      expect(err).not.toContain('unexpected');
    }
  });
});
