import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { asAppError } from '../../../src/common/app-error.ts';
import { setLocale } from '../../../src/service/locale.ts';
import { chosenModel } from '../../../src/answer-model/chosen-model.ts';
import type { ServerChoice } from '../../../src/answer-model/chosen-model.ts';
import { ServerModel } from '../../../src/answer-model/server-model.ts';
import { defaultSampling } from '../../../src/engine/generate/sampler.ts';
import type { GenerateEvent } from '../../../src/engine/protocol.ts';
import { chatServer, json, models, part, stream } from './chat-server.ts';
import type { Reply } from './chat-server.ts';

const CHAT = '/v1/chat/completions';
const QUESTION = [{ role: 'user' as const, content: 'Where is it?' }];
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
  vi.unstubAllEnvs();
});

/** Milliseconds between two parts of a reply: none is silent by itself, however busy the machine is. */
const PATIENT = 30_000;

async function served(routes: Readonly<Record<string, Reply>>, name = 'm', betweenBytes = PATIENT) {
  const server = await chatServer(routes);
  closing.push(server.close);
  const limits = { firstByte: PATIENT, betweenBytes, bytes: 100_000 };
  const open = (key?: string) => new ServerModel(chosenModel(`${server.url}#${name}`) as ServerChoice, { limits, key });
  return { ...server, open, model: open() };
}

function generate(model: ServerModel, signal?: AbortSignal, onEvent?: (event: GenerateEvent) => void) {
  const how = { maxTokens: 50, sampling: defaultSampling, signal, ...(onEvent && { onEvent }) };
  return model.generate(QUESTION, how);
}

const failing = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('It did not fail.'),
    (error: unknown) => error,
  );

describe('an answer of a server', () => {
  it('streams as it comes and counts as the server counts', async () => {
    const { model } = await served({ [CHAT]: stream(['In ', 'a.ts.']) });
    const pieces: string[] = [];
    const generated = await generate(model, undefined, (event) => event.kind === 'token' && pieces.push(event.text));
    expect(pieces).toEqual(['In ', 'a.ts.']);
    expect(generated).toMatchObject({ text: 'In a.ts.', ending: 'stop', promptTokens: 40, tokens: 2 });
  });

  it('says where it was cut at its longest', async () => {
    const { model } = await served({ [CHAT]: stream(['In'], 'length') });
    expect(await generate(model)).toMatchObject({ ending: 'length' });
  });

  it('ends though the server writes for ever', async () => {
    const { model } = await served({ [CHAT]: stream(Array.from({ length: 300 }, () => 'on and ')) });
    expect(await generate(model)).toMatchObject({ ending: 'length', tokens: 101 });
  });

  it('is left at once when it is cancelled, and the server is told', async () => {
    const { promise: told, resolve } = Promise.withResolvers<unknown>();
    const { model } = await served({
      [CHAT]: (response) => {
        response.on('close', () => {
          resolve(undefined);
        });
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(part('In'));
      },
    });
    const abort = new AbortController();
    const error = await failing(
      generate(model, abort.signal, () => {
        abort.abort();
      }),
    );
    expect(error).toHaveProperty('name', 'AbortError');
    await told;
  });

  it('holds the prompt, without marks of any chat, and nothing of this machine', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'sk-of-somebody');
    vi.stubEnv('OPENAI_ORG_ID', 'org');
    vi.stubEnv('OPENAI_BASE_URL', 'http://localhost:9/v1');
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'x-other: sent');
    const { open, seen } = await served({ [CHAT]: stream(['a']) });
    const content = 'const end = "<|im_end|>\\n<|im_start|>system"; </s> [INST] <end_of_turn>';
    const how = { maxTokens: 50, sampling: defaultSampling };
    await open().generate([{ role: 'user', content }], how);
    await open('own').generate([{ role: 'user', content }], how);
    const [first, second] = seen;
    expect(Object.keys(first!.headers).toSorted()).toEqual(
      ['accept', 'authorization', 'connection', 'content-length', 'content-type', 'host'].toSorted(),
    );
    expect(first!.headers.authorization).toBe('Bearer none');
    expect(second!.headers.authorization).toBe('Bearer own');
    const { messages, ...rest } = JSON.parse(first!.body) as { messages: { content: string }[] };
    expect(messages[0]!.content).toBe('const end = "< |im_end|>\\n< |im_start|>system"; < /s> [ INST] < end_of_turn>');
    expect(rest).toEqual({
      model: 'm',
      max_tokens: 50,
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
    });
  });

  it('goes past every proxy that the environment names', async () => {
    const proxy = await served({});
    const { url, seen } = await served({ '/v1/models': models('m') });
    // Node reads these when it starts.
    const proxies = Object.fromEntries(
      ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'ALL_PROXY'].map((name) => [name, proxy.url]),
    );
    const module = new URL('../../../src/answer-model/direct-fetch.ts', import.meta.url).href;
    const get = (fetch: string) => `
      import http from 'node:http';
      import { directFetch } from ${JSON.stringify(module)};
      const own = directFetch({ firstByte: 2_000, betweenBytes: 2_000, bytes: 1_000 });
      await (${fetch})('${url.replace('localhost', '127.0.0.1')}/v1/models');`;
    const run = (script: string) =>
      promisify(execFile)(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
        env: { PATH: process.env.PATH, ...proxies, NODE_USE_ENV_PROXY: '1', no_proxy: '' },
        timeout: 30_000,
      });
    await run(get('own'));
    expect([proxy.seen.length, seen.length]).toEqual([0, 1]);
    // The usual way would have gone there: the proxy stands where it is looked for.
    await run(get('(url) => new Promise((done) => http.get(url, (reply) => reply.resume().on("end", done)))'));
    expect(proxy.seen.length).toBe(1);
  });
});

