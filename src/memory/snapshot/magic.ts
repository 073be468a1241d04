import { closeSync, fstatSync, openSync, readSync, constants } from 'node:fs';

import { APPLICATION_ID } from './format.ts';

/** What the first hundred bytes of a file say (https://sqlite.org/fileformat2.html#the_database_header). */
export type Lead =
  | { readonly kind: 'absent' }
  /** Empty, too short, a folder, or any other content. */
  | { readonly kind: 'other' }
  | {
      readonly kind: 'snapshot';
      readonly version: number;
      /** Bytes of the file, and how many its own header speaks of. */
      readonly bytes: number;
      readonly saidBytes: number;
      /** A rollback-journal database in UTF-8 without reserved bytes, as every export is. */
      readonly plain: 'plain' | 'odd';
    };

const LENGTH = 100;
const MAGIC = 'SQLite format 3\0';

/** Looks at a file without handing it to SQLite. Never throws for what it finds there. */
export function firstBytes(file: string): Lead {
  let handle: number;
  try {
    // Opening a pipe that nobody writes to would wait for ever.
    handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return { kind: 'absent' };
  }
  try {
    const info = fstatSync(handle);
    const lead = Buffer.alloc(LENGTH);
    if (!info.isFile() || readSync(handle, lead, 0, LENGTH, 0) < LENGTH) return { kind: 'other' };
    if (lead.toString('latin1', 0, MAGIC.length) !== MAGIC || lead.readUInt32BE(68) !== APPLICATION_ID) {
      return { kind: 'other' };
    }
    const pageSize = lead.readUInt16BE(16);
    const isPlain =
      lead[18] === 1 && lead[19] === 1 && lead[20] === 0 && lead.readUInt32BE(52) === 0 && lead.readUInt32BE(56) === 1;
    return {
      kind: 'snapshot',
      version: lead.readUInt32BE(60),
      bytes: info.size,
      saidBytes: (pageSize === 1 ? 65_536 : pageSize) * lead.readUInt32BE(28),
      plain: isPlain ? 'plain' : 'odd',
    };
  } catch {
    return { kind: 'other' };
  } finally {
    closeSync(handle);
  }
}
