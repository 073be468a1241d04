/**
 * What each operation on a memory of 10,000 files and some 40,000 segments takes, in ms: `node test/bench/scope.ts`.
 * The writes are made up, of the shape that the adapter in models/ has; nothing is encoded.
 */
import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { featureMap } from '../../src/memory/feature-map.ts';
import { Ledger } from '../../src/memory/ledger.ts';
import type { SegmentEntry } from '../../src/memory/records.ts';
import { parseScope, selectPaths } from '../../src/memory/scope.ts';
import type { MemoryShape } from '../../src/memory/shape.ts';
import { writeKey } from '../../src/memory/write.ts';
import type { Write } from '../../src/memory/write.ts';

const FILES = Number(process.argv[2] ?? 10_000);
const map = featureMap({ kind: 'dpfp', order: 3 }, 256);
const shape: MemoryShape = { tokens: 4, keySize: 256, blocks: 0, valueSize: 0, featureMap: map };
const folder = mkdtempSync(join(tmpdir(), 'bench-scope-'));
const identity = { repository: 'bench', checkout: folder, adapter: 'bench', shape };

function made(path: string, version: number, count = 4): Parameters<Ledger['putFile']> {
  const writes = new Map<string, Write>();
  const segments: SegmentEntry[] = Array.from({ length: count }, (_, n) => {
    // An edit changes one segment, as it mostly does.
    const key = writeKey('bench', path, `${n} ${n === 0 ? version : 0}`);
    writes.set(key, { keys: randomFillSync(new Int8Array(4 * 256)), values: new Int8Array() });
    const terms = Array.from({ length: 120 }, (_, t) => `w${(n * 7919 + t * 104_729 + path.length * 31) % 20_000}x`);
    return { start: 20 * n + 1, end: 20 * n + 20, tokens: 200, writeKey: key, terms };
  });
  return [path, { blobHash: String(version), bytes: 4000, mtimeMs: version, lines: 80 }, segments, writes];
}

async function timed<T>(name: string, work: () => T | Promise<T>, rounds = 1): Promise<T> {
  let result: T | undefined;
  const wall: number[] = [];
  const processor: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const used = process.cpuUsage();
    result = await work();
    const { user, system } = process.cpuUsage(used);
    wall.push(performance.now() - began);
    processor.push((user + system) / 1000);
  }
  const [best, worked] = [median(wall), median(processor)].map((ms) => ms.toFixed(1).padStart(9));
  console.log(`${name.padEnd(62)} ${best} ms ${worked} ms of processor time`);
  return result as T;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

try {
  const { ledger } = Ledger.open(folder, identity);
  const kinds = ['src', 'tests', 'vendor', 'docs'];
  const paths = Array.from({ length: FILES }, (_, n) => {
    const extension = n % 2 === 0 ? 'ts' : 'test.ts';
    return `${kinds[n % 7] ?? 'src'}/part${n % 97}/unit${n % 11}/f${n}.${extension}`;
  });
  await timed(`store ${FILES} files`, () => {
    for (const path of paths) ledger.putFile(...made(path, 1));
  });
  const { segments, databaseBytes } = ledger.totals();
  console.log(`  ${segments} segments, ${(databaseBytes / 1e6).toFixed(0)} MB`);
  await timed('memory of everything, first time', () => ledger.memory());
  await timed('memory of everything, again', () => ledger.memory(), 5);
  for (const text of [
    '+src -tests -vendor',
    '+*.test.ts',
    '+part5* -unit3',
    '-src/part1/unit1/f1.test.ts',
    '+f1*.ts',
  ]) {
    const files = await timed(`select ${text}`, () => selectPaths(parseScope(text), paths).files, 3);
    await timed(`  sum over ${files.size} files`, () => ledger.memory(files), 5);
  }
  const [edited = ''] = paths;
  let version = 2;
  await timed('one-line edit (ledger and sums)', () => ledger.putFile(...made(edited, version++)), 9);
  await timed('  then the memory and its hash', () => ledger.memoryHash(), 5);
  await timed('rename (1 file of 4 segments, writes made anew)', () => {
    ledger.drop([edited]);
    ledger.putFile(...made(`${edited}.renamed`, version));
  });
  const branch = paths.slice(100, 200);
  const there = branch.map((path) => made(path, 2));
  const back = branch.map((path) => made(path, 1));
  const none = new Map<string, Write>();
  await timed('branch switch, 100 files, first time', () => {
    for (const file of there) ledger.putFile(...file);
  });
  await timed('branch switch back, 100 files, nothing encoded', () => {
    for (const [path, meta, entries] of back) ledger.putFile(path, meta, entries, none);
  });
  await timed('tree hash', () => ledger.treeHash(), 3);
  await timed('delete 1 file', () => ledger.drop([paths[500] ?? '']));
  await timed('difference of a branch of 100 files against another', () => {
    const other = new Map(ledger.tree());
    for (const path of branch) other.delete(path);
    ledger.difference(ledger.tree(), other);
  });
  await timed('forget 1 file, with certificate', () => ledger.forget([paths[501] ?? '']));
  await timed('rebuild from the writes (what all this is checked against)', () => ledger.rebuild());
  const equal = (await ledger.rebuild()).equals(await ledger.memory());
  console.log(`incremental sums equal the rebuild: ${equal ? 'yes' : 'NO'}`);
  await timed('verify', () => ledger.verify());
  console.log(`  database ${(statSync(ledger.location).size / 1e6).toFixed(0)} MB`);
  ledger.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
