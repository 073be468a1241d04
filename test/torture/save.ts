import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { blobHash } from '../../src/workspace/files/file.ts';

/** Files of one saver's own. */
const OWN = 20;
/** What every saver writes now and then. */
export const SHARED = 'src/shared.ts';

export interface Save {
  readonly path: string;
  /** git's hash of what is saved; `-` where the file is deleted. */
  readonly hash: string;
  readonly write: (root: string) => void;
}

/**
 * The n-th save of a saver: one paragraph of a file changes, now and then one is deleted and comes back, or is
 * everybody's.
 */
export function saveOf(saver: string, n: number): Save {
  const path = n % 9 === 8 ? SHARED : `src/${saver}/f${n % OWN}.ts`;
  if (n % 13 === 12 && path !== SHARED) {
    const write = (root: string): void => {
      rmSync(join(root, path), { force: true });
    };
    return { path, hash: '-', write };
  }
  const version = Math.floor(n / OWN);
  const parts = Array.from(
    { length: 4 },
    (_, part) => `/** Of ${saver}. */\nexport const v${part} = ${Math.floor((version + part) / 4)};\n`,
  );
  const content = parts.join('\n');
  const write = (root: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  return { path, hash: blobHash(Buffer.from(content)), write };
}
