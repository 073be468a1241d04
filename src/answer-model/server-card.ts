import * as v from 'valibot';
import { directFetch, RedirectError, SilenceError } from './direct-fetch.ts';

/** What is told of a server before anything of a file goes to it. */
export interface ServerCard {
  readonly kind: 'card';
  /** The program that serves, where it can be told. */
  readonly product: Product | undefined;
  /** Best first, as the server lists them; those that only embed text are left out. */
  readonly models: readonly ServedModel[];
}

export interface ServedModel {
  readonly id: string;
  /** Tokens of prompt and answer together, as it is loaded; undefined where the server does not say. */
  readonly contextTokens: number | undefined;
}

const PRODUCTS = ['llama-server', 'Ollama', 'LM Studio', 'vLLM'] as const;
export type Product = (typeof PRODUCTS)[number];

/** Why a server tells nothing. */
export type CardFailure =
  | { readonly kind: 'not-running' }
  | { readonly kind: 'key' }
  | { readonly kind: 'redirected'; readonly to: string }
  /** It speaks HTTP, or something else, but not OpenAI's interface. */
  | { readonly kind: 'not-chat' };

/** What Ollama gives a model that says nothing else, since 0.11; what does not fit is cut off without a word. */
const OLLAMA_CONTEXT = 4_096;

const LIMITS = {
  /** Milliseconds; a list of models is made of nothing that takes time. */
  firstByte: 3_000,
  betweenBytes: 3_000,
  bytes: 4_000_000,
} as const;
const MODELS = 500;
/** Models of a list whose contexts are asked for one by one. */
const SHOWN = 30;
/** Models that answer nothing: a name is all that tells them. */
const EMBEDS = /embed|rerank/iu;

const tokens = v.pipe(v.number(), v.integer(), v.minValue(1));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(500));

/** OpenAI's list, with what vLLM adds to it. */
const listSchema = v.object({
  data: v.array(
    v.object({ id: name, owned_by: v.optional(v.nullable(v.string())), max_model_len: v.optional(tokens) }),
  ),
});
/** llama.cpp, tools/server/README.md: `GET /props`. */
const propsSchema = v.object({ default_generation_settings: v.object({ n_ctx: tokens }) });
/** Ollama, docs/api.md: `GET /api/ps` lists what is loaded, `POST /api/show` what a model's file says. */
const loadedSchema = v.object({ models: v.array(v.object({ name, context_length: v.optional(tokens) })) });
const shownSchema = v.object({
  parameters: v.optional(v.string()),
  model_info: v.optional(v.record(v.string(), v.unknown())),
});
/** LM Studio, its REST API v0: `GET /api/v0/models`. */
const studioSchema = v.object({
  data: v.array(
    v.object({
      id: name,
      type: v.optional(v.string()),
      loaded_context_length: v.optional(tokens),
      max_context_length: v.optional(tokens),
    }),
  ),
});

interface CardOptions {
  readonly key?: string | undefined;
  /** The model whose context is wanted; the first one where it is left out. */
  readonly model?: string | undefined;
  /** Whether the contexts of all models are wanted, for a list of them. */
  readonly isForList?: boolean;
  /** What serves there as far as is known: the addresses of other products are then not tried in vain. */
  readonly product?: Product | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that a server may be silent. */
  readonly patience?: number;
}

/**
 * Asks a server which models it has, and how much text the wanted one reads. Only addresses below `baseUrl`'s host are
 * asked, and nothing of a file is sent.
 */
