import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineNumbers, linesOfRange, namedFolders, WorkspaceRoots } from '../../../src/ui/place.ts';

const one = new WorkspaceRoots([{ root: '/home/me/app', name: 'app' }], 'linux');
const two = new WorkspaceRoots(
  [
    { root: '/home/me/app', name: 'app' },
    { root: '/home/me/app/packages/core', name: 'core' },
  ],
  'linux',
);

describe('the lines of a range', () => {
  const at = (line: number, character: number) => ({ line, character });

  it('are counted from one, without a last line of which nothing is in it', () => {
    expect(linesOfRange({ start: at(4, 2), end: at(6, 1) })).toEqual({ start: 5, end: 7 });
    expect(linesOfRange({ start: at(4, 2), end: at(6, 0) })).toEqual({ start: 5, end: 6 });
  });

  it('are one where the range is empty', () => {
    expect(linesOfRange({ start: at(4, 0), end: at(4, 0) })).toEqual({ start: 5, end: 5 });
    expect(lineNumbers({ start: 5, end: 5 })).toBe('5');
    expect(lineNumbers({ start: 5, end: 7 })).toBe('5-7');
  });
});

describe('names of folders', () => {
  it('stay as they are where they differ', () => {
    expect(namedFolders([{ path: '/a/web', name: 'web' }])).toEqual([{ root: '/a/web', name: 'web' }]);
  });

  it('are told apart by the folder above, then by a number, and hold no slash', () => {
    const opened = [
      { path: '/work/app', name: 'app' },
      { path: '/play/app', name: 'app' },
      { path: 'C:\\play\\app', name: 'app' },
      { path: '/x/docs', name: 'my/docs' },
    ];
    expect(namedFolders(opened).map(({ name }) => name)).toEqual([
      'app (work)',
      'app (play)',
      'app (play) 2',
      'my-docs',
    ]);
  });

  it('are always unique', () => {
    const folder = fc.record({
      path: fc.constantFrom('/a/x', '/b/x', '/c/y'),
      name: fc.constantFrom('x', 'x (a)', ''),
    });
    fc.assert(
      fc.property(fc.array(folder), (opened) => {
        const names = namedFolders(opened).map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });
});

describe('a path as it is shown', () => {
  it('has the name of its root only where there are several', () => {
    const [place] = one.holding('/home/me/app/src/a.ts');
    expect(one.shown(place!)).toBe('src/a.ts');
    expect(two.shown(two.holding('/home/me/app/src/a.ts')[0]!)).toBe('app/src/a.ts');
  });

  it('is that of the innermost root, and every root that holds it is known', () => {
    const places = two.holding('/home/me/app/packages/core/x.ts');
    expect(places.map((place) => two.shown(place))).toEqual(['core/x.ts', 'app/packages/core/x.ts']);
  });

  it('does not take a neighbor with the same beginning for its own', () => {
    expect(one.holding('/home/me/app-old/a.ts')).toEqual([]);
    expect(one.holding('/home/me')).toEqual([]);
  });

  it('of a root is the root', () => {
    expect(one.holding('/home/me/app')[0]?.path).toBe('');
    expect(two.shown(two.holding('/home/me/app/')[0]!)).toBe('app');
  });

  it('knows backslashes and letter case on Windows', () => {
    const places = new WorkspaceRoots([{ root: 'c:\\Code\\App', name: 'App' }], 'win32');
    expect(places.holding('C:\\code\\app\\Src\\A.ts')[0]?.path).toBe('Src/A.ts');
  });

  it('comes back to its place', () => {
    const name = fc.stringMatching(/^[\w .-]{1,12}$/).filter((part) => part !== '.' && part !== '..');
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), (parts) => {
        const path = parts.join('/');
        for (const places of [one, two]) {
          const [place] = places.holding(`/home/me/app/${path}`);
          expect(places.resolve(places.shown(place!))).toEqual(place);
        }
      }),
    );
  });

  it.each(['../secret', 'src/../../secret', '/etc/passwd', 'other/a.ts'])('leads nowhere outside: %s', (shown) => {
    expect(two.resolve(shown)).toBeUndefined();
    expect(two.resolve(`app/${shown}`)?.path ?? '').not.toMatch(/\.\.|^\//);
  });

  it('with a backslash is no way out on Windows', () => {
    const places = new WorkspaceRoots([{ root: 'c:\\app', name: 'app' }], 'win32');
    expect(places.resolve('..\\secret')).toBeUndefined();
  });
});
