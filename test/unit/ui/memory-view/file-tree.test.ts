import { describe, expect, it } from 'vitest';
import type { RememberedFile } from '../../../../src/service/protocol.ts';
import { filesBelow, FileTree } from '../../../../src/ui/memory-view/file-tree.ts';

const file = (path: string, share = 0.1, state: RememberedFile['state'] = { kind: 'ingested' }): RememberedFile => ({
  ...{ path, bytes: 100, lines: 10, segments: 2, share },
  state,
});
const skipped = { kind: 'skipped', reason: 'binary', message: 'Not text.' } as const;
const files = [
  file('src/b10.ts'),
  file('src/b9.ts'),
  file('src/deep/x.ts', 0.3),
  file('Readme.md'),
  { ...file('logo.png', 0, skipped), segments: 0, lines: 0 },
  file('src-old/y.ts'),
];
const names = (tree: FileTree, path: string) =>
  tree.children(path).map((node) => (node.kind === 'folder' ? `${node.name}/` : node.name));

describe('the tree', () => {
  it('has folders first, and numbers in their order', async () => {
    const tree = await FileTree.build(files);
    expect(names(tree, '')).toEqual(['src/', 'src-old/', 'logo.png', 'Readme.md']);
    expect(names(tree, 'src')).toEqual(['deep/', 'b9.ts', 'b10.ts']);
  });

  it('adds up what lies in a folder at any depth', async () => {
    const tree = await FileTree.build(files);
    expect(tree.folder('src')).toMatchObject({ files: 3, remembered: 3, segments: 6, lines: 30 });
    expect(tree.folder('src')?.share).toBeCloseTo(0.5);
    expect(tree.folder('')).toMatchObject({ files: 6, remembered: 5 });
  });

  it('shows one state alone, without empty folders', async () => {
    const tree = await FileTree.build(files, 'skipped');
    expect(names(tree, '')).toEqual(['logo.png']);
    expect(tree.folder('src')).toBeUndefined();
  });

  it('is empty without files, and for folders that are not there', async () => {
    const tree = await FileTree.build([]);
    expect(tree.children('')).toEqual([]);
    expect(tree.children('nowhere')).toEqual([]);
  });

  it('lets other work in while it is built, and can be stopped', async () => {
    const many = Array.from({ length: 50_000 }, (_, n) => file(`d${n % 500}/f${n}.ts`, 1 / 50_000));
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 0);
    const tree = await FileTree.build(many);
    clearInterval(counting);
    expect(turns).toBeGreaterThan(3);
    expect(tree.children('d7')).toHaveLength(100);
    const stop = new AbortController();
    const built = FileTree.build(many, 'all', stop.signal);
    stop.abort(new Error('No longer wanted.'));
    await expect(built).rejects.toThrow('No longer wanted.');
  });
});

it('a folder holds what begins with its path and a slash', () => {
  const below = (path: string) => filesBelow(files, path).map((found) => found.path);
  expect(below('src')).toEqual(['src/b10.ts', 'src/b9.ts', 'src/deep/x.ts']);
  expect(below('Readme.md')).toEqual(['Readme.md']);
  expect(below('')).toHaveLength(6);
});
