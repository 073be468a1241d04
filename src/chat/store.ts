import * as v from 'valibot';
import { conversationSchema, unfinished } from './transcript.ts';
import type { Conversation } from './transcript.ts';

export const STORE = {
  /** Raised when older versions of the extension cannot read the file any more. */
  version: 1,
  /** The oldest make room. */
  conversations: 50,
  /** UTF-16 units of the whole file: what is written in a few milliseconds. */
  size: 4_000_000,
  /** Milliseconds in which changes are gathered before they are written. */
  gather: 400,
} as const;

/** Where conversations are kept: one file. */
export interface TranscriptFile {
  /** Undefined where there is none yet. */
  readonly read: () => Promise<string | undefined>;
  /** Replaces the file at once: after a crash there is the old text or the new one. */
  readonly write: (text: string) => Promise<void>;
  /** Keeps the file under another name, which it gives back. */
  readonly setAside: () => Promise<string>;
  /** The texts of files that were kept under another name, by that name. */
  readonly asides?: () => Promise<ReadonlyMap<string, string>>;
  /** Deletes one of them. */
  readonly remove?: (name: string) => Promise<void>;
}

export interface Saved {
  /** Newest first. */
  readonly conversations: readonly Conversation[];
  /** The one that was shown last. */
  readonly current?: string | undefined;
}

export type Loaded = Saved & {
  /** The name of a damaged file that was set aside. */
  readonly setAside?: string;
};

const fileSchema = v.object({
  version: v.literal(STORE.version),
  current: v.optional(v.string()),
  conversations: v.array(v.unknown()),
});

/** Of an exchange on disk; what are called `ranked` and `message` today were `pointed.files` and `sentence` once. */
const formerExchangeSchema = v.looseObject({
  pointed: v.optional(v.object({ files: v.unknown() })),
  state: v.optional(v.looseObject({ sentence: v.optional(v.unknown()) })),
});

const savedSchema = v.pipe(
  v.looseObject({ exchanges: v.array(formerExchangeSchema) }),
  v.transform(({ exchanges, ...conversation }) => ({ ...conversation, exchanges: exchanges.map(renamed) })),
  conversationSchema,
);

function renamed({ pointed, ...exchange }: v.InferOutput<typeof formerExchangeSchema>): object {
  const { sentence, ...state } = exchange.state ?? {};
  return {
    ...(pointed ? { ranked: pointed.files } : {}),
    ...exchange,
    ...(sentence === undefined ? {} : { state: { message: sentence, ...state } }),
  };
}

/** Conversations on disk. A file that cannot be read is set aside, and what can be read of it is kept. */
export class TranscriptStore {
  readonly #file: TranscriptFile;
  readonly #interrupted: string;
  readonly #onFailure: (error: unknown) => void;
  #pending: Saved | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param interrupted the sentence under an answer that was under way when the window closed */
  constructor(file: TranscriptFile, interrupted: string, onFailure: (error: unknown) => void) {
    this.#file = file;
    this.#interrupted = interrupted;
    this.#onFailure = onFailure;
  }

  async load(): Promise<Loaded> {
    const text = await this.#file.read();
    if (text === undefined || text.trim() === '') return { conversations: [] };
    const file = v.safeParse(fileSchema, parsed(text));
    if (!file.success) return { conversations: [], setAside: await this.#file.setAside() };
    const { current, conversations } = file.output;
    const whole = conversations.map((conversation) => v.safeParse(savedSchema, conversation));
    const kept = whole.flatMap((each) => (each.success ? [this.#settled(each.output)] : []));
    const loaded = { conversations: kept, current };
    return kept.length === whole.length ? loaded : { ...loaded, setAside: await this.#file.setAside() };
  }

  /** Writes soon; several calls become one. */
  save(kept: Saved): void {
    this.#pending = kept;
    this.#timer ??= setTimeout(() => {
      void this.flush();
    }, STORE.gather);
  }

  /** Settled when everything that was given to `save` is on disk, or the failure was told. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) {
      this.#writing = this.#writing.then(() => this.#file.write(serialized(pending))).catch(this.#onFailure);
    }
    await this.#writing;
  }

  /** Damaged files that were set aside and name one of these paths: what else they quote cannot be read. */
  async asidesNaming(paths: ReadonlySet<string>): Promise<string[]> {
    const asides = (await this.#file.asides?.()) ?? new Map<string, string>();
    return [...asides].flatMap(([name, text]) => ([...paths].some((path) => text.includes(path)) ? [name] : []));
  }

  async removeAsides(names: readonly string[]): Promise<void> {
    for (const name of names) await this.#file.remove?.(name);
  }

  /** Nothing goes on with an answer of a window that was closed. */
  #settled(conversation: Conversation): Conversation {
    const state = { kind: 'stopped', message: this.#interrupted, seconds: 0 } as const;
    const exchanges = conversation.exchanges.map((exchange) =>
      unfinished(exchange) ? { ...exchange, state } : exchange,
    );
    return { ...conversation, exchanges };
  }
}

/** The file's text: the newest conversations that fit. */
export function serialized({ conversations, current }: Saved): string {
  const newest = conversations.toSorted((a, b) => b.updated - a.updated).slice(0, STORE.conversations);
  const texts: string[] = [];
  let size = 0;
  for (const conversation of newest) {
    const text = JSON.stringify(conversation);
    size += text.length + 1;
    if (size > STORE.size && texts.length > 0) break;
    texts.push(text);
  }
  const named = current === undefined ? '' : `"current":${JSON.stringify(current)},`;
  return `{"version":${STORE.version},${named}"conversations":[${texts.join(',\n')}]}\n`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
