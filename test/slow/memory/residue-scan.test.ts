import { randomFillSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { encodeRecord } from '../../../src/memory/algebra/embedding-record.ts';
import { pairedRecord } from '../../../src/memory/algebra/former-record.ts';
import { packKeys } from '../../../src/memory/algebra/packed-keys.ts';
import { traceOf, traceOfRecord, Traces } from '../../../src/memory/store/residue-scan.ts';
import { encodeFormerRecord, madeUpVectors, withFolder } from '../../unit/memory/support.ts';
import type { EightBits } from '../../unit/memory/support.ts';

const random = (length: number): Uint8Array => randomFillSync(new Uint8Array(length));
const CHUNK = 4 * 1024 * 1024;

it.each([1, 5_001])('each of %i traces is found wherever it begins, also across two chunks, and no other', (count) =>
  withFolder(async (folder) => {
    const pieces = Array.from({ length: count }, () => random(60));
    const traces = pieces.flatMap((piece) => traceOf(piece).map(({ bytes }) => bytes));
    const searched = new Traces(pieces.flatMap(traceOf));
    const file = join(folder, 'x');
    const places = [
      ...Array.from({ length: 25 }, (_, at) => at),
      ...[CHUNK - 25, CHUNK - 24, CHUNK - 12, CHUNK - 1, CHUNK, CHUNK + 150],
    ];
    const content = random(CHUNK + 200);
    for (const [n, place] of places.entries()) {
      const trace = traces[n % count]!;
      const planted = Uint8Array.from(content);
      planted.set(trace, place);
      // The beginning is enough for those in the first chunk.
      writeFileSync(file, place < 50 ? planted.subarray(0, 200) : planted);
      expect((await searched.in(file)).found, String(place)).toEqual([Buffer.from(trace)]);
    }
    writeFileSync(file, Buffer.concat([content, traces[0]!.subarray(0, 23)]));
    expect(await searched.in(file)).toEqual({ found: [], bytes: content.length + 23 });
  }),
);

const MADE = { tokens: 8, keySize: 64, blocks: 0, valueSize: 0 };
const PAIRED = { ...MADE, tokens: 4 };

/** As a model spreads them: random bytes would be cut off at the largest step for the most part. */
function vectorsOf(name: string) {
  const { keys, values } = madeUpVectors(name, MADE);
  return { keys: keys.map((x, at) => (x + (keys[at ^ 1] ?? 0) + (keys[at ^ 2] ?? 0)) / 8), values };
}

const packedOf = ({ keys, values }: EightBits) => ({ keys: packKeys(keys, MADE.keySize), values });
const eightBits = (vectors: EightBits) => encodeFormerRecord(vectors, MADE);
const fourBits = (vectors: EightBits) => encodeRecord(packedOf(vectors), MADE);
const paired = (vectors: EightBits) => encodeRecord(pairedRecord(packedOf(vectors), PAIRED), PAIRED);

/** How a record is stored and was stored, and where the bytes lie from which the middle of its keys follows. */
const FORMS = [
  { name: 'keys of eight bits', now: fourBits, before: eightBits, middle: [264, 312] },
  { name: 'keys of eight bits, each by itself', now: paired, before: eightBits, middle: [264, 376] },
  { name: 'keys of four bits, each by itself', now: paired, before: fourBits, middle: [132, 188] },
] as const;
const COUNTED = FORMS.flatMap((form) => [1, 5_001].map((count) => ({ ...form, count })));

it.each(COUNTED)('each of $count records is found as $name, and no other', ({ now, before, middle, count }) =>
  withFolder(async (folder) => {
    const names = Array.from({ length: count }, (_, at) => `record ${at}`);
    const traces = names.map((name) => traceOfRecord(now(vectorsOf(name)))[0]!);
    const searched = new Traces(traces);
    const file = join(folder, 'x');
    const content = random(CHUNK + 700);
    for (const [n, place] of [0, 1, 2, 17, CHUNK - 400, CHUNK - 300, CHUNK - 250, CHUNK - 130, CHUNK].entries()) {
      const at = n % count;
      const former = before(vectorsOf(names[at]!));
      const planted = Uint8Array.from(content);
      planted.set(former, place);
      writeFileSync(file, planted);
      expect((await searched.in(file)).found, String(place)).toEqual([Buffer.from(traces[at]!.bytes)]);
      // Only the middle counts: without it nothing is left that could be told from another's.
      planted.set(random(middle[1] - middle[0]), place + 8 + middle[0]);
      writeFileSync(file, planted);
      expect((await searched.in(file)).found, String(place)).toEqual([]);
    }
    for (const byte of [0, 127, 255]) {
      writeFileSync(file, new Uint8Array(10_000).fill(byte));
      expect((await searched.in(file)).found).toEqual([]);
    }
  }),
);
