import type { OpenAI } from 'openai';
import { AppError } from '../common/app-error.ts';
import type { GenerateOptions } from '../engine/client/engine.ts';
import type { Message } from '../engine/generate/tokenizer.ts';
import type { FinishReason, Generated } from '../engine/protocol.ts';
import type { AnswerModel, Destination } from './answer-model.ts';
import type { ServerChoice } from './chosen-model.ts';
import { directFetch } from './direct-fetch.ts';
import type { FetchLimits } from './direct-fetch.ts';
import { excerptTokens, profileOfContext } from './profile.ts';
import type { AnswerProfile } from './profile.ts';
import { serverCard } from './server-card.ts';
import type { Product } from './server-card.ts';
import { emptyAnswer, failureOfReply, notChat, servedModel, stopped } from './server-failure.ts';
import { withoutMarks } from './without-marks.ts';

/** A server that does not say how much its model reads is taken for one with little. */
const UNKNOWN_CONTEXT = 4_096;
/** Tokens per second that are hoped for before a server was measured: what two cores do with a model of 7B. */
const UNKNOWN_RATE = 100;
/** Milliseconds: a large prompt may take minutes on a processor; a model that writes says something every second. */
const LIMITS: FetchLimits = { firstByte: 300_000, betweenBytes: 60_000, bytes: 32_000_000 };
/** Characters of a token, at most: a server that does not count is stopped by its text. */
const TOKEN_LENGTH = 20;

export interface ServerModelOptions {
  /** Sent to this server alone. */
  readonly key?: string | undefined;
  readonly limits?: FetchLimits;
}

/**
 * A model behind OpenAI's chat completions: llama-server, Ollama, LM Studio, vLLM. It is told the prompt and nothing
 * else; what the environment holds for OpenAI's own service, a key or an address, is never used.
 */
export class ServerModel implements AnswerModel {
  readonly destination: Destination;
  readonly #choice: ServerChoice;
  readonly #key: string | undefined;
  readonly #limits: FetchLimits;
  #name: string | undefined;
  #profile = profileOfContext(UNKNOWN_CONTEXT);
  #contextTokens: number | undefined;
  #product: Product | undefined;
  /** Tokens per second of the last prompt. */
  #prefillRate = UNKNOWN_RATE;

  constructor(choice: ServerChoice, { key, limits = LIMITS }: ServerModelOptions = {}) {
    const { address, isLoopback, model } = choice;
    this.destination = isLoopback ? { kind: 'loopback', address } : { kind: 'network', address };
    this.#choice = choice;
    this.#key = key;
    this.#limits = limits;
    this.#name = model;
  }

  /** The address stands for a model that was not named, until the server has said what it has. */
  get name(): string {
    return this.#name ?? this.#choice.address;
  }

  /** That of a small context until `excerptTokens` has asked the server. */
  get profile(): AnswerProfile {
    return this.#profile;
  }

  /** Asks the server each time: it may have been started anew, with another model or context. */
  async excerptTokens(signal: AbortSignal | undefined): Promise<number> {
    const { baseUrl, model } = this.#choice;
    const card = await serverCard(baseUrl, { key: this.#key, model, signal, product: this.#product });
    const served = servedModel(card, this.#choice);
    this.#product = card.kind === 'card' ? card.product : undefined;
    this.#name = served.id;
    this.#contextTokens = served.contextTokens;
    this.#profile = profileOfContext(served.contextTokens ?? UNKNOWN_CONTEXT);
    return excerptTokens(this.#profile, this.#prefillRate);
  }

  async generate(messages: readonly Message[], options: GenerateOptions): Promise<Generated> {
    const { signal } = options;
    const openai = await import('./openai-client.ts');
    let hasBegun = false;
    try {
      return await this.#stream(this.#client(openai.OpenAI), messages, options, () => {
        hasBegun = true;
      });
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (error instanceof AppError) throw error;
      const status: unknown = error instanceof openai.APIError ? error.status : undefined;
      const body: unknown = error instanceof openai.APIError ? error.error : undefined;
      const { address } = this.#choice;
      const contextTokens = this.#contextTokens;
      throw failureOfReply(error, {
        address,
        model: this.name,
        contextTokens,
        hasBegun,
        status: typeof status === 'number' ? status : undefined,
        isTold: body !== undefined,
      });
    }
  }

  async #stream(
    client: OpenAI,
    messages: readonly Message[],
    options: GenerateOptions,
    onBegun: () => void,
  ): Promise<Generated> {
    const { maxTokens, sampling, signal, onEvent } = options;
    const began = performance.now();
    const stream = await client.chat.completions.create(
      {
        model: this.name,
        messages: messages.map(({ role, content }) => ({ role, content: withoutMarks(content) })),
        // oxlint-disable-next-line typescript/no-deprecated -- the newer name is unknown to Ollama and older servers
        max_tokens: maxTokens,
        stream: true,
        stream_options: { include_usage: true },
        ...(sampling.kind === 'greedy'
          ? { temperature: 0 }
          : // oxlint-disable-next-line typescript/no-deprecated -- at OpenAI alone
            { temperature: sampling.temperature, top_p: sampling.topP, seed: sampling.seed }),
      },
      { ...(signal && { signal }) },
    );
    onBegun();
    let text = '';
    let parts = 0;
    let first: number | undefined;
    let ending: FinishReason | undefined;
    let usage: OpenAI.CompletionUsage | undefined;
    for await (const chunk of stream) {
      first ??= performance.now();
      usage = chunk.usage ?? usage;
      const [choice] = chunk.choices;
      // Some servers leave out what the interface promises.
      const piece: unknown = choice?.delta.content;
      if (typeof piece === 'string' && piece !== '') {
        text += piece;
        parts += 1;
        onEvent?.({ kind: 'token', text: piece });
      }
      if (choice?.finish_reason) ending = choice.finish_reason === 'length' ? 'length' : 'stop';
      if (parts > 2 * maxTokens || text.length > TOKEN_LENGTH * maxTokens) {
        ending = 'length';
        break;
      }
    }
    signal?.throwIfAborted();
    const { address } = this.#choice;
    if (first === undefined) throw notChat(address);
    if (ending === undefined) throw stopped(address);
    if (text.trim() === '') throw emptyAnswer(this.name);
    const ended = performance.now();
    const prefillMs = first - began;
    const promptTokens = usage?.prompt_tokens ?? 0;
    if (promptTokens > 0) this.#prefillRate = (1_000 * promptTokens) / Math.max(1, prefillMs);
    const tokens = usage?.completion_tokens ?? parts;
    return { text, ending, promptTokens, tokens, prefillMs, decodeMs: ended - first };
  }

  #client(Client: typeof OpenAI): OpenAI {
    return new Client({
      baseURL: this.#choice.baseUrl,
      // The package asks for a key; a server of one's own mostly wants none.
      apiKey: this.#key ?? 'none',
      fetch: withPlainErrors(directFetch(this.#limits)),
      maxRetries: 0,
      timeout: 2 * this.#limits.firstByte,
      logLevel: 'off',
      // Left out, these are taken from the environment.
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
    });
  }
}

/** The client reads what went wrong below `error`; vLLM and others say it at the top. */
function withPlainErrors(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.ok || response.headers.get('content-type')?.includes('json') !== true) return response;
    const text = await response.text();
    const { status, headers } = response;
    return new Response(underError(text), { status, headers });
  };
}

function underError(text: string): string {
  try {
    const told: unknown = JSON.parse(text);
    return typeof told === 'object' && told !== null && !('error' in told) ? JSON.stringify({ error: told }) : text;
  } catch {
    return text;
  }
}
