/**
 * What each operation on a memory of 10,000 files and 40,000 segments takes, in ms: `node test/bench/scope.ts [files]`.
 * The records are made up, of the shape that the adapter in models/ has; nothing is encoded. Medians of some rounds,
 * wall time and processor time: on a machine that does other work the second says more.
 */
import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from '../../src/memory/store/ledger.ts';
import type { SegmentEntry } from '../../src/memory/records.ts';
import { parseScope, selectPaths } from '../../src/memory/search/scope.ts';
import type { MemoryShape } from '../../src/memory/algebra/shape.ts';
import { exportSnapshot } from '../../src/memory/snapshot/export.ts';
import { importSnapshot } from '../../src/memory/snapshot/import.ts';
import { Snapshot } from '../../src/memory/snapshot/snapshot.ts';
import { quantize, contentHash } from '../../src/memory/algebra/embedding-record.ts';
import type { EmbeddingRecord } from '../../src/memory/algebra/embedding-record.ts';
import { spread } from './sample.ts';

const FILES = Number(process.argv[2] ?? 10_000);
/** Files of a second repository, which is added to the first. */
const SECOND = Math.round(FILES / 4);
const shape: MemoryShape = { tokens: 4, keySize: 256, blocks: 0, valueSize: 0 };
const folder = mkdtempSync(join(tmpdir(), 'bench-scope-'));
const none = new Map<string, EmbeddingRecord>();

/** Keys of length 1 in random directions: no two records are alike, and a snapshot is checked for the length. */
function madeUpRecord(): EmbeddingRecord {
  const keys = Float32Array.from(randomFillSync(new Int8Array(shape.tokens * shape.keySize)));
  for (let from = 0; from < keys.length; from += shape.keySize) {
    const key = keys.subarray(from, from + shape.keySize);
    const length = Math.sqrt(key.reduce((sum, x) => sum + x * x, 0));
    for (let at = 0; at < key.length; at++) key[at] = (key[at] ?? 0) / length;
  }
  return quantize({ keys, values: new Float32Array(0) }, shape, []);
}

function made(path: string, version: number, count = 4): Parameters<Ledger['putFile']> {
  const writes = new Map<string, EmbeddingRecord>();
  const segments: SegmentEntry[] = Array.from({ length: count }, (_, n) => {
    // An edit changes one segment, as it mostly does.
    const key = contentHash('bench', path, `${n} ${n === 0 ? version : 0}`);
    writes.set(key, madeUpRecord());
    const terms = Array.from({ length: 120 }, (_, t) => `w${(n * 7919 + t * 104_729 + path.length * 31) % 20_000}x`);
    return { start: 20 * n + 1, end: 20 * n + 20, tokens: 200, contentHash: key, terms };
  });
  return [path, { blobHash: String(version), bytes: 4000, mtimeMs: version, lines: 80 }, segments, writes];
}

const KINDS = ['src', 'tests', 'vendor', 'docs', 'src', 'src', 'src'];
const pathOf = (n: number) =>
  `${KINDS[n % 7] ?? ''}/part${n % 97}/unit${n % 11}/f${n}.${n % 2 === 0 ? 'ts' : 'test.ts'}`;

function repository(name: string, files: number): { readonly ledger: Ledger; readonly paths: readonly string[] } {
  const { ledger } = Ledger.open(join(folder, name), { repository: name, checkout: folder, adapter: 'bench', shape });
  const paths = Array.from({ length: files }, (_, n) => pathOf(n));
  for (const path of paths) ledger.putFile(...made(path, 1));
  return { ledger, paths };
}

/** A snapshot, checked, in a new ledger. */
async function unpacked(file: string): Promise<Ledger> {
  const identity = { repository: 'third', checkout: folder, adapter: 'bench', shape };
  const { ledger } = Ledger.open(join(folder, 'third'), identity);
  const snapshot = Snapshot.open(file);
  const known = snapshot.terms();
  await importSnapshot(ledger, snapshot, await snapshot.check(identity), {
    place: ({ blobHash, bytes, lines, segments }) => ({
      meta: { blobHash, bytes, lines, mtimeMs: 0 },
      terms: segments.map(({ recordId }) => snapshot.wordsOf(recordId, known)),
    }),
  });
  snapshot.close();
  return ledger;
}

/** Processor time of each operation, ms: the median of its rounds. */
const spent = new Map<string, number>();

