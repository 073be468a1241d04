import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { contentHash } from '../../../src/memory/algebra/embedding-record.ts';
import { packKeys } from '../../../src/memory/algebra/packed-keys.ts';
import { Ledger } from '../../../src/memory/store/ledger.ts';
import { encodeFormerRecord, IDENTITY, madeUpVectors, withFolder } from '../../unit/memory/support.ts';

const SHAPE = { tokens: 8, keySize: 64, blocks: 0, valueSize: 0 };
const META = { bytes: 9, mtimeMs: 1, lines: 1 };

it('keys as the version before stored them are found in any file of the home folder when their file is forgotten', () =>
  withFolder(async (home) => {
    const place = join(home, 'memory', 'here', 'x.sqlite');
    const { ledger } = Ledger.open(place, { ...IDENTITY, shape: SHAPE });
    const vectors = (path: string) => madeUpVectors(path, SHAPE);
    for (const path of ['secret.ts', 'other.ts']) {
      const hash = contentHash(IDENTITY.adapter, path, path);
      const record = { keys: packKeys(vectors(path).keys, SHAPE.keySize), values: new Int8Array(0) };
      const segment = { start: 1, end: 1, tokens: 3, contentHash: hash, terms: ['term'] };
      ledger.putFile(path, { ...META, blobHash: path }, [segment], new Map([[hash, record]]));
    }
    // No content hash stands beside them: nothing but the numbers themselves can tell.
    const left = (path: string) => join(home, 'memory', `${path}.left`);
    mkdirSync(join(home, 'memory'), { recursive: true });
    for (const path of ['secret.ts', 'other.ts']) {
      const blob = encodeFormerRecord(vectors(path), SHAPE);
      writeFileSync(left(path), Buffer.concat([Buffer.alloc(1001, 7), blob, Buffer.alloc(500)]));
    }
    const { certificate } = await ledger.forget(['secret.ts'], { home });
    expect(certificate.elsewhere.left).toEqual([{ why: 'traces', place: left('secret.ts') }]);
    expect(certificate.scan.found).toBe(0);
    ledger.close();
  }));
