import type { AnswerModel } from '../answer-model/answer-model.ts';
import { excerptTokens, profileOfContext } from '../answer-model/profile.ts';
import type { AnswerProfile } from '../answer-model/profile.ts';
import { ServerModel } from '../answer-model/server-model.ts';
import { withoutMarks } from '../answer-model/without-marks.ts';
import { openLocalModel } from '../answer-model/local-models.ts';
import type { OpenedModel, OpenOptions } from '../answer-model/local-models.ts';
import type { ChosenModel } from '../answer-model/chosen-model.ts';
import { homeFolder } from '../index/storage-path.ts';
import type { RpcClient } from '../common/rpc/client.ts';
import type { GenerateOptions } from '../engine/client/engine.ts';
import type { Message } from '../engine/generate/tokenizer.ts';
import type { Generated } from '../engine/protocol.ts';
import type { Answerer, EditorChoice, HostCalls } from './protocol.ts';

/** Tokens per second that a model of the editor is taken to read: none of them says. */
const EDITOR_RATE = 1_000;

/** A model with the answers that it writes now. */
interface Kept {
  readonly key: string;
  readonly opened: Promise<OpenedModel>;
  answers: number;
}

/** The answer models of the thread. The last one is kept: it knows how fast its server reads. */
export class AnswerModels {
  readonly #host: RpcClient<HostCalls>;
  readonly #engine: () => OpenOptions;
  /** The last one, and each that was replaced while it still writes an answer. */
  readonly #open = new Set<Kept>();
  #last: Kept | undefined;

  /** @param engine how a local model's engine is started now */
  constructor(host: RpcClient<HostCalls>, engine: () => OpenOptions) {
    this.#host = host;
    this.#engine = engine;
  }

  /**
   * Has a model do `work`, and keeps it open as long, whoever answers the next question. The built-in model is
   * undefined: the encoder's engine runs it.
   *
   * @throws `answer-model/…`, or what `work` throws
   */
  async use<T>(answerer: Answerer | undefined, work: (model: AnswerModel | undefined) => Promise<T>): Promise<T> {
    const { choice, key } = answerer ?? { choice: { kind: 'built-in' } };
    if (choice.kind === 'built-in') {
      // A large model's memory is given back.
      this.#replace(undefined);
      return work(undefined);
    }
    const name = JSON.stringify([choice, key]);
    const kept = this.#last?.key === name ? this.#last : this.#keep({ key: name, opened: this.#opened(choice, key) });
    kept.answers += 1;
    try {
      return await work((await this.#whole(kept)).model);
    } finally {
      kept.answers -= 1;
      this.#closeUnused(kept);
    }
  }

  /** Has every local model that is open overwrite what it keeps of the last prompt. */
  async forgetPrompt(): Promise<void> {
    await Promise.all(
      [...this.#open].map(async (kept) => {
        const opened = await kept.opened.catch(() => undefined);
        await opened?.forgetPrompt();
      }),
    );
  }

  /** Ends the processes of all local models at once, in mid-answer too. */
  close(): void {
    this.#last = undefined;
    for (const kept of this.#open) this.#end(kept);
  }

  #keep(begun: Omit<Kept, 'answers'>): Kept {
    const kept = { ...begun, answers: 0 };
    this.#open.add(kept);
    this.#replace(kept);
    return kept;
  }

  #replace(kept: Kept | undefined): void {
    const before = this.#last;
    this.#last = kept;
    if (before) this.#closeUnused(before);
  }

  #closeUnused(kept: Kept): void {
    if (kept !== this.#last && kept.answers === 0) this.#end(kept);
  }

  #end(kept: Kept): void {
    if (!this.#open.delete(kept)) return;
    void kept.opened.then(
      (opened) => {
        opened.close();
      },
      () => undefined,
    );
  }

  async #whole(kept: Kept): Promise<OpenedModel> {
    try {
      return await kept.opened;
    } catch (error) {
      // What kept it from being opened may be repaired by the next question.
      if (this.#last === kept) this.#last = undefined;
      throw error;
    }
  }

  async #opened(choice: Exclude<ChosenModel, { kind: 'built-in' }>, key: string | undefined): Promise<OpenedModel> {
    const nothing = { forgetPrompt: () => Promise.resolve(), close: () => undefined };
    switch (choice.kind) {
      case 'server':
        return { model: new ServerModel(choice, { key }), ...nothing };
      case 'editor':
        return { model: new EditorModel(choice, this.#host), ...nothing };
      case 'local':
        return openLocalModel(homeFolder(), choice.name, this.#engine());
    }
  }
}

/** A model that the editor offers. It runs in the host: another extension provides it. */
class EditorModel implements AnswerModel {
  readonly destination;
  readonly #choice: EditorChoice;
  readonly #host: RpcClient<HostCalls>;
  #name: string;
  #profile = profileOfContext(0);

  constructor(choice: EditorChoice, host: RpcClient<HostCalls>) {
    this.destination = { kind: 'editor', vendor: choice.vendor } as const;
    this.#choice = choice;
    this.#host = host;
    this.#name = choice.id;
  }

  get name(): string {
    return this.#name;
  }

  /** That of no context until `excerptTokens` has asked the editor. */
  get profile(): AnswerProfile {
    return this.#profile;
  }

  async excerptTokens(signal: AbortSignal | undefined): Promise<number> {
    const { name, contextTokens } = await this.#host.call('describeModel', this.#choice, { signal });
    this.#name = name;
    this.#profile = profileOfContext(contextTokens);
    return excerptTokens(this.#profile, EDITOR_RATE);
  }

  generate(messages: readonly Message[], { maxTokens, signal, onEvent }: GenerateOptions): Promise<Generated> {
    const sent = messages.map(({ role, content }) => ({ role, content: withoutMarks(content) }));
    return this.#host.call('generate', { model: this.#choice, messages: sent, maxTokens }, { signal, onEvent });
  }
}