export async function serverCard(baseUrl: string, options: CardOptions): Promise<ServerCard | CardFailure> {
  const { patience = LIMITS.firstByte } = options;
  const fetch = directFetch({ ...LIMITS, firstByte: patience, betweenBytes: patience });
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    ...(options.key !== undefined && { authorization: `Bearer ${options.key}` }),
  };
  const ask = async (url: string, body?: object): Promise<Response> =>
    fetch(url, {
      headers,
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      ...(options.signal && { signal: options.signal }),
    });
  const { origin } = new URL(baseUrl);
  const told = async <S extends v.GenericSchema>(schema: S, path: string, body?: object) => {
    try {
      const response = await ask(`${origin}${path}`, body);
      const parsed = response.ok ? v.safeParse(schema, await response.json()) : undefined;
      return parsed?.success === true ? parsed.output : undefined;
    } catch {
      // These are extras of one product each: whoever is another answers nothing, or something else.
      options.signal?.throwIfAborted();
      return undefined;
    }
  };

  let list: v.InferOutput<typeof listSchema>;
  try {
    const response = await ask(`${baseUrl}/models`);
    if (response.status === 401 || response.status === 403) return { kind: 'key' };
    if (!response.ok) return { kind: 'not-chat' };
    const parsed = v.safeParse(listSchema, await response.json());
    if (!parsed.success) return { kind: 'not-chat' };
    list = parsed.output;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof RedirectError) return { kind: 'redirected', to: error.location };
    return { kind: isUnreachable(error) ? 'not-running' : 'not-chat' };
  }

  const isVllm = list.data.some(({ owned_by: owner }) => owner === 'vllm');
  const extras = async (of: readonly Product[]) => {
    const [props, loaded, studio] = await Promise.all([
      of.includes('llama-server') ? told(propsSchema, '/props') : undefined,
      of.includes('Ollama') ? told(loadedSchema, '/api/ps') : undefined,
      of.includes('LM Studio') ? told(studioSchema, '/api/v0/models') : undefined,
    ]);
    return { props, loaded, studio, isAny: Boolean(props ?? loaded ?? studio) };
  };
  const first = await extras(isVllm ? [] : options.product ? [options.product] : PRODUCTS);
  const { props, loaded, studio } = first.isAny || isVllm || !options.product ? first : await extras(PRODUCTS);
  const chats = list.data.filter(({ id }) => !EMBEDS.test(id)).map(({ id }) => id);
  const wanted = options.model === undefined ? chats[0] : offeredName(options.model, chats);
  const shown = new Map<string, number>();
  for (const { name: id, context_length: context } of loaded?.models ?? []) if (context) shown.set(id, context);
  const unshown = (options.isForList === true ? chats.slice(0, SHOWN) : [wanted]).filter((id) => !shown.has(id ?? ''));
  await Promise.all(
    (loaded ? unshown : []).map(async (model) => {
      if (model !== undefined) shown.set(model, ollamaContext(await told(shownSchema, '/api/show', { model })));
    }),
  );
  const contextOf = ({ id, max_model_len: served }: (typeof list.data)[number]): number | undefined => {
    if (served !== undefined) return served;
    if (props) return props.default_generation_settings.n_ctx;
    if (loaded) return shown.get(id);
    const model = studio?.data.find((each) => each.id === id);
    return model?.loaded_context_length ?? model?.max_context_length;
  };
  const embeds = new Set(studio?.data.filter(({ type }) => type === 'embeddings').map(({ id }) => id));
  const models = list.data
    .filter(({ id }) => !EMBEDS.test(id) && !embeds.has(id))
    .slice(0, MODELS)
    .map((model) => ({ id: model.id, contextTokens: contextOf(model) }));
  const product = isVllm ? 'vLLM' : studio ? 'LM Studio' : loaded ? 'Ollama' : props ? 'llama-server' : undefined;
  return { kind: 'card', product, models };
}

/** The name in a server's list that somebody means, if any: Ollama lists `qwen` as `qwen:latest`. */
export function offeredName(model: string, offered: readonly string[]): string | undefined {
  return offered.find((id) => id === model) ?? offered.find((id) => id === `${model}:latest`);
}

/** What Ollama will give a model that is not loaded: `num_ctx` of its file, or the usual, never more than it can. */
function ollamaContext(shown: v.InferOutput<typeof shownSchema> | undefined): number {
  const [, set] = /^\s*num_ctx\s+(\d+)\s*$/mu.exec(shown?.parameters ?? '') ?? [];
  const most = Object.entries(shown?.model_info ?? {}).find(([key]) => key.endsWith('.context_length'))?.[1];
  return Math.min(Number(set ?? OLLAMA_CONTEXT), typeof most === 'number' ? most : Infinity);
}

/** Anything that the system says of a connection has a code; `HPE_…` are what answers, and is no HTTP. */
function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof SilenceError || ('code' in error && !String(error.code).startsWith('HPE_'));
}
