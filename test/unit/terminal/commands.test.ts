import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FolderIndex } from '../../../src/index/folder-index.ts';
import { diffCommand } from '../../../src/terminal/diff.ts';
import { evidenceCommand } from '../../../src/terminal/evidence.ts';
import { exportCommand } from '../../../src/terminal/export.ts';
import { forgetCommand } from '../../../src/terminal/forget.ts';
import { importCommand } from '../../../src/terminal/import.ts';
import { ingestCommand } from '../../../src/terminal/ingest.ts';
import { recallCommand } from '../../../src/terminal/recall.ts';
import { statsCommand } from '../../../src/terminal/stats.ts';
import { verifyCommand } from '../../../src/terminal/verify.ts';
import { AdapterStandIn } from '../../support/encoder.ts';
import { withFolder } from '../memory/support.ts';

const MODELS = join(import.meta.dirname, '../../../models');
const FILES = {
  'src/loan.ts': 'export const loanDays = 21;\n\nexport const fee = 10;\n',
  'src/book.ts': 'export const title = 1;\n',
  'docs/notes.md': 'Notes about books.\n',
};

let printed = '';
let told = '';

beforeEach(() => {
  printed = '';
  told = '';
  vi.stubEnv('ASK_CODEBASE_MODELS', MODELS);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const json = () => JSON.parse(printed) as Record<string, unknown>;

/**
 * A folder whose files are indexed, with a stand-in for the model. The commands run as they are: none of these asks the
 * model anything, and one that did would fail, because it is not built here.
 */
async function withIndexed(work: (root: string, folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const root = join(folder, 'root');
    for (const [path, text] of Object.entries(FILES)) write(root, path, text);
    const home = join(folder, 'home');
    vi.stubEnv('ASK_CODEBASE_HOME', home);
    const standIn = new AdapterStandIn();
    const index = await FolderIndex.open({ root, home, engine: standIn.engine });
    standIn.shape = index.adapter;
    await index.refresh({});
    index.close();
    await work(root, folder);
  });
}

function write(root: string, path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

const of = (root: string) => ({ repo: [root], device: 'cpu' as const });

describe('stats', () => {
  it('says what is indexed, what is left out and why', () =>
    withIndexed(async (root) => {
      write(root, 'logo.png', '\x89PNG\0');
      expect(await ingestCommand(of(root))).toBe(0);
      printed = '';
      expect(await statsCommand({ ...of(root), files: true })).toBe(0);
      expect(printed).toContain('  3 files, 5 lines, 4 segments');
      expect(printed).toMatch(/Left out: 1 file \(\s*25/);
      expect(printed).toMatch(/^ {4}logo\.png: .+\.$/m);
    }));

  it('says the same as JSON', () =>
    withIndexed(async (root) => {
      expect(await statsCommand({ ...of(root), json: true })).toBe(0);
      expect(json()).toMatchObject({ root, lines: 5, segments: 4, files: { ingested: 3 }, skipped: [], masked: [] });
    }));
});

describe('ingest', () => {
  it('reads nothing again that did not change', () =>
    withIndexed(async (root) => {
      expect(await ingestCommand(of(root))).toBe(0);
      expect(printed).toMatch(/^0 files read, 3 unchanged, 0 gone, 0 skipped, 0 failed\.$/m);
      expect(printed).toMatch(/^0 segments encoded \(0 tokens\), 0 known already/m);
    }));

  it('takes out what is gone', () =>
    withIndexed(async (root) => {
      rmSync(join(root, 'src/book.ts'));
      expect(await ingestCommand({ ...of(root), json: true })).toBe(0);
      expect(json()).toMatchObject({ read: 0, unchanged: 2, removed: 1, encoded: 0 });
    }));

  it('takes one folder', async () => {
    await expect(ingestCommand({ repo: ['a', 'b'], device: 'cpu' })).rejects.toThrow('This command takes one --repo.');
  });
});

describe('verify', () => {
  it('finds a whole database and equal files', () =>
    withIndexed(async (root) => {
      expect(await verifyCommand(of(root))).toBe(0);
      expect(printed).toContain('Equal: all 3 files on disk are, segment by segment, what was read.');
    }));

  it('fails where files differ, and names each', () =>
    withIndexed(async (root) => {
      write(root, 'src/book.ts', 'export const title = 2;\n');
      write(root, 'src/new.ts', 'export {};\n');
      rmSync(join(root, 'docs/notes.md'));
      expect(await verifyCommand(of(root))).toBe(1);
      expect(printed).toMatch(/^ {2}changed {2}src\/book\.ts$/m);
      expect(printed).toMatch(/^ {2}gone {5}docs\/notes\.md$/m);
      expect(printed).toMatch(/^ {2}new {6}src\/new\.ts$/m);
      printed = '';
      expect(await verifyCommand({ ...of(root), json: true })).toBe(1);
      expect(json()).toMatchObject({ equal: false, files: { changed: ['src/book.ts'], fresh: ['src/new.ts'] } });
    }));
});

describe('forget', () => {
  it('takes a folder out, and ingest leaves it so', () =>
    withIndexed(async (root) => {
      expect(await forgetCommand(['./src/'], of(root))).toBe(0);
      expect(printed).toMatch(/^2 files with 3 segments forgotten: /);
      await ingestCommand(of(root));
      printed = '';
      await statsCommand({ ...of(root), json: true });
      expect(json()).toMatchObject({
        files: { ingested: 1 },
        skipped: [{ path: 'src/book.ts' }, { path: 'src/loan.ts' }],
      });
    }));

  it('takes nothing out where one path is unknown', () =>
    withIndexed(async (root) => {
      await expect(forgetCommand(['src', 'nowhere'], of(root))).rejects.toThrow('Nothing under "nowhere"');
      await statsCommand({ ...of(root), json: true });
      expect(json()).toMatchObject({ files: { ingested: 3 } });
    }));
});

describe('export and import', () => {
  it('bring an index to another home, equal to the first', () =>
    withIndexed(async (root, folder) => {
      const file = join(folder, 'a.imem');
      expect(await exportCommand(file, { ...of(root), words: true, program: 'test' })).toBe(0);
      expect(printed).toContain(`${file}: 3 files, 4 segments`);
      printed = '';
      vi.stubEnv('ASK_CODEBASE_HOME', join(folder, 'other'));
      expect(await importCommand(file, of(root))).toBe(0);
      expect(printed).toMatch(/^3 files taken over, 0 known already, 0 other or missing here\.$/m);
      expect(printed).toMatch(/^The index is equal to the exporter's: /m);
      printed = '';
      expect(await importCommand(file, { ...of(root), json: true })).toBe(0);
      expect(json()).toMatchObject({ equal: true, files: { placed: 0, known: 3 } });
    }));

  it('refuse what is no snapshot', () =>
    withIndexed(async (root) => {
      await expect(importCommand(join(root, 'src/loan.ts'), of(root))).rejects.toThrow(/\.$/);
    }));
});

describe('diff', () => {
  it('takes one kind of question, before it opens anything', async () => {
    await expect(diffCommand('HEAD', undefined, { ...of('/nowhere'), ask: 'a', recall: 'b' })).rejects.toThrow(
      'Give --ask or --recall, not both.',
    );
  });

  it('refuses an unknown commit', () =>
    withIndexed(async (root) => {
      const git = (...args: string[]) =>
        execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd: root, stdio: 'ignore' });
      git('init');
      git('add', '-A');
      git('commit', '-m', 'first');
      await expect(diffCommand('nowhere', undefined, of(root))).rejects.toThrow(/nowhere/);
    }));
});

describe('recall', () => {
  it('refuses a scope that cannot be read, before it opens anything', async () => {
    const options = { ...of('/nowhere'), by: 'fused', scope: '+../x' } as const;
    await expect(recallCommand('x', options)).rejects.toThrow('leads out of the folder');
    expect(told).toBe('');
  });
});

describe('evidence', () => {
  it('is printed a page at a time, with the count of all, and loads no model', () =>
    withIndexed(async (root) => {
      expect(await evidenceCommand('How many files are there?', { ...of(root), most: 2 })).toBe(0);
      expect(printed.split('\n').slice(0, 4)).toEqual([
        'Matches  3 places in 3 files',
        '  src/book.ts:1',
        '  src/loan.ts:1',
        '  … and 1 more: `evidence --from 2 "…"`',
      ]);
      printed = '';
      await evidenceCommand('How many files are there?', { ...of(root), from: 2, json: true });
      expect(json()).toMatchObject({
        from: 2,
        evidence: { kind: 'list', count: 3, items: [{ path: 'docs/notes.md' }] },
      });
    }));

  it('says where there is none, and takes a kind', () =>
    withIndexed(async (root) => {
      expect(await evidenceCommand('loanDays', of(root))).toBe(3);
      expect(printed).toMatch(/^Nothing was found/);
      printed = '';
      expect(await evidenceCommand('loanDays', { ...of(root), kind: 'definition' })).toBe(0);
      expect(printed).toBe('Definitions  1 place in 1 file\n  src/loan.ts:1  export const loanDays = 21;\n');
    }));
});
