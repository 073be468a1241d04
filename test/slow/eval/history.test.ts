import { describe, expect, it } from 'vitest';
import { cleanMessage, commitOf, namesFile } from '../../eval/history.ts';

const SAYS = 'Keep cookies apart when a redirect leaves the host';

describe('a commit as a case', () => {
  it('asks for the sources that it changed, not for their tests and notes', () => {
    const changes = '\nM\tlib/jar.js\nM\ttest/jar.test.js\nM\tHistory.md\n';
    expect(commitOf('c0', `${SAYS}\n`, changes)).toEqual({
      id: 'c0',
      message: SAYS,
      kind: 'other',
      files: ['lib/jar.js'],
    });
  });

  it.each([
    ['says too little', 'Keep cookies apart', 'M\tlib/jar.js'],
    ['is a release', 'Release 4.2 with all the cookies that were asked for', 'M\tlib/jar.js'],
    ['changes no source', SAYS, 'M\ttest/jar.test.js'],
    ['changes what was built', SAYS, 'M\tdist/jar.js'],
    ['changes too many', SAYS, ['a', 'b', 'c', 'd'].map((name) => `M\tlib/${name}.js`).join('\n')],
    ['adds a source that was not there to be found', SAYS, 'M\tlib/jar.js\nA\tlib/host.js'],
  ])('is none where it %s', (_, body, changes) => {
    expect(commitOf('c0', body, changes)).toBeUndefined();
  });

  it.each([
    ['Fix cookies that are kept after a redirect', 'fix'],
    ['Add cookies that are kept after a redirect', 'feature'],
    ['Rename the cookies that are kept, and fix one', 'refactor'],
    ['Cookies are kept after a redirect', 'other'],
  ])('%s: %s', (body, kind) => {
    expect(commitOf('c0', body, 'M\tlib/jar.js')?.kind).toBe(kind);
  });
});

describe('a message without what was written for trackers', () => {
  it.each([
    ['fix(jar)!: keep cookies apart', 'keep cookies apart'],
    ['Keep cookies apart (#1234)', 'Keep cookies apart'],
    ['Keep cookies apart, fixes #12', 'Keep cookies apart,'],
    ['Keep cookies https://example.org/1 apart', 'Keep cookies apart'],
    ['Keep cookies apart\n\nSigned-off-by: A B <a@example.org>\n', 'Keep cookies apart'],
    ['Keep cookies\napart:\n  as RFC 6265 says', 'Keep cookies apart: as RFC 6265 says'],
  ])('%j', (body, message) => {
    expect(cleanMessage(body)).toBe(message);
  });

  it('is cut where it becomes an essay', () => {
    expect(cleanMessage('cookie '.repeat(1_000)).length).toBe(900);
  });
});

describe('a message that gives a file away', () => {
  it.each([
    ['keep Jar clean', ['lib/jar.js'], true],
    ['keep jar.js clean', ['lib/host.js', 'lib/jar.js'], true],
    ['keep jars clean', ['lib/jar.js'], false],
    ['keep cookie-jar clean', ['lib/jar.js'], false],
    ['send the answer', ['test/res.send.js'], false],
    ['ignore what .gitignore says', ['.gitignore'], false],
  ])('%s, %j: %s', (message, files, named) => {
    expect(namesFile(message, files)).toBe(named);
  });
});
