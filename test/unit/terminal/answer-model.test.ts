import { afterEach, expect, it, vi } from 'vitest';
import { openAnswerModel } from '../../../src/terminal/answer-model.ts';

const { signal } = new AbortController();
const named = (model: string) => ({ model, device: 'cpu' as const });

afterEach(() => {
  vi.unstubAllEnvs();
});

it('opens a server of this machine without a question', async () => {
  const opened = await openAnswerModel(named('http://localhost:8080#m'), signal);
  expect(opened?.model).toMatchObject({ name: 'm', destination: { kind: 'loopback', address: 'localhost:8080' } });
  expect(await openAnswerModel(named('built-in'), signal)).toBeUndefined();
});

it.each([
  ['https://models.example#m', 'not-allowed', /^models\.example is not this machine, so nothing was sent\. Run this/],
  ['editor:copilot/gpt', 'choice', /answers in the editor alone\./],
  ['localhost:8080#m', 'choice', /names no answer model\./],
])('%s is refused before anything is read', async (text, code, message) => {
  vi.stubEnv('ASK_CODEBASE_HOME', import.meta.dirname);
  await expect(openAnswerModel(named(text), signal)).rejects.toMatchObject({
    code: `answer-model/${code}`,
    message: expect.stringMatching(message) as string,
  });
});
