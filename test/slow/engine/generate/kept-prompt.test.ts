import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { generate } from '../../../../src/engine/generate/generate.ts';
import { KeptPrompt } from '../../../../src/engine/generate/kept-prompt.ts';
import { Model } from '../../../../src/engine/runtime/model.ts';
import { madeBase } from '../../../support/made-base.ts';

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ask-codebase-kept-'));
  await madeBase(folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const base = () => join(folder, 'base');
const open = () => Model.open({ baseFolder: base(), adapterFolder: '', isAnswerOnly: true, device: 'cpu', threads: 1 });
const derived = () => readdirSync(base()).filter((name) => name.startsWith('.answer-') && name.endsWith('.weights'));

async function said(model: Model, text: string, kept?: KeptPrompt, signal = new AbortController().signal) {
  const { text: answer, keptTokens } = await generate(model, {
    messages: [{ role: 'user', content: text }],
    maxTokens: 40,
    sampling: { kind: 'greedy', repetitionPenalty: 1.05 },
    signal,
    onEvent: () => undefined,
    ...(kept && { kept }),
  });
  return { answer, keptTokens };
}

/** Some hundred tokens. */
const code = (from: number, lines: number) =>
  Array.from({ length: lines }, (_, at) => `const value${from + at} = read(${(from + at) * 7});`).join('\n');

/** The same in blocks and, once they are made, in 8 bits. */
async function inBoth(check: (model: Model) => Promise<void>): Promise<void> {
  await check(await open());
  const model = await open();
  await model.prepareAnswers(() => Promise.resolve());
  await check(model);
}

it('answers the same from what was kept as from the beginning, token by token', async () => {
  await inBoth(async (model) => {
    const kept = new KeptPrompt();
    const first = code(0, 30);
    await said(model, first, kept);
    for (const [next, least] of [
      [`${first}\n${code(100, 12)}`, 128],
      [`${first}\n${code(100, 12)}\n${code(300, 9)}`, 256],
      [`${first}\n${code(200, 9)}`, 128],
      [code(500, 30), 0],
    ] as const) {
      const found = await said(model, next, kept);
      expect(found.answer).toBe((await said(model, next)).answer);
      expect(found.answer).not.toBe('');
      expect(found.keptTokens).toBeGreaterThanOrEqual(least);
      expect((found.keptTokens ?? NaN) % 128).toBe(0);
    }
  });
});

it('keeps what an answer that was stopped had read', async () => {
  const model = await open();
  const kept = new KeptPrompt();
  const stop = new AbortController();
  const read = model.read.bind(model);
  const stopping = vi.spyOn(model, 'read').mockImplementation((context, ids, onRun) =>
    read(context, ids, (tokens) => {
      stop.abort();
      return onRun?.(tokens) ?? Promise.resolve();
    }),
  );
  const text = code(0, 40);
  await expect(said(model, text, kept, stop.signal)).rejects.toThrow();
  stopping.mockRestore();
  const found = await said(model, text, kept);
  expect(found.keptTokens).toBe(128);
  expect(found.answer).toBe((await said(model, text)).answer);
});

it('holds no number of a prompt that was dropped', async () => {
  const model = await open();
  const kept = new KeptPrompt();
  const made: Awaited<ReturnType<Model['context']>>[] = [];
  const context = model.context.bind(model);
  vi.spyOn(model, 'context').mockImplementation(async (capacity) => {
    const one = await context(capacity);
    made.push(one);
    return one;
  });
  const numbers = () =>
    made.flatMap(({ lower, upper }) =>
      [...Object.values(lower.tensors), ...Object.values(upper.tensors)].flatMap(({ data }) => [
        ...(data as Float32Array),
      ]),
    );
  await said(model, code(0, 30), kept);
  expect(numbers().some((value) => value !== 0)).toBe(true);
  kept.drop(model);
  expect(await kept.tokens(model)).toBe(0);
  expect(numbers().every((value) => value === 0)).toBe(true);
  expect((await said(model, code(0, 30), kept)).keptTokens).toBe(0);
});

it('keeps nothing of the prompt before one that is too long', async () => {
  const model = await open();
  const kept = new KeptPrompt();
  const erase = vi.spyOn(model, 'erase');
  await said(model, code(0, 30), kept);
  expect(erase).not.toHaveBeenCalled();
  expect((await said(model, code(0, 2_000), kept)).answer).toBe('');
  expect(erase).toHaveBeenCalledTimes(1);
});

it('overwrites what it kept where no context can be made for the next prompt', async () => {
  const model = await open();
  const kept = new KeptPrompt();
  const text = code(0, 30);
  await said(model, text, kept);
  const erase = vi.spyOn(model, 'erase');
  vi.spyOn(model, 'continued').mockRejectedValue(new RangeError('Array buffer allocation failed'));
  await expect(said(model, text, kept)).rejects.toThrow('allocation');
  expect(erase).toHaveBeenCalledTimes(1);
});

it('reads in blocks until the weights are made, and never goes on in another way', async () => {
  rmSync(join(base(), derived()[0] ?? '-'), { force: true });
  const model = await open();
  const kept = new KeptPrompt();
  const text = code(0, 30);
  const before = await said(model, text, kept);
  expect(await kept.tokens(model)).toBeGreaterThanOrEqual(256);
  await model.prepareAnswers(() => Promise.resolve());
  if (derived().length === 0) return; // no fast products on this processor
  expect(await kept.tokens(model)).toBe(0);
  const after = await said(model, text, kept);
  expect(after.keptTokens).toBe(0);
  expect(before.answer).not.toBe('');
  expect((await said(model, text, kept)).keptTokens).toBeGreaterThanOrEqual(256);
});
