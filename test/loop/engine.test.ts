import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/client/engine.ts';
import { defaultSampling } from '../../src/engine/generate/sampler.ts';

const script = join(import.meta.dirname, '../../dist/engine.js');
const messages = [{ role: 'user', content: 'Count from one to two hundred in words.' }] as const;

let engine: Engine | undefined;
const start = (options: { idleMs?: number } = {}) => {
  engine = new Engine({ script, settings: { device: 'cpu', threads: 2 }, ...options });
  return engine;
};

afterEach(() => {
  engine?.close();
});

const pidOf = (running: Engine): number => {
  if (running.pid === undefined) throw new Error('the engine does not run');
  return running.pid;
};

describe('the engine, as a process', () => {
  it('is started by the first request and encodes the same text to the same keys', async () => {
    const running = start();
    expect(running.pid).toBeUndefined();
    const one = await running.encode('# a.ts\n', 'export const one = 1;\n');
    const two = await running.encode('# a.ts\n', 'export const one = 1;\n');
    const other = await running.encode('# b.ts\n', 'export const one = 1;\n');
    expect(two.keys).toEqual(one.keys);
    expect(other.keys).not.toEqual(one.keys);
    expect(Math.hypot(...one.keys.subarray(0, 256))).toBeCloseTo(1, 3);
  });

  it('repeats a request whose process was killed', async () => {
    const running = start();
    const before = await running.encode('# a.ts\n', 'export const one = 1;\n');
    const pid = pidOf(running);
    const pending = running.encode('# a.ts\n', 'export const one = 1;\n');
    process.kill(pid, 'SIGKILL');
    expect((await pending).keys).toEqual(before.keys);
    expect(running.pid).not.toBe(pid);
  });

  it('says so when it is killed in mid-answer, and answers the next question', async () => {
    const running = start();
    const killed = running.generate(messages, {
      maxTokens: 200,
      sampling: defaultSampling,
      onEvent: ({ kind }) => {
        if (kind === 'token' && running.pid !== undefined) process.kill(running.pid, 'SIGKILL');
      },
    });
    await expect(killed).rejects.toMatchObject({ code: 'engine/crashed' });
    await expect(killed).rejects.toThrow(/in mid-answer.*Ask again/);
    const next = await running.generate(messages, { maxTokens: 3, sampling: defaultSampling });
    expect(next.tokens).toBe(3);
  });

  it('stops an answer between two tokens, and keeps its process', async () => {
    const running = start();
    await running.count(['warm']);
    const pid = pidOf(running);
    const controller = new AbortController();
    let tokens = 0;
    const stopped = running.generate(messages, {
      maxTokens: 200,
      sampling: defaultSampling,
      signal: controller.signal,
      onEvent: ({ kind }) => {
        if (kind !== 'token') return;
        tokens += 1;
        if (tokens === 2) controller.abort();
      },
    });
    await expect(stopped).rejects.toThrow(/abort/i);
    expect(tokens).toBeLessThan(20);
    expect((await running.count(['still here']))[0]).toBeGreaterThan(0);
    expect(running.pid).toBe(pid);
  });

  it('takes a question before the segments that wait', async () => {
    const running = start();
    await running.count(['warm']);
    const order: string[] = [];
    const segments = Array.from({ length: 4 }, (_, index) =>
      running.encode('# a.ts\n', `export const value = ${index};\n`).then(() => order.push('segment')),
    );
    const question = running.question('What is the value?').then(() => order.push('question'));
    await Promise.all([...segments, question]);
    expect(order.indexOf('question')).toBeLessThanOrEqual(1);
  });

  it('goes when it is idle and comes back when it is needed', async () => {
    const running = start({ idleMs: 200 });
    await running.count(['warm']);
    const pid = pidOf(running);
    await expect.poll(() => running.pid, { timeout: 5_000 }).toBeUndefined();
    expect((await running.count(['again']))[0]).toBeGreaterThan(0);
    expect(running.pid).not.toBe(pid);
  });
});
