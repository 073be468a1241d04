import { DatabaseSync } from 'node:sqlite';

import { expect, it } from 'vitest';

import { checkoutViews, TABLES } from '../../../../src/memory/store/schema.ts';
import { PLACE_COLUMNS, PLACE_TABLES, RECORD_JOIN } from '../../../../src/memory/store/stored.ts';

/** What SQLite looks up first. */
function firstStep(query: string): string {
  const db = new DatabaseSync(':memory:');
  for (const statement of Object.values(TABLES)) db.exec(statement);
  db.exec(checkoutViews(1));
  const [step] = db.prepare(`EXPLAIN QUERY PLAN ${query}`).all();
  db.close();
  return String(step?.detail);
}

it.each([
  `SELECT ${PLACE_COLUMNS}, vectors FROM ${PLACE_TABLES} ${RECORD_JOIN} WHERE segment.id > 5 ORDER BY segment.id LIMIT 512`,
  `SELECT ${PLACE_COLUMNS} FROM ${PLACE_TABLES} WHERE segment.id IN (SELECT value FROM json_each('[1, 2]'))`,
])('a page of segments costs its segments, and not all files: %.40s', (query) => {
  expect(firstStep(query)).toMatch(/^SEARCH main\.segment USING INTEGER PRIMARY KEY/);
});
