import * as vscode from 'vscode';
import { chosenModel } from '../../answer-model/chosen-model.ts';
import type { ChosenModel, ServerChoice } from '../../answer-model/chosen-model.ts';
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
    if (!(await this.agree(choice))) {
      const message = vscode.l10n.t(
        'Nothing was sent to {0}. Choose another answer model.',
        awayFrom(choice)?.to ?? '',
      );
      throw new AppError('answer-model/not-allowed', message);
    }
    return choice.kind === 'server' ? { choice, key: await this.keyFor(choice) } : { choice };
  }

  /**
   * Whether text may go to a model: to one on this machine without a question, to any other once its user has said so.
   * VS Code itself asks about a model of another extension only where that extension wants it.
   */
  async agree(choice: ChosenModel): Promise<boolean> {
    const away = awayFrom(choice);
    if (away === undefined) return true;
    const allowed = this.#allowed();
    if (allowed.includes(away.kept)) return true;
    const question = vscode.l10n.t('Send questions and lines of your files to {0}?', away.to);
    if (!(await confirm(question, vscode.l10n.t('Send'), away.detail))) return false;
    // Of this machine: what was agreed to here does not go to others with the settings.
    await this.#context.globalState.update(ALLOWED, [...allowed, away.kept]);
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

/** Where text of a choice goes that leaves this program and this machine's servers; undefined where it does not. */
function awayFrom(choice: ChosenModel): { to: string; kept: string; detail: string } | undefined {
  if (choice.kind === 'editor') {
    const detail = vscode.l10n.t(
      'An extension offers this model and decides where the text goes. You are asked once for each vendor.',
    );
    return { to: choice.vendor, kept: `editor:${choice.vendor}`, detail };
  }
  if (choice.kind !== 'server' || choice.isLoopback) return undefined;
  const { address, origin, baseUrl } = choice;
  const detail = baseUrl.startsWith('http:')
    ? vscode.l10n.t('It is not this machine, and nothing is encrypted on the way. You are asked once for each address.')
    : vscode.l10n.t('It is not this machine. You are asked once for each address.');
  return { to: address, kept: origin, detail };
}

const keyName = (origin: string) => `askCodebase.answerModelKey:${origin}`;
