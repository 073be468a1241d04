import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Peer } from '../../eval/peers.ts';
import { Problem } from '../../eval/problem.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eval-peers-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const signal = new AbortController().signal;
const questions = [{ id: 'q', text: 'where is the caret' }];
const repository = () => ({ name: 'a@1', root: folder, files: ['a.ts', 'b.ts'].map((path) => ({ path, text: 'x' })) });

/** Puts a program in the peer's place that prints what is given. */
function install(path: string, script: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

const rg = `node_modules/@vscode/ripgrep-${process.platform}-${process.arch}/bin/rg`;

test('a peer that is not installed is none', () => {
  expect(Peer.open('semble', folder)).toBeUndefined();
});

test.skipIf(process.platform === 'win32')(
  'the order of a peer stays, and files that are no candidates go',
  async () => {
    const places = [
      { path: 'b.ts', start: 5, end: 9 },
      { path: 'elsewhere.ts', start: 1, end: 2 },
      { path: 'a.ts', start: 1, end: 4 },
      { path: 'b.ts', start: 1, end: 4 },
    ];
    install('python/bin/python', `echo '${JSON.stringify({ id: 'q', places })}'`);
    const peer = Peer.open('semble', folder)!;
    const files = (await peer.rank(repository(), questions, signal)).get('q') ?? [];
    expect(files.map(({ path }) => path)).toEqual(['b.ts', 'a.ts']);
    const list = peer.list(files).map(({ path, start }) => `${path}:${start}`);
    expect(list).toEqual(['b.ts:5', 'a.ts:1', 'b.ts:1']);
  },
);

test.skipIf(process.platform === 'win32')(
  'ripgrep: most lines first, none is no fault, another failure is',
  async () => {
    install(rg, String.raw`printf './a.ts\0001\nb.ts\00012\n'`);
    const peer = Peer.open('ripgrep', folder)!;
    const files = (await peer.rank(repository(), questions, signal)).get('q') ?? [];
    expect(files.map(({ path }) => path)).toEqual(['b.ts', 'a.ts']);
    install(rg, 'exit 1');
    expect((await peer.rank(repository(), questions, signal)).get('q')).toEqual([]);
    install(rg, 'echo no such flag >&2; exit 2');
    await expect(peer.rank(repository(), questions, signal)).rejects.toThrow(Problem);
  },
);

test.skipIf(process.platform === 'win32')('another peer that ends with 1 in silence has failed', async () => {
  for (const [name, program] of [
    ['semble', 'python/bin/python'],
    ['codegraph', 'node_modules/.bin/codegraph'],
  ] as const) {
    install(program, 'exit 1');
    const peer = Peer.open(name, folder)!;
    await expect(peer.rank({ ...repository(), files: [] }, questions, signal), name).rejects.toThrow(Problem);
  }
});
