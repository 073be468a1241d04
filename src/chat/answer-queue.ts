import { ServiceError } from '../service/service-error.ts';
import type { AskEvent, PointedFile } from '../service/protocol.ts';
import { withEvent } from './exchange.ts';
import type { Conversations } from './conversations.ts';
import type { ChatService } from './dependencies.ts';
import type { Strings } from './strings.ts';
import { unfinished } from './transcript.ts';
import type { Exchange, ExchangeState } from './transcript.ts';

/** Earlier exchanges that go with a question; the model's prompt takes what it has room for. */
const HISTORY = 3;

/** An exchange by the conversation that it stands in. */
export interface Place {
  readonly conversation: string;
  readonly exchange: string;
}

export interface AnswerQueueDependencies {
  readonly service: ChatService;
  readonly library: Conversations;
  readonly strings: Strings;
  /** An exchange is another now. */
  readonly onExchange: (conversation: string, exchange: Exchange) => void;
  /** An answer goes on at the character `at`. */
  readonly onText: (conversation: string, exchange: Exchange, at: number) => void;
  readonly onPointed: (files: readonly PointedFile[]) => void;
  /** Nothing runs and nothing waits any more. */
  readonly onIdle: () => void;
  readonly log: (line: string) => void;
}

interface Running extends Place {
  readonly abort: AbortController;
}

/**
 * Puts questions to the service, one at a time because there is one model, and writes what comes back into the library.
 */
export class AnswerQueue {
  readonly #parts: AnswerQueueDependencies;
  #queue: Place[] = [];
  #running: Running | undefined;

  constructor(parts: AnswerQueueDependencies) {
    this.#parts = parts;
  }

  get answering(): 'yes' | 'no' {
    return this.#running || this.#queue.length > 0 ? 'yes' : 'no';
  }

  put(place: Place): void {
    this.#queue.push(place);
    this.#next();
  }

  /** Ends the answer under way, and what waits behind it. */
  stop(): void {
    const waiting = this.#queue;
    this.#queue = [];
    const state = { kind: 'stopped', sentence: this.#parts.strings.stopped, seconds: 0 } as const;
    for (const place of waiting) this.#settle(place, state);
    this.#running?.abort.abort();
  }

  /** Ends what runs and waits in places that are going. */
  forget(going: (place: Place) => boolean): void {
    this.#queue = this.#queue.filter((place) => !going(place));
    if (this.#running && going(this.#running)) this.#running.abort.abort();
  }

  #next(): void {
    if (this.#running) return;
    const place = this.#queue.shift();
    if (!place) {
      this.#parts.onIdle();
      return;
    }
    const running = { ...place, abort: new AbortController() };
    this.#running = running;
    void this.#run(running).finally(() => {
      this.#running = undefined;
      this.#next();
    });
  }

  async #run(place: Running): Promise<void> {
    const { service, strings, log } = this.#parts;
    const { signal } = place.abort;
    const exchange = this.#exchange(place);
    if (!exchange) return;
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1_000;
    this.#settle(place, { kind: 'recalling', sentence: strings.recalling });
    try {
      const { question, scope, selection } = exchange;
      const history = this.#historyOf(place);
      const onEvent = (event: AskEvent) => {
        if (!signal.aborted) this.#follow(place, event, seconds());
      };
      await service.ask({ question, scope, history, ...(selection && { selection }) }, onEvent, signal);
      const now = this.#exchange(place);
      if (now && unfinished(now)) throw new ServiceError(strings.unexpected, 'open-log');
    } catch (error) {
      if (signal.aborted) {
        this.#settle(place, { kind: 'stopped', sentence: strings.stopped, seconds: seconds() });
      } else if (error instanceof ServiceError) {
        this.#settle(place, { kind: 'failed', sentence: error.message, action: error.action });
      } else {
        log(error instanceof Error ? (error.stack ?? error.message) : String(error));
        this.#settle(place, { kind: 'failed', sentence: strings.unexpected, action: 'open-log' });
      }
    }
  }

  #follow(place: Place, event: AskEvent, seconds: number): void {
    const before = this.#exchange(place);
    if (!before) return;
    const after = withEvent(before, event, seconds, this.#parts.strings);
    this.#parts.library.replace(place.conversation, after);
    if (event.kind === 'recalled') this.#parts.onPointed(event.files);
    if (event.kind !== 'token' || before.state.kind !== 'writing') {
      this.#parts.onExchange(place.conversation, after);
    } else if (after.text.length > before.text.length) {
      this.#parts.onText(place.conversation, after, before.text.length);
    }
  }

  #settle(place: Place, state: ExchangeState): void {
    const exchange = this.#exchange(place);
    // What was answered stays answered, whatever fails behind it.
    if (!exchange || !unfinished(exchange)) return;
    const settled = { ...exchange, state };
    this.#parts.library.replace(place.conversation, settled);
    this.#parts.onExchange(place.conversation, settled);
  }

  #exchange({ conversation, exchange }: Place): Exchange | undefined {
    return this.#parts.library.exchange(conversation, exchange);
  }

  #historyOf({ conversation, exchange }: Place) {
    const exchanges = this.#parts.library.get(conversation)?.exchanges ?? [];
    return exchanges
      .slice(
        0,
        exchanges.findIndex(({ id }) => id === exchange),
      )
      .filter(({ state }) => state.kind === 'answered')
      .slice(-HISTORY)
      .map(({ question, text }) => ({ question, answer: text }));
  }
}
