import { afterEach, expect, it, vi } from 'vitest';
import { chatServer, models } from '../answer-model/chat-server.ts';
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

it.each([
  ['of the server', (url: string) => `${url}/v1`, 'Bearer the-key'],
  ['of another port', () => 'http://localhost:1', undefined],
  ['with another scheme', (url: string) => url.replace('http:', 'https:'), undefined],
  ['that nobody gave', () => '', undefined],
])('sends a key with an address %s as it is meant', async (_, address, sent) => {
  const server = await chatServer({ '/v1/models': models('m') });
  try {
    vi.stubEnv('ASK_CODEBASE_SERVER_KEY', 'the-key');
    vi.stubEnv('ASK_CODEBASE_SERVER_KEY_FOR', address(server.url));
    const opened = await openAnswerModel(named(`${server.url}#m`), signal);
    await opened?.model.excerptTokens(signal);
    expect(server.seen[0]?.headers.authorization).toBe(sent);
    expect(JSON.stringify(server.seen).includes('the-key')).toBe(sent !== undefined);
  } finally {
    server.close();
  }
});

it('says which address of a key is none', async () => {
  vi.stubEnv('ASK_CODEBASE_SERVER_KEY', 'the-key');
  vi.stubEnv('ASK_CODEBASE_SERVER_KEY_FOR', 'models.example');
  await expect(openAnswerModel(named('http://localhost:8080#m'), signal)).rejects.toThrow(
    'ASK_CODEBASE_SERVER_KEY_FOR must be an address such as https://models.example, and "models.example" is not.',
  );
});
