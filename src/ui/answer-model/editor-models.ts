import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { AppError, stackOf } from '../../common/app-error.ts';
import type { Handlers } from '../../common/rpc/server.ts';
import type { EditorChoice, EditorGeneration, HostCalls } from '../../service/protocol.ts';
import { VENDOR } from '../participant/memory-model.ts';
import { shownLines } from '../shown.ts';

/** Characters of a token, at most; the editor's models take no limit of an answer that all of them know. */
const TOKEN_LENGTH = 10;

/**
 * The models that other extensions offer. Asking for the list sends nothing, and asks nobody. The memory is a model of
 * the editor too, and would ask itself for ever.
 */
export async function editorModels(): Promise<readonly vscode.LanguageModelChat[]> {
  const models = (await vscode.lm.selectChatModels()).filter(({ vendor }) => vendor !== VENDOR);
  return models.toSorted((a, b) => a.vendor.localeCompare(b.vendor) || a.name.localeCompare(b.name));
}

/** What the memory's thread may have done by the editor's models: they can be reached from here alone. */
export function editorModelHandlers(log: vscode.LogOutputChannel): Handlers<HostCalls> {
  return {
    describeModel: async (choice) => {
      const { name, maxInputTokens } = await find(choice);
      return { name, contextTokens: maxInputTokens };
    },
    generate: async (generation, { signal, emit }) => {
      const model = await find(generation.model);
      const source = new vscode.CancellationTokenSource();
      signal.addEventListener('abort', () => {
        source.cancel();
      });
      try {
        return await stream(model, generation, source.token, (text) => {
          emit({ kind: 'token', text });
        });
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof AppError) throw error;
        log.warn(shownLines(`${model.name}: ${stackOf(error)}`));
        throw failureOf(error, model.name);
      } finally {
        // An answer that was cut would go on at its vendor, and be paid for.
        source.cancel();
        source.dispose();
      }
    },
  };
}

async function find({ vendor, id }: EditorChoice): Promise<vscode.LanguageModelChat> {
  const [model] = vendor === VENDOR ? [] : await vscode.lm.selectChatModels({ vendor, id });
  if (model) return model;
  throw new AppError(
    'answer-model/no-model',
    l10n.t('The editor does not offer the model {0} of {1} now. Choose another answer model.', id, vendor),
  );
}

/** VS Code asks its user, the first time, whether this extension may use the model. */
async function stream(
  model: vscode.LanguageModelChat,
  { messages, maxTokens }: EditorGeneration,
  token: vscode.CancellationToken,
  onText: (text: string) => void,
) {
  const began = performance.now();
  const sent = messages.map(({ role, content }) =>
    role === 'assistant'
      ? vscode.LanguageModelChatMessage.Assistant(content)
      : vscode.LanguageModelChatMessage.User(content),
  );
  const justification = l10n.t('To answer your question. The question and lines of the workspace’s files are sent.');
  const response = await model.sendRequest(sent, { justification }, token);
  let text = '';
  let tokens = 0;
  let first: number | undefined;
  let ending: 'stop' | 'length' = 'stop';
  for await (const piece of response.text) {
    first ??= performance.now();
    text += piece;
    tokens += 1;
    onText(piece);
    if (text.length > TOKEN_LENGTH * maxTokens) {
      ending = 'length';
      break;
    }
  }
  if (token.isCancellationRequested) throw new DOMException('The answer was cancelled.', 'AbortError');
  if (text.trim() === '') {
    const empty = l10n.t('{0} ended without an answer. Ask again, or choose another answer model.', model.name);
    throw new AppError('answer-model/refused', empty);
  }
  const ended = performance.now();
  const prefillMs = (first ?? ended) - began;
  return { text, ending, promptTokens: 0, tokens, prefillMs, decodeMs: ended - (first ?? ended) };
}

function failureOf(error: unknown, name: string): AppError {
  const code = error instanceof vscode.LanguageModelError ? error.code : undefined;
  if (code === vscode.LanguageModelError.NoPermissions.name) {
    const message = l10n.t(
      '{0} may not be used by Ask Codebase, so nothing was sent. Choose another answer model.',
      name,
    );
    return new AppError('answer-model/not-allowed', message, error);
  }
  if (code === vscode.LanguageModelError.Blocked.name) {
    const message = l10n.t('{0} takes no more questions now. Ask again later, or choose another answer model.', name);
    return new AppError('answer-model/refused', message, error);
  }
  const message = l10n.t('{0} failed; the log says why. Ask again, or choose another answer model.', name);
  return new AppError('answer-model/refused', message, error);
}