async function timed<T>(name: string, work: (round: number) => T | Promise<T>, rounds = 1): Promise<T> {
  let result: T | undefined;
  const wall: number[] = [];
  const processor: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const used = process.cpuUsage();
    result = await work(round);
    const { user, system } = process.cpuUsage(used);
    wall.push(performance.now() - began);
    processor.push((user + system) / 1000);
  }
  const [ms, worked] = [wall, processor].map((values) => spread(values).median.toFixed(1).padStart(8));
  spent.set(name, spread(processor).median);
  const most = rounds > 1 ? `, at most ${spread(wall).most.toFixed(1)} in ${rounds}` : '';
  console.log(`${name.padEnd(58)} ${worked} ms of the processor, ${ms} ms of wall time${most}`);
  return result as T;
}

try {
  const { ledger, paths } = await timed(`store ${FILES} files`, () => repository('first', FILES));
  const { segments, databaseBytes } = ledger.totals();
  console.log(`  ${segments} segments, ${(databaseBytes / 1e6).toFixed(0)} MB`);
  await timed('set hash of everything', () => ledger.setHash(), 25);
  for (const text of ['+src -tests -vendor', '+*.test.ts', '+part5* -unit3', `-${paths[0] ?? ''}`, '+f1*.ts']) {
    const files = selectPaths(parseScope(text), paths).files;
    const both = () => ledger.setHash(selectPaths(parseScope(text), paths).files);
    await timed(`scope ${text}, ${files.size} files: paths and hash`, both, 11);
    await timed('  the hash alone', () => ledger.setHash(files), 11);
  }
  const edits = paths.slice(0, 51).map((path) => made(path, 2));
  const edit = (n: number) => ledger.putFile(...(edits[n] ?? made('', 1)));
  await timed('one-line edit (ledger and set hash)', edit, edits.length);
  const renamed = paths.slice(60, 111).map((path) => made(`${path}.renamed`, 1));
  const rename = (n: number) => {
    ledger.drop([paths[60 + n] ?? '']);
    return ledger.putFile(...(renamed[n] ?? made('', 1)));
  };
  await timed('rename (1 file of 4 segments, records made anew)', rename, renamed.length);
  const branch = paths.slice(200, 300);
  const sides = [2, 1].map((version) => branch.map((path) => made(path, version)));
  await timed('branch switch, 100 files, first time', () => {
    for (const file of sides[0] ?? []) ledger.putFile(...file);
  });
  const go = (n: number) => {
    for (const [path, meta, entries] of sides[(n + 1) % 2] ?? []) ledger.putFile(path, meta, entries, none);
  };
  await timed('branch switch, 100 files, nothing encoded', go, 11);
  await timed('tree hash', () => ledger.treeHash(), 11);
  await timed('delete 1 file', (n) => ledger.drop([paths[400 + n] ?? '']), 51);
  await timed('difference of a branch of 100 files against another', () => {
    const other = new Map(ledger.tree());
    for (const path of branch) other.delete(path);
    ledger.difference(ledger.tree(), other);
  });
  const second = repository('second', SECOND);
  const [one, two] = [ledger.setHash(), second.ledger.setHash()];
  const merge = () => {
    const sum = ledger.setHash();
    sum.merge(second.ledger.setHash());
    return sum;
  };
  const sum = await timed(`merge with a repository of ${SECOND} files`, merge, 25);
  sum.merge(two, -1);
  console.log(`  less the second it is the first again: ${sum.equals(one) ? 'yes' : 'NO'}`);
  const file = join(folder, 'first.imem');
  const { header, bytes } = await timed('export', () => exportSnapshot(ledger, file, { program: '0', repository: '' }));
  console.log(`  ${(bytes / 1e6).toFixed(0)} MB`);
  const third = await timed('import (check, then everything without its files)', () => unpacked(file));
  const same = third.treeHash() === header.treeHash && third.setHash().hex() === header.setHash;
  console.log(`  set and tree are the exporter's: ${same ? 'yes' : 'NO'}`);
  third.close();
  const reading = 'read every record once (what the next are compared with)';
  await timed(reading, () => [...ledger.segments()].length, 3);
  await timed('forget 1 file, with certificate', (n) => ledger.forget([paths[500 + n] ?? '']), 3);
  const rebuilt = await timed('rebuild from the vectors', () => ledger.rebuild(), 3);
  console.log(`the hash in use equals the rebuild: ${rebuilt.equals(ledger.setHash()) ? 'yes' : 'NO'}`);
  await timed('verify', () => ledger.verify(), 3);
  for (const name of ['forget 1 file, with certificate', 'rebuild from the vectors', 'verify']) {
    const ratio = (spent.get(name) ?? NaN) / (spent.get(reading) ?? NaN);
    console.log(`${name}: ${ratio.toFixed(2)} times reading every record`);
  }
  ledger.close();
  second.ledger.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
