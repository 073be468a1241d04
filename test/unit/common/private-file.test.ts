import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { homeFolder, memoryFolder, prepareHome } from '../../../src/index/storage-path.ts';
import { Ledger } from '../../../src/memory/store/ledger.ts';
import { exportSnapshot } from '../../../src/memory/snapshot/export.ts';
import { IDENTITY, madeUpFile, put } from '../memory/support.ts';

const temporary = () => mkdtempSync(join(tmpdir(), 'private-test-'));
const modeOf = (path: string) => statSync(path).mode & 0o777;

/** Modes of everything below a folder, by path, and of the folder itself. */
function modes(folder: string): Map<string, string> {
  const found = new Map([['.', modeOf(folder).toString(8)]]);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    found.set(name, modeOf(join(folder, name)).toString(8));
  }
  return found;
}

function expectPrivate(folder: string): void {
  for (const [path, mode] of modes(folder)) expect([path, mode]).toEqual([path, expect.stringMatching(/^[67]00$/)]);
}

/** What an ingest and a question do: a home, a ledger with a log, several connections. */
function used(home: string): Ledger {
  prepareHome(home);
  const { ledger } = Ledger.open(memoryFolder('some/repository', home), IDENTITY);
  put(ledger, madeUpFile('a.ts', 1));
  put(ledger, madeUpFile('b.ts', 1));
  return ledger;
}

const umask = process.umask(0o022);
const { ASK_CODEBASE_HOME, XDG_DATA_HOME } = process.env;
afterEach(() => {
  process.umask(umask);
  for (const [name, value] of Object.entries({ ASK_CODEBASE_HOME, XDG_DATA_HOME })) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
});

describe.skipIf(process.platform === 'win32')('what is kept on disk', () => {
  it.each([0, 0o022, 0o077])('is for its owner alone under umask %o', async (mask) => {
    process.umask(mask);
    const home = join(temporary(), 'deep', 'home');
    const ledger = used(home);
    try {
      const names = readdirSync(memoryFolder('some/repository', home)).map((name) => name.replace(/^[^.]*/, ''));
      expect(names.sort()).toEqual(['.sqlite', '.sqlite-shm', '.sqlite-wal']);
      expectPrivate(home);
      ledger.setHash();
      await ledger.forget(['a.ts']);
      const snapshot = join(home, 'x.imem');
      await exportSnapshot(ledger, snapshot, { program: 'test', repository: '' });
      expectPrivate(home);
    } finally {
      ledger.close();
    }
    expectPrivate(home);
  });

  it('is tightened where an earlier version left it open, with logs and copies that were set aside', () => {
    process.umask(0o022);
    const home = temporary();
    const first = used(home);
    const { location } = first;
    const folder = memoryFolder('some/repository', home);
    writeFileSync(`${location}.damaged-20260101T000000000Z`, 'old');
    writeFileSync(`${location}.damaged-20260101T000000000Z-wal`, 'old');
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
    for (const each of [folder, join(home, 'memory'), home]) chmodSync(each, 0o755);
    mkdirSync(join(home, 'snapshots'), { mode: 0o755 });
    prepareHome(home);
    const { ledger } = Ledger.open(folder, IDENTITY);
    try {
      expect([...modes(folder).keys()].filter((name) => /-wal$|damaged/.test(name))).toHaveLength(3);
      expectPrivate(home);
    } finally {
      ledger.close();
      first.close();
    }
  });

  it('stays private when a damaged or a doubted database is set aside', () => {
    process.umask(0);
    for (const forceRebuild of [false, true]) {
      const home = temporary();
      const ledger = used(home);
      const { location } = ledger;
      ledger.close();
      chmodSync(location, 0o666);
      if (!forceRebuild) writeFileSync(location, Buffer.from(readFileSync(location)).fill(0xa5, 0, 4096));
      const opened = Ledger.open(memoryFolder('some/repository', home), IDENTITY, { forceRebuild });
      opened.ledger.close();
      expect(opened.kind).toBe('recovered');
      expectPrivate(home);
    }
  });
});

describe('the home of all memories', () => {
  it('is left out by git, however it came about', () => {
    const home = join(temporary(), 'home');
    prepareHome(home);
    expect(readFileSync(join(home, '.gitignore'), 'utf8')).toBe('*\n');
    writeFileSync(join(home, '.gitignore'), '# mine\n');
    prepareHome(home);
    expect(readFileSync(join(home, '.gitignore'), 'utf8')).toBe('# mine\n');
  });

  it.skipIf(process.platform === 'win32')('touches nothing but its own parts in a folder with other things', () => {
    const folder = temporary();
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'package.json'), '{}', { mode: 0o644 });
    prepareHome(folder);
    expect(modeOf(folder)).toBe(0o755);
    expect(modeOf(join(folder, 'package.json'))).toBe(0o644);
    expect(readdirSync(folder).sort()).toEqual(['memory', 'package.json', 'snapshots']);
    writeFileSync(join(folder, 'snapshots', 'theirs'), '', { mode: 0o644 });
    chmodSync(join(folder, 'snapshots'), 0o755);
    prepareHome(folder);
    expect(modeOf(join(folder, 'snapshots'))).toBe(0o755);
    chmodSync(join(folder, 'snapshots'), 0o700);
    chmodSync(join(folder, 'snapshots', 'theirs'), 0o600);
    for (const part of ['memory', 'snapshots']) {
      expect(readFileSync(join(folder, part, '.gitignore'), 'utf8')).toBe('*\n');
      expectPrivate(join(folder, part));
    }
  });

  it('is the platform’s where ASK_CODEBASE_HOME is unset or empty', () => {
    delete process.env.ASK_CODEBASE_HOME;
    const usual = homeFolder();
    process.env.ASK_CODEBASE_HOME = '';
    expect(homeFolder()).toBe(usual);
    process.env.ASK_CODEBASE_HOME = join(tmpdir(), 'x');
    expect(homeFolder()).toBe(join(tmpdir(), 'x'));
  });

  it('is refused where it is relative', () => {
    for (const relative of ['.', 'memories', '../x', '~/x', ' ']) {
      process.env.ASK_CODEBASE_HOME = relative;
      expect(() => homeFolder(), relative).toThrow(expect.objectContaining({ code: 'command/environment' }));
      expect(() => homeFolder(), relative).toThrow(/ASK_CODEBASE_HOME must be an absolute path/);
    }
    delete process.env.ASK_CODEBASE_HOME;
    if (process.platform !== 'linux') return;
    process.env.XDG_DATA_HOME = 'data';
    expect(() => homeFolder()).toThrow(/must be an absolute path/);
  });
});
