import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { FastDecoder } from '../../../../src/engine/runtime/fast-decoder.ts';
import { readManifest } from '../../../../src/engine/weights/model-files.ts';
import { madeBase } from '../../../support/made-base.ts';

const machine = vi.hoisted(() => ({
  free: Infinity,
  /** Sessions that are open, and how many may be made yet. */
  ...{ open: 0, tried: 0, left: Infinity },
}));

vi.mock('node:os', async (original) => ({
  ...(await original<object>()),
  freemem: () => machine.free,
}));
vi.mock('../../../../src/engine/runtime/int8-probe.ts', () => ({
  exactSide: () => Promise.resolve('int8'),
  hasFastIntegers: () => Promise.resolve(true),
}));
vi.mock('../../../../src/engine/runtime/session.ts', () => ({
  createSession: () => {
    machine.tried += 1;
    if (machine.left === 0) return Promise.reject(new Error('There is no memory for it.'));
    machine.left -= 1;
    machine.open += 1;
    return Promise.resolve({
      release: () => {
        machine.open -= 1;
        return Promise.resolve();
      },
    });
  },
}));

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ask-codebase-fast-'));
  await madeBase(folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  Object.assign(machine, { free: Infinity, open: 0, tried: 0, left: Infinity });
});

async function decoder(): Promise<FastDecoder> {
  const base = join(folder, 'base');
  return new FastDecoder(base, await readManifest(base), 1, { device: 'cpu', threads: 1 });
}

const atOnce = () => Promise.resolve();

it('short memory at one question says nothing of the next', async () => {
  const fast = await decoder();
  machine.free = 0;
  expect(await fast.sessions()).toBe(undefined);
  await fast.make(atOnce);
  machine.free = Infinity;
  await fast.make(atOnce);
  expect(await fast.sessions()).toBeDefined();
  // As if they had been made by a process before this one.
  const other = await decoder();
  machine.free = 0;
  expect(await other.sessions()).toBe(undefined);
  machine.free = Infinity;
  expect(await other.sessions()).toBeDefined();
});

it('of two sessions one alone is given back, and no question tries again', async () => {
  await (await decoder()).make(atOnce);
  const fast = await decoder();
  Object.assign(machine, { open: 0, tried: 0, left: 1 });
  expect(await fast.sessions()).toBe(undefined);
  expect(machine.open).toBe(0);
  expect(await fast.sessions()).toBe(undefined);
  expect(machine.tried).toBe(2);
});
