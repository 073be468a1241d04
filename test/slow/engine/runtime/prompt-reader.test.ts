import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Manifest } from '../../../../kernels/manifest.ts';
import * as peers from '../../../../src/common/rpc/peer.ts';
import { keyValueCache } from '../../../../src/engine/runtime/decoder.ts';
import { createPromptReader } from '../../../../src/engine/runtime/prompt-reader.ts';
import type { PromptReader } from '../../../../src/engine/runtime/prompt-reader.ts';
import { readManifest } from '../../../../src/engine/weights/model-files.ts';
import { madeBase } from '../../../support/made-base.ts';

vi.mock(import('../../../../src/common/rpc/peer.ts'), { spy: true });

/** The context's own cut, which is not that of the two halves. */
const CUT = 1;
const RUNS = Array.from({ length: 5 }, (_, run) => Array.from({ length: 8 }, (_none, at) => 3 + ((run * 8 + at) % 40)));

let folder = '';
let manifest: Manifest;
let whole: PromptReader;
let staged: PromptReader;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ask-codebase-prompt-'));
  await madeBase(folder);
  const base = join(folder, 'base');
  manifest = withBlocksTwice(await readManifest(base));
  whole = await createPromptReader(manifest, base, { device: 'cpu', threads: 1 });
  staged = await createPromptReader(manifest, base, { device: 'cpu', threads: 2 });
});
afterAll(async () => {
  await whole.release();
  await staged.release();
  rmSync(folder, { recursive: true, force: true });
});

/** Four blocks, of which two are as the first two: of the last alone keys and values are wanted. */
function withBlocksTwice({ config, tensors, ...rest }: Manifest): Manifest {
  const again = Object.entries(tensors).flatMap(([name, entry]) => {
    const [, layer, part] = /^layers\.(\d+)\.(.*)$/.exec(name) ?? [];
    return part === undefined ? [] : [[`layers.${Number(layer) + config.layers}.${part}`, entry] as const];
  });
  const all = { ...tensors, ...Object.fromEntries(again) };
  return { ...rest, config: { ...config, layers: 2 * config.layers }, tensors: all };
}

function context() {
  const { config } = manifest;
  return {
    lower: keyValueCache(config, [0, CUT], 'rows', 64),
    upper: keyValueCache(config, [CUT, config.layers], 'rows', 64),
  };
}

/** All keys and values up to where both caches are. */
function held({ lower, upper }: ReturnType<typeof context>) {
  expect(upper.length).toBe(lower.length);
  return Object.entries({ ...lower.tensors, ...upper.tensors }).map(([name, { data, dims }]) => {
    const [, heads = 0, capacity = 0, size = 0] = dims;
    const rows = Array.from({ length: heads }, (_, head) =>
      (data as Float32Array).subarray(head * capacity * size, (head * capacity + lower.length) * size),
    );
    return [name, rows] as const;
  });
}

const quietly = () => Promise.resolve();

it('cuts the blocks as the threads are cut: of four blocks, two of three threads read three', async () => {
  const three = await createPromptReader(manifest, join(folder, 'base'), { device: 'cpu', threads: 3 });
  const [one, other] = [context(), context()];
  try {
    expect(three.stages).toBe(2);
    await whole.read(one, RUNS, quietly);
    await three.read(other, RUNS, quietly);
    expect(held(other)).toEqual(held(one));
  } finally {
    await three.release();
  }
});

it('reads with two threads to the same bits as with one, also where a prompt goes on', async () => {
  expect([whole.stages, staged.stages]).toEqual([1, 2]);
  const [one, two] = [context(), context()];
  for (const runs of [RUNS.slice(0, 3), RUNS.slice(3, 4), RUNS.slice(4)]) {
    const told: number[] = [];
    await whole.read(one, runs, quietly);
    await staged.read(two, runs, (tokens) => {
      told.push(tokens);
      return Promise.resolve();
    });
    expect(told).toEqual(runs.map(({ length }) => length));
    expect(held(two)).toEqual(held(one));
  }
});

it('holds what was told of, where it is ended between two runs', async () => {
  const [one, two] = [context(), context()];
  const end = () => Promise.reject(new Error('Enough.'));
  await expect(staged.read(two, RUNS, end)).rejects.toThrow('Enough.');
  expect(two.lower.length).toBe(8);
  await whole.read(one, RUNS, quietly);
  await staged.read(two, RUNS.slice(1), quietly);
  expect(held(two)).toEqual(held(one));
});

it('fails with a prompt that has no room, and reads the next', async () => {
  const [one, two] = [context(), context()];
  await expect(staged.read(two, [...RUNS, ...RUNS], quietly)).rejects.toThrow('no room');
  await whole.read(one, RUNS, quietly);
  const next = context();
  await staged.read(next, RUNS, quietly);
  expect(held(next)).toEqual(held(one));
});

/** A reader of two threads, one of which can be ended; after that none can be started. */
async function mortal(): Promise<{ reader: PromptReader; end: () => Promise<void> }> {
  const start = vi.mocked(peers.unboundThreadPeer);
  start.mockClear();
  const reader = await createPromptReader(manifest, join(folder, 'base'), { device: 'cpu', threads: 2 });
  const [result] = start.mock.results;
  const peer = result?.type === 'return' ? result.value : undefined;
  start.mockImplementation(() => {
    throw new Error('No thread can be started.');
  });
  const end = async () => {
    peer?.kill();
    await vi.waitUntil(() => reader.stages === 1);
  };
  return { reader, end };
}

it('reads with one thread where the other died and cannot be started', async () => {
  const [one, two] = [context(), context()];
  const { reader, end } = await mortal();
  try {
    await whole.read(one, RUNS, quietly);
    await reader.read(two, RUNS.slice(0, 2), quietly);
    await end();
    await reader.read(two, RUNS.slice(2, 3), quietly);
    await reader.read(two, RUNS.slice(3), quietly);
    expect(held(two)).toEqual(held(one));
  } finally {
    await reader.release();
    vi.mocked(peers.unboundThreadPeer).mockReset();
  }
});

it('reads a prompt on with one thread where the other dies in the middle of it', async () => {
  const [one, two] = [context(), context()];
  const { reader, end } = await mortal();
  const told: number[] = [];
  try {
    await whole.read(one, RUNS, quietly);
    await reader.read(two, RUNS, async (tokens) => {
      told.push(tokens);
      if (told.length === 2) await end();
    });
    expect(told).toEqual(RUNS.map(({ length }) => length));
    expect(held(two)).toEqual(held(one));
  } finally {
    await reader.release();
    vi.mocked(peers.unboundThreadPeer).mockReset();
  }
});

it('ends a prompt as it is told to, also where its thread died', async () => {
  const two = context();
  const { reader, end } = await mortal();
  const stop = async () => {
    await end();
    throw new Error('Enough.');
  };
  try {
    await expect(reader.read(two, RUNS, stop)).rejects.toThrow('Enough.');
    expect(two.lower.length).toBe(8);
  } finally {
    await reader.release();
    vi.mocked(peers.unboundThreadPeer).mockReset();
  }
});
