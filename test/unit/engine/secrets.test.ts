import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { ingest } from '../../../src/index/ingest.ts';
import { Ledger } from '../../../src/memory/store/ledger.ts';
import { terms } from '../../../src/memory/search/tokenize.ts';
import { contentHash } from '../../../src/memory/algebra/embedding-record.ts';
import { blobHash } from '../../../src/workspace/files/file.ts';
import { splitLines } from '../../../src/workspace/segment/line.ts';
import { SHAPE, StandIn } from '../../support/encoder.ts';
import { madeUpRecord, withFolder } from '../memory/support.ts';

/** In the format of a real one, put together here; lower case, as words stand in the index. */
const WORD = ['ghp', '_', 'q7zx4w'.repeat(6)].join('');
const CLEAN = 'export const harbour = 1;\n';
const SOURCE = `import { moor } from './rope.ts';\n\nexport const ship = moor('${WORD}');\n`;

class Counting extends StandIn {
  segmented: string[] = [];
  override segment(text: string) {
    // Cut once more when it is encoded.
    if (!this.segmented.includes(text)) this.segmented.push(text);
    return super.segment(text);
  }
}

interface Place {
  readonly root: string;
  readonly ledger: Ledger;
  /** Whether the token stands in the database's files, as bytes. */
  readonly onDisk: () => boolean;
  readonly read: (isExempt?: (path: string) => boolean) => Promise<Counting>;
  /** Records a file as a version did that looked for no secrets. */
  readonly putAsBefore: (path: string, text: string) => void;
}

function withPlace(work: (place: Place) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const root = join(folder, 'root');
    mkdirSync(root);
    const identity = { repository: 'r', checkout: root, adapter: 'base+adapter', shape: SHAPE };
    const { ledger } = Ledger.open(join(folder, 'memory.sqlite'), identity);
    try {
      await work({
        root,
        ledger,
        onDisk: () =>
          ['', '-wal']
            .map((suffix) => ledger.location + suffix)
            .some((file) => existsSync(file) && readFileSync(file).includes(WORD.slice(4))),
        read: async (isExempt = () => false) => {
          const engine = new Counting();
          await ingest({ root, ledger, engine: engine.engine, isExempt });
          ledger.scrub();
          return engine;
        },
        putAsBefore: (path, text) => {
          writeFileSync(join(root, path), text);
          const { mtimeMs, size } = statSync(join(root, path));
          const lines = splitLines(text).length;
          const key = contentHash(identity.adapter, path, text);
          const segment = { start: 1, end: lines, tokens: 9, contentHash: key, terms: terms(text) };
          const meta = { blobHash: blobHash(Buffer.from(text)), bytes: size, mtimeMs, lines };
          ledger.putFile(path, meta, [segment], new Map([[key, madeUpRecord(path, SHAPE)]]));
        },
      });
    } finally {
      ledger.close();
    }
  });
}

const hits = (ledger: Ledger) => ledger.lexicalSearch(terms(WORD), 10).length;

it('masks what is read, and says so with the file', async () => {
  await withPlace(async ({ root, ledger, onDisk, read }) => {
    writeFileSync(join(root, 'ship.ts'), SOURCE);
    writeFileSync(join(root, '.env'), 'TOKEN=qz83\n');
    writeFileSync(join(root, 'a.ts'), CLEAN);
    const { segmented } = await read();
    expect(segmented.join('')).not.toContain(WORD);
    expect(segmented.join('')).toContain("moor('[secret]')");
    expect([hits(ledger), onDisk()]).toEqual([0, false]);
    const secrets = ledger.file('ship.ts')?.secrets;
    expect(secrets).toMatchObject({ masked: [{ line: 3, rule: 'GitHub token' }] });
    expect(ledger.file('a.ts')?.secrets).toEqual({ rules: secrets?.rules, masked: [] });
    expect(ledger.file('.env')).toMatchObject({
      blobHash: '',
      state: { kind: 'skipped', reason: 'secret' },
      secrets: { masked: [] },
    });
    expect(await ledger.verify()).toMatchObject({ kind: 'sound' });
    expect((await read()).segmented).toEqual([]);
  });
});

it('reads files of a memory without rules once more, renews their words and drops the former ones from the disk', async () => {
  await withPlace(async ({ ledger, onDisk, read, putAsBefore }) => {
    putAsBefore('a.ts', CLEAN);
    putAsBefore('ship.ts', SOURCE);
    putAsBefore('.env', `TOKEN=${WORD}\n`);
    const generation = ledger.generation();
    expect([hits(ledger), onDisk()]).toEqual([2, true]);
    const { segmented } = await read();
    expect(segmented).toEqual([CLEAN, SOURCE.replace(WORD, '[secret]')]);
    expect([hits(ledger), onDisk()]).toEqual([0, false]);
    expect(ledger.file('a.ts')).toMatchObject({ state: { kind: 'ingested' }, secrets: { masked: [] } });
    expect(ledger.file('.env')?.state).toMatchObject({ kind: 'skipped', reason: 'secret' });
    expect(ledger.generation()).toBeGreaterThan(generation);
    expect(await ledger.verify()).toMatchObject({ kind: 'sound' });
    expect((await read()).segmented).toEqual([]);
  });
});

it('reads an exception as it stands, and masks it again when it is none any more', async () => {
  await withPlace(async ({ root, ledger, onDisk, read }) => {
    writeFileSync(join(root, 'ship.ts'), SOURCE);
    writeFileSync(join(root, '.env'), `TOKEN=${WORD}\n`);
    await read();
    expect(hits(ledger)).toBe(0);
    await read((path) => path === 'ship.ts' || path === '.env');
    expect(hits(ledger)).toBe(2);
    expect(ledger.file('ship.ts')?.secrets).toMatchObject({ masked: [] });
    await read();
    expect([hits(ledger), onDisk()]).toEqual([0, false]);
    expect(ledger.file('.env')?.state).toMatchObject({ reason: 'secret' });
  });
});
