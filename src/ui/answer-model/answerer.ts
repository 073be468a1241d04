import * as vscode from 'vscode';
import { chosenModel } from '../../answer-model/chosen-model.ts';
import type { ServerChoice } from '../../answer-model/chosen-model.ts';
import { AppError } from '../../common/app-error.ts';
import type { Answerer } from '../../service/protocol.ts';
import { confirm } from '../notice.ts';
import { readSettings } from '../settings.ts';

const ALLOWED = 'askCodebase.allowedAddresses';

/** Who answers, as the settings say, and what its owner has agreed to. */
export class AnswererSettings {
  readonly #context: vscode.ExtensionContext;

  constructor(context: vscode.ExtensionContext) {
    this.#context = context;
  }

  /**
   * Who answers the next question; asks first where that sends text off the machine to an address that is new.
   *
   * @throws `answer-model/choice`, `answer-model/not-allowed`
   */
  async forQuestion(): Promise<Answerer> {
    const choice = chosenModel(readSettings().answerModel);
    if (choice.kind !== 'server') return { choice };
    if (!(await this.agree(choice))) {
      const message = vscode.l10n.t('Nothing was sent to {0}. Choose another answer model.', choice.address);
      throw new AppError('answer-model/not-allowed', message);
    }
    return { choice, key: await this.keyFor(choice) };
  }

  /** Whether text may go to a server: this machine's own without a question, any other once its user has said so. */
  async agree({ address, origin, isLoopback, baseUrl }: ServerChoice): Promise<boolean> {
    if (isLoopback) return true;
    const allowed = this.#allowed();
    if (allowed.includes(origin)) return true;
    const question = vscode.l10n.t('Send questions and lines of your files to {0}?', address);
    const detail = baseUrl.startsWith('http:')
      ? vscode.l10n.t(
          'It is not this machine, and nothing is encrypted on the way. You are asked once for each address.',
        )
      : vscode.l10n.t('It is not this machine. You are asked once for each address.');
    if (!(await confirm(question, vscode.l10n.t('Send'), detail))) return false;
    // Of this machine: what was agreed to here does not go to others with the settings.
    await this.#context.globalState.update(ALLOWED, [...allowed, origin]);
    return true;
  }

  keyFor({ origin }: ServerChoice): Thenable<string | undefined> {
    return this.#context.secrets.get(keyName(origin));
  }

  async keep({ origin }: ServerChoice, key: string): Promise<void> {
    await this.#context.secrets.store(keyName(origin), key);
  }

  #allowed(): readonly string[] {
    const kept = this.#context.globalState.get<unknown>(ALLOWED);
    return Array.isArray(kept) ? kept.filter((address): address is string => typeof address === 'string') : [];
  }
}

const keyName = (origin: string) => `askCodebase.answerModelKey:${origin}`;
