import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { contentHash, encodeRecord } from '../../../src/memory/algebra/embedding-record.ts';
import { pairedRecord } from '../../../src/memory/algebra/former-record.ts';
import { packKeys } from '../../../src/memory/algebra/packed-keys.ts';
import { Ledger } from '../../../src/memory/store/ledger.ts';
import { encodeFormerRecord, IDENTITY, madeUpVectors, withFolder } from '../../unit/memory/support.ts';

/** What the model makes, and what is stored of it. */
const MADE = { tokens: 8, keySize: 64, blocks: 0, valueSize: 0 };
const PAIRED = { ...MADE, tokens: 4 };
const META = { bytes: 9, mtimeMs: 1, lines: 1 };
const PATHS = ['secret.ts', 'other.ts'];

const vectors = (path: string) => madeUpVectors(path, MADE);
const single = (path: string) => ({ keys: packKeys(vectors(path).keys, MADE.keySize), values: new Int8Array(0) });

it.each([
  { form: 'eight bits', shape: MADE, before: (path: string) => encodeFormerRecord(vectors(path), MADE) },
  { form: 'eight bits, two for one', shape: PAIRED, before: (path: string) => encodeFormerRecord(vectors(path), MADE) },
  { form: 'four bits, two for one', shape: PAIRED, before: (path: string) => encodeRecord(single(path), MADE) },
])(
  'keys as versions before stored them ($form) are found in any file of the home folder when their file is forgotten',
  ({ shape, before }) =>
    withFolder(async (home) => {
      const place = join(home, 'memory', 'here', 'x.sqlite');
      const { ledger } = Ledger.open(place, { ...IDENTITY, shape });
      for (const path of PATHS) {
        const hash = contentHash(IDENTITY.adapter, path, path);
        const record = shape === MADE ? single(path) : pairedRecord(single(path), shape);
        const segment = { start: 1, end: 1, tokens: 3, contentHash: hash, terms: ['term'] };
        ledger.putFile(path, { ...META, blobHash: path }, [segment], new Map([[hash, record]]));
      }
      // No content hash stands beside them: nothing but the numbers themselves can tell.
      const left = (path: string) => join(home, 'memory', `${path}.left`);
      mkdirSync(join(home, 'memory'), { recursive: true });
      for (const path of PATHS) {
        writeFileSync(left(path), Buffer.concat([Buffer.alloc(1001, 7), before(path), Buffer.alloc(500)]));
      }
      const { certificate } = await ledger.forget(['secret.ts'], { home });
      expect(certificate.elsewhere.left).toEqual([{ why: 'traces', place: left('secret.ts') }]);
      expect(certificate.scan.found).toBe(0);
      ledger.close();
    }),
);
