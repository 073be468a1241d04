import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Engine } from '../../../../src/engine/client/engine.ts';
import { defaultSampling } from '../../../../src/engine/generate/sampler.ts';

/** An engine whose process runs `source` instead of the model. */
function engineOf(source: string, onLog?: (line: string) => void): Engine {
  const script = join(mkdtempSync(join(tmpdir(), 'engine-')), 'engine.cjs');
  writeFileSync(script, source);
  return new Engine({ script, settings: { device: 'cpu' }, ...(onLog && { onLog }) });
}

it('a runtime that is not there for this system is told at once, not started again and again', async () => {
  const engine = engineOf(`require('../bin/napi-v6/plan9/mips/onnxruntime_binding.node');`);
  await expect(engine.encode('', 'text')).rejects.toMatchObject({ code: 'engine/unsupported' });
  engine.close();
});

it('a process that dies for another reason is started again, and given up in the end', async () => {
  const engine = engineOf('process.exit(7);');
  await expect(engine.encode('', 'text')).rejects.toMatchObject({ code: 'engine/gave-up' });
  engine.close();
});

it('the runtime is told to tell nobody anything', async () => {
  // The runner of the tests says so too, for the tests themselves.
  delete process.env.ORT_DISABLE_TELEMETRY;
  const lines: string[] = [];
  const source = `console.error('ORT_DISABLE_TELEMETRY=' + process.env.ORT_DISABLE_TELEMETRY); process.exit(7);`;
  const engine = engineOf(source, (line) => lines.push(line));
  await expect(engine.encode('', 'text')).rejects.toMatchObject({ code: 'engine/gave-up' });
  engine.close();
  expect(lines).toContain('ORT_DISABLE_TELEMETRY=1');
});

describe('an engine’s process', () => {
  let engine: Engine;
  const start = (options: { readonly idleMs?: number } = {}) => {
    engine = new Engine({
      script: join(import.meta.dirname, 'programs/engine.ts'),
      settings: { device: 'cpu' },
      ...options,
    });
    return engine;
  };
  /** A file that is not there yet: the process dies once for it. */
  const mark = () => join(mkdtempSync(join(tmpdir(), 'engine-')), 'died');
  const generate = (content: string, onToken?: (text: string) => void) =>
    engine.generate([{ role: 'user', content }], {
      maxTokens: 1,
      sampling: defaultSampling,
      onEvent: (event) => {
        if (event.kind === 'token') onToken?.(event.text);
      },
    });

  afterEach(() => {
    vi.useRealTimers();
    engine.close();
  });

  it('is told to forget its last prompt, and is not started for that', async () => {
    const running = start();
    await running.forgetPrompt();
    expect(running.pid).toBeUndefined();
    await running.question('text');
    await running.forgetPrompt();
    expect((await running.describe()).model).toBe('text forgetPrompt');
  });

  it('is not started before somebody asks, and is one', async () => {
    const running = start();
    expect(running.pid).toBeUndefined();
    expect((await running.encode('', 'text')).keys).toEqual(Float32Array.of(4));
    const { pid } = running;
    await running.question('text');
    expect(running.pid).toBe(pid);
  });

  it('is given a question before what waits, and one call at a time', async () => {
    const running = start();
    const first = running.encode('', 'first');
    const ingest = ['a', 'b'].map((text) => running.encode('', text));
    const save = running.encode('', 'saved', { priority: 'save' });
    const question = running.question('question');
    await Promise.all([first, ...ingest, save, question]);
    expect((await running.describe()).model).toBe('first question saved a b');
  });

  it('dies under a call, which is made again', async () => {
    const running = start();
    await running.encode('', 'warm');
    const { pid } = running;
    expect((await running.encode('', `die ${mark()}`)).tokens).toBe(1);
    expect(running.pid).not.toBe(pid);
  });

  it('dies before an answer begins, which is made again', async () => {
    start();
    const tokens: string[] = [];
    expect((await generate(`early die ${mark()}`, (text) => tokens.push(text))).text).toBe('a');
    expect(tokens).toEqual(['a']);
  });

  it('dies in mid-answer, which is not made again', async () => {
    const running = start();
    const tokens: string[] = [];
    const answer = generate(`late die ${mark()}`, (text) => tokens.push(text));
    await expect(answer).rejects.toMatchObject({
      code: 'engine/crashed',
      message: 'The engine stopped in mid-answer (exit code 7). Ask again.',
    });
    expect(tokens).toEqual(['a']);
    expect(await running.count(['four'])).toEqual([4]);
  });

  it('fails at one call, and not at the next', async () => {
    const running = start();
    await expect(running.encode('', 'fail')).rejects.toMatchObject({
      code: 'engine/load',
      message: 'It does not load.',
    });
    await expect(running.encode('', 'bug')).rejects.toMatchObject({ message: 'Out of range.' });
    expect(await running.count(['four'])).toEqual([4]);
  });

  it('takes back what waits at once', async () => {
    const running = start();
    const controller = new AbortController();
    const first = running.encode('', 'first');
    const waiting = running.encode('', 'never', { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
    await first;
    expect((await running.describe()).model).toBe('first');
  });

  it('is killed where it hears no abort, and begun anew', async () => {
    const running = start();
    await running.encode('', 'warm');
    const { pid } = running;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const controller = new AbortController();
    const stuck = running.encode('', 'spin', { signal: controller.signal });
    const ended = expect(stuck).rejects.toThrow(/abort/i);
    controller.abort();
    vi.advanceTimersByTime(4_999);
    expect(running.pid).toBe(pid);
    vi.advanceTimersByTime(1);
    await ended;
    vi.useRealTimers();
    expect(await running.count(['four'])).toEqual([4]);
    expect(running.pid).not.toBe(pid);
  });

  it('goes when it is idle, and comes back', async () => {
    const running = start({ idleMs: 1 });
    await running.encode('', 'text');
    await expect.poll(() => running.pid).toBeUndefined();
    expect(await running.count(['four'])).toEqual([4]);
  });

  it('ends with its engine, and so does every call', async () => {
    const running = start();
    await running.encode('', 'warm');
    const calls = [running.encode('', 'spin'), running.encode('', 'waits')];
    const ends = Promise.allSettled(calls);
    running.close();
    for (const end of await ends) {
      expect(end).toMatchObject({ status: 'rejected', reason: { message: 'The engine was closed.' } });
    }
    await expect(running.count(['late'])).rejects.toMatchObject({ code: 'engine/crashed' });
    expect(running.pid).toBeUndefined();
  });
});
