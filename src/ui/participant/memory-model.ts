import * as vscode from 'vscode';
import { code } from '../../chat/markdown.ts';
import { participantStrings } from './strings.ts';
import { answerTurn } from './turn.ts';
import type { TurnHost, TurnRequest } from './turn.ts';
import type { TurnOutput } from './turn-writer.ts';
import { withSignal } from '../with-signal.ts';

/** Of the manifest. */
export const VENDOR = 'ask-codebase';
/** Characters of a token, about: the chat only wants to know whether a text fits. */
const CHARACTERS = 4;

const MODEL = {
  id: 'codebase-memory',
  name: 'Ask Codebase',
  family: 'codebase-memory',
  version: '1',
  maxInputTokens: 8_192,
  maxOutputTokens: 1_024,
  // In its usual mode the chat lists no model that takes no tools. This one is given them, and calls none.
  capabilities: { toolCalling: true },
} as const;

type MemoryModelHost = Pick<TurnHost, 'ask' | 'recall' | 'tool' | 'folders'>;

/**
 * Offers the memory as a model of the editor's chat. The chat refuses a participant where it has no model at all
 * ("Language model unavailable"), so without this `@codebase-memory` would need somebody else's.
 */
export function offerMemoryModel(host: MemoryModelHost): vscode.Disposable {
  const strings = participantStrings();
  const registered = vscode.lm.registerLanguageModelChatProvider(VENDOR, {
    provideLanguageModelChatInformation: () => [
      { ...MODEL, tooltip: strings.model, detail: vscode.l10n.t('on this machine') },
    ],
    provideLanguageModelChatResponse: async (_, messages, __, progress, token) => {
      const write = (text: string) => {
        progress.report(new vscode.LanguageModelTextPart(text));
      };
      const output: TurnOutput = {
        progress: () => undefined,
        markdown: write,
        reference: () => undefined,
        link: (_place, label) => {
          write(code(label));
        },
        button: () => undefined,
      };
      const asked = requestOf(messages);
      const result = await withSignal(token, (signal) => answerTurn(asked, { ...host, strings }, output, signal));
      if (result.kind === 'nothing') write(result.message);
    },
    provideTokenCount: (_, text) => Promise.resolve(Math.ceil(textOf(text).length / CHARACTERS)),
  });
  // The chat takes a model in when somebody asks for the list, and refuses a first question that comes before.
  void vscode.lm.selectChatModels({ vendor: VENDOR });
  return registered;
}

/** The last message is the question; what came before it is the conversation. */
function requestOf(messages: readonly vscode.LanguageModelChatRequestMessage[]): TurnRequest {
  const history: { question: string; answer: string }[] = [];
  let question = '';
  for (const message of messages) {
    const text = textOf(message);
    if (message.role === vscode.LanguageModelChatMessageRole.User) question = text;
    else history.push({ question, answer: text });
  }
  return { command: undefined, prompt: question, history, terms: '', compared: [], paths: [], selection: undefined };
}

function textOf(message: string | vscode.LanguageModelChatRequestMessage): string {
  if (typeof message === 'string') return message;
  return message.content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
}
