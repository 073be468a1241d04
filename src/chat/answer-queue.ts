import { AppError, isAppError, stackOf } from '../common/app-error.ts';
import type { AnswerEvent } from '../answer/answer.ts';
import type { RankedFile } from '../retrieve/ranked-files.ts';
import { withEvent, withinLimits } from './exchange.ts';
import type { Conversations } from './conversations.ts';
import type { ChatService } from './dependencies.ts';
import type { Strings } from './strings.ts';
import { unfinished } from './transcript.ts';
import type { Exchange, ExchangeState } from './transcript.ts';

/** Earlier exchanges that go with a question; the model's prompt takes what it has room for. */
const HISTORY = 3;

/** An exchange by the conversation that it stands in. */
export interface ExchangeKey {
  readonly conversation: string;
  readonly exchange: string;
}

export interface AnswerQueueDependencies {
  readonly service: ChatService;
  readonly conversations: Conversations;
  readonly strings: Strings;
  /** An exchange is another now. */
  readonly onExchange: (conversation: string, exchange: Exchange) => void;
  /** An event has come to an exchange, as it was `before`. */
  readonly onEvent: (conversation: string, before: Exchange, event: AnswerEvent, seconds: number) => void;
  readonly onRanked: (files: readonly RankedFile[]) => void;
  /** Nothing runs and nothing waits any more. */
  readonly onIdle: () => void;
  readonly log: (line: string) => void;
}

interface Running extends ExchangeKey {
  readonly abort: AbortController;
}

/**
 * Puts questions to the service, one at a time because there is one model, and writes what comes back into the
 * conversations.
 */
export class AnswerQueue {
  readonly #dependencies: AnswerQueueDependencies;
  #queue: ExchangeKey[] = [];
  #running: Running | undefined;

  constructor(dependencies: AnswerQueueDependencies) {
    this.#dependencies = dependencies;
  }

  get isAnswering(): boolean {
    return this.#running !== undefined || this.#queue.length > 0;
  }

  put(key: ExchangeKey): void {
    this.#queue.push(key);
    this.#next();
  }

  /** Ends the answer under way, and what waits behind it. */
  stop(): void {
    const waiting = this.#queue;
    this.#queue = [];
    const state = { kind: 'stopped', message: this.#dependencies.strings.stopped, seconds: 0 } as const;
    for (const key of waiting) this.#settle(key, state);
    this.#running?.abort.abort();
  }

  /** Ends what runs and waits of exchanges that are going. */
  forget(going: (key: ExchangeKey) => boolean): void {
    this.#queue = this.#queue.filter((key) => !going(key));
    if (this.#running && going(this.#running)) this.#running.abort.abort();
  }

  #next(): void {
    if (this.#running) return;
    const key = this.#queue.shift();
    if (!key) {
      this.#dependencies.onIdle();
      return;
    }
    const running = { ...key, abort: new AbortController() };
    this.#running = running;
    void this.#run(running).finally(() => {
      this.#running = undefined;
      this.#next();
    });
  }

  async #run(running: Running): Promise<void> {
    const { service, strings, log } = this.#dependencies;
    const { signal } = running.abort;
    const exchange = this.#exchange(running);
    if (!exchange) return;
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1_000;
    this.#settle(running, { kind: 'recalling', message: strings.recalling });
    try {
      const { question, scope, selection, evidenceKind } = exchange;
      const history = this.#historyOf(running);
      const onEvent = (event: AnswerEvent) => {
        if (!signal.aborted) this.#follow(running, withinLimits(event), seconds());
      };
      const asked = { question, scope, ...(selection && { selection }), ...(evidenceKind && { evidenceKind }) };
      await service.ask({ ...asked, history }, onEvent, signal);
      const now = this.#exchange(running);
      if (now && unfinished(now)) throw new AppError('unexpected', strings.unexpected);
    } catch (error) {
      if (signal.aborted) {
        this.#settle(running, { kind: 'stopped', message: strings.stopped, seconds: seconds() });
      } else if (isAppError(error)) {
        this.#settle(running, { kind: 'failed', message: error.message, action: error.action });
      } else {
        log(stackOf(error));
        this.#settle(running, { kind: 'failed', message: strings.unexpected, action: 'open-log' });
      }
    }
  }

  #follow({ conversation, exchange }: ExchangeKey, event: AnswerEvent, seconds: number): void {
    const { conversations, strings, onRanked, onEvent } = this.#dependencies;
    const before = conversations.exchange(conversation, exchange);
    if (!before) return;
    conversations.replace(conversation, withEvent(before, event, seconds, strings));
    if (event.kind === 'recalled') onRanked(event.files);
    onEvent(conversation, before, event, seconds);
  }

  #settle(key: ExchangeKey, state: ExchangeState): void {
    const exchange = this.#exchange(key);
    // What was answered stays answered, whatever fails behind it.
    if (!exchange || !unfinished(exchange)) return;
    const settled = { ...exchange, state };
    this.#dependencies.conversations.replace(key.conversation, settled);
    this.#dependencies.onExchange(key.conversation, settled);
  }

  #exchange({ conversation, exchange }: ExchangeKey): Exchange | undefined {
    return this.#dependencies.conversations.exchange(conversation, exchange);
  }

  #historyOf({ conversation, exchange }: ExchangeKey) {
    const exchanges = this.#dependencies.conversations.get(conversation)?.exchanges ?? [];
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
