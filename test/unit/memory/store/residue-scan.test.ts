import { randomFillSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { traceOf, Traces } from '../../../../src/memory/store/residue-scan.ts';
import { withFolder } from '../support.ts';

const random = (length: number): Uint8Array => randomFillSync(new Uint8Array(length));
const CHUNK = 4 * 1024 * 1024;

it.each([1, 5_001])('each of %i traces is found wherever it begins, also across two chunks, and no other', (count) =>
  withFolder(async (folder) => {
    const pieces = Array.from({ length: count }, () => random(60));
    const traces = pieces.map((piece) => traceOf(piece)!);
    const searched = new Traces(traces);
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
