import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { expect, it } from 'vitest';

import { recordLayout } from '../../../../src/memory/algebra/shape.ts';
import { openDatabase } from '../../../../src/memory/store/database.ts';
import { IDENTITY, SHAPE, withFolder } from '../support.ts';

it.each([8_192, 16_384])('the log has 4 MB, also of a database with pages of %i bytes', (pageBytes) =>
  withFolder((folder) => {
    const location = join(folder, 'x.sqlite');
    const open = () => openDatabase(location, { ...IDENTITY, layout: recordLayout(SHAPE) });
    open().close();
    const made = new DatabaseSync(location);
    made.exec(`PRAGMA journal_mode = DELETE; PRAGMA page_size = ${pageBytes}; VACUUM;`);
    made.close();
    const db = open();
    expect(db.prepare('PRAGMA page_size').get()).toEqual({ page_size: pageBytes });
    expect(db.prepare('PRAGMA wal_autocheckpoint').get()).toEqual({
      wal_autocheckpoint: (4 * 1024 * 1024) / pageBytes,
    });
    db.close();
  }),
);
