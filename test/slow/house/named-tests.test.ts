import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const top = join(import.meta.dirname, '../../..');
/** A path below `test`, from the top or from a README's folder; `.js` is a sample of another repository's answer. */
const NAMED = /(?<![\w-]|[\w-]\/)test\/[\w/-]+(?:\.\w+)*/g;

const isThere = (path: string) => ['', '.ts', '.test.ts'].some((ending) => existsSync(join(top, `${path}${ending}`)));

it('every test that a document names is there', () => {
  const documents = execFileSync('git', ['ls-files', '*.md'], { cwd: top, encoding: 'utf8' }).trim().split('\n');
  const named = documents.flatMap((document) => {
    const paths = readFileSync(join(top, document), 'utf8').match(NAMED) ?? [];
    return paths.filter((path) => !path.endsWith('.js')).map((path) => ({ document, path }));
  });
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ path }) => !isThere(path))).toEqual([]);
});
