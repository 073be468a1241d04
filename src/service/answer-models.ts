import { AppError } from '../common/app-error.ts';
import * as l10n from '@vscode/l10n';
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
  /** A local model's name; undefined for any other. */
  readonly model: string | undefined;
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
    // One that was replaced in mid-answer is there still: a second process of a large model takes its memory twice.
    const open = [...this.#open].find((each) => each.key === name);
    const kept = open ?? {
      key: name,
      model: choice.kind === 'local' ? choice.name : undefined,
      opened: this.#opened(choice, key),
      answers: 0,
    };
    this.#open.add(kept);
    this.#replace(kept);
    kept.answers += 1;
    try {
      return await work((await this.#whole(kept)).model);
    } finally {
      kept.answers -= 1;
      this.#closeUnused(kept);
    }
  }

  /**
   * Closes a local model, so that its files can be removed: some systems remove no file that is open.
   *
   * @throws `answer-model/in-use` while it writes an answer
   */
  release(model: string): void {
    const open = [...this.#open].filter((each) => each.model === model);
    if (open.some(({ answers }) => answers > 0)) {
      throw new AppError(
        'answer-model/in-use',
        l10n.t('This model is writing an answer. Stop the answer or wait for its end, then remove the model.'),
      );
    }
    this.#replace(undefined);
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

  #replace(kept: Kept | undefined): void {
    const before = this.#last;
    this.#last = kept;
    if (before && before !== kept) this.#closeUnused(before);
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
      this.#open.delete(kept);
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