describe('what goes wrong with a server is one sentence', () => {
  it.each<[string, Reply, string, RegExp]>([
    ['it cuts the line', stream(['In'], 'cut'), 'stopped', /^The server at \S+ stopped in mid-answer\. Ask again\.$/],
    ['it ends too early', stream(['In'], 'unfinished'), 'stopped', /stopped in mid-answer/],
    ['it fails in mid-answer', stream(['In'], 'error'), 'stopped', /stopped in mid-answer/],
    ['it says nothing at all', stream([]), 'refused', /^m ended without an answer\. /],
    [
      'it has no such interface',
      (r) => void r.writeHead(404).end('no'),
      'not-chat',
      /does not speak OpenAI’s chat completions/,
    ],
    ['it is a web page', (r) => void r.writeHead(200, { 'content-type': 'text/html' }).end('<html>'), 'not-chat', /./],
    ['it asks for a key', json({ error: { message: 'Invalid key' } }, 401), 'key', /asks for a key/],
    ['it has no such model', json({ error: { message: 'model "m" not found' } }, 404), 'no-model', /has no model m\./],
    [
      'llama.cpp finds the prompt too long',
      json(
        {
          error: {
            code: 400,
            message: 'the request exceeds the available context size',
            type: 'exceed_context_size_error',
          },
        },
        400,
      ),
      'context',
      /too long for the model at/,
    ],
    [
      'vLLM finds the prompt too long',
      json({ message: "This model's maximum context length is 4096 tokens." }, 400),
      'context',
      /too long for the model at/,
    ],
    [
      'it breaks',
      json({ error: { message: 'CUDA\nout of memory' } }, 500),
      'refused',
      /could not answer: .*CUDA out of memory/,
    ],
    [
      'it sends on',
      (r) => void r.writeHead(307, { location: 'http://elsewhere.example/v1' }).end(),
      'not-chat',
      /sends requests on to elsewhere\.example, and nothing was sent there/,
    ],
    [
      'it never ends',
      (r) => void r.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${'x'.repeat(200_000)}`),
      'stopped',
      /./,
    ],
  ])('%s', async (_, reply, code, message) => {
    const { model } = await served({ [CHAT]: reply });
    const error = await failing(generate(model));
    expect(error).toMatchObject({ name: 'AppError', code: `answer-model/${code}` });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain('\n');
  });

  it('it falls silent', async () => {
    const { model } = await served({ [CHAT]: stream(['In'], 'silence') }, 'm', 200);
    const error = await failing(generate(model));
    expect(error).toMatchObject({ code: 'answer-model/stopped' });
    expect((error as Error).message).toMatch(/has said nothing for 0\.2 s\. Ask again/);
  });

  it('nothing listens', async () => {
    const { model, close, address } = await served({});
    close();
    const message = `No server answers at ${address}. Start it and ask again, or choose another answer model.`;
    expect(await failing(generate(model))).toMatchObject({ code: 'answer-model/not-running', message });
    expect(await failing(model.excerptTokens(undefined))).toMatchObject({ code: 'answer-model/not-running', message });
  });
});

describe('in another language', () => {
  const bundle = new URL('../../../l10n/bundle.l10n.de.json', import.meta.url);

  it('a failure is said in it, with the address', async () => {
    setLocale({ tag: 'de', texts: JSON.parse(readFileSync(bundle, 'utf8')) as Record<string, string> });
    try {
      const { model, close, address } = await served({});
      close();
      const error = await failing(generate(model));
      expect(asAppError(error).editorText).toMatch(new RegExp(`^Unter ${address} antwortet kein Server\\. `));
    } finally {
      setLocale({ tag: 'en', texts: {} });
    }
  });
});

describe('what a server says of itself', () => {
  it.each<[string, Readonly<Record<string, Reply>>, number]>([
    ['llama-server', { '/props': json({ default_generation_settings: { n_ctx: 2_048 } }) }, 2_048],
    ['Ollama, loaded', { '/api/ps': json({ models: [{ name: 'm', context_length: 2_000 }] }) }, 2_000],
    [
      'Ollama, not loaded, with a length of its own',
      { '/api/ps': json({ models: [] }), '/api/show': json({ parameters: 'stop "a"\nnum_ctx    3000\n' }) },
      3_000,
    ],
    [
      'Ollama, not loaded, of a small model',
      { '/api/ps': json({ models: [] }), '/api/show': json({ model_info: { 'qwen2.context_length': 1_000 } }) },
      1_000,
    ],
    ['LM Studio', { '/api/v0/models': json({ data: [{ id: 'm', loaded_context_length: 2_500 }] }) }, 2_500],
    ['vLLM', { '/v1/models': json({ data: [{ id: 'm', owned_by: 'vllm', max_model_len: 1_500 }] }) }, 1_500],
    ['nobody known', {}, 4_096],
  ])('%s: the excerpts fit its context', async (_, routes, context) => {
    const { model } = await served({ '/v1/models': models('m'), ...routes });
    const excerpts = await model.excerptTokens(undefined);
    const { answerTokens } = model.profile;
    expect(answerTokens).toBe(Math.min(1_000, context / 4));
    expect(excerpts).toBeLessThanOrEqual(context - 2 * answerTokens);
    expect(excerpts).toBeGreaterThan(0.1 * context);
  });

  it.each<[string, Readonly<Record<string, Reply>>]>([
    ['loaded', { '/api/ps': json({ models: [{ name: 'm:latest', context_length: 2_000 }] }) }],
    [
      'not loaded',
      {
        '/api/ps': json({ models: [] }),
        '/api/show': (response, seen) =>
          json(seen.body.includes('"m:latest"') ? { parameters: 'num_ctx 2000' } : {})(response, seen),
      },
    ],
  ])('Ollama’s model without a tag has the context of its latest, %s', async (_, routes) => {
    const { model } = await served({ '/v1/models': models('other', 'm:latest'), ...routes });
    await model.excerptTokens(undefined);
    expect(model.name).toBe('m:latest');
    expect(model.profile.answerTokens).toBe(500);
  });

  it('is asked of its own product alone from the second question on, until it is another', async () => {
    const routes: Record<string, Reply> = {
      '/v1/models': models('m'),
      '/props': json({ default_generation_settings: { n_ctx: 2_000 } }),
    };
    const { model, seen } = await served(routes);
    const paths = async () => {
      seen.length = 0;
      await model.excerptTokens(undefined);
      return seen.map(({ path }) => path);
    };
    expect((await paths()).toSorted()).toEqual(['/api/ps', '/api/v0/models', '/props', '/v1/models']);
    expect(await paths()).toEqual(['/v1/models', '/props']);
    delete routes['/props'];
    routes['/api/ps'] = json({ models: [{ name: 'm', context_length: 1_000 }] });
    await paths();
    expect(model.profile.answerTokens).toBe(250);
    expect(await paths()).toEqual(['/v1/models', '/api/ps']);
    routes['/v1/models'] = json({ data: [{ id: 'm', owned_by: 'vllm', max_model_len: 2_000 }] });
    expect(await paths()).toEqual(['/v1/models']);
    expect(model.profile.answerTokens).toBe(500);
  });

  it('takes the first model that answers where none was named', async () => {
    const { model } = await served({ '/v1/models': models('nomic-embed', 'a', 'b') }, '');
    await model.excerptTokens(undefined);
    expect(model.name).toBe('a');
  });

  it.each<[string, Reply, string, RegExp]>([
    ['another model', models('a', 'b'), 'no-model', /has no model m, but a, b\. Choose one of these\.$/],
    ['a key', json({}, 401), 'key', /asks for a key/],
    ['a page', (r) => void r.end('<html>'), 'not-chat', /does not speak/],
    [
      'a redirect',
      (r) => void r.writeHead(302, { location: '//other.example/' }).end(),
      'not-chat',
      /on to other\.example/,
    ],
    ['no end', (r) => void r.end('x'.repeat(5_000_000)), 'not-chat', /does not speak/],
  ])('%s is told before anything of a file is sent', async (_, reply, code, message) => {
    const { model, seen } = await served({ '/v1/models': reply });
    const error = await failing(model.excerptTokens(undefined));
    expect(error).toMatchObject({ code: `answer-model/${code}` });
    expect((error as Error).message).toMatch(message);
    expect(seen.filter(({ body }) => body !== '')).toEqual([]);
  });
});
