import * as vscode from 'vscode';
import { fitText } from '../../library/tool-text.ts';
import { isToolName, toolInputs } from '../../library/tool-inputs.ts';
import type { ToolName } from '../../library/tool-inputs.ts';
import type { ToolOutcome } from '../../service/protocol.ts';
import { shown } from '../shown.ts';
import { withSignal } from '../with-signal.ts';
import { folderRefusal } from './folder-refusal.ts';
import type { WindowFolders } from './folder-refusal.ts';

/** What the tools need of the window. */
export interface ToolHost {
  /** What is in the memory's folders; runs in its thread. */
  readonly run: (name: ToolName, input: unknown, signal: AbortSignal) => Promise<ToolOutcome>;
  readonly folders: () => WindowFolders;
}

/** Registers the language-model tools that the manifest declares: agents of the editor's chat call them. */
export function registerTools(host: ToolHost): vscode.Disposable {
  const names = Object.keys(toolInputs).filter(isToolName);
  return vscode.Disposable.from(...names.map((name) => vscode.lm.registerTool(name, new CodebaseTool(name, host))));
}

class CodebaseTool implements vscode.LanguageModelTool<unknown> {
  readonly #name: ToolName;
  readonly #host: ToolHost;

  constructor(name: ToolName, host: ToolHost) {
    this.#name = name;
    this.#host = host;
  }

  /** What the user is asked and told; the input may be anything that a model made up. */
  prepareInvocation({
    input,
  }: vscode.LanguageModelToolInvocationPrepareOptions<unknown>): vscode.PreparedToolInvocation {
    const { title, doing } = TEXTS[this.#name]();
    const subject = shown(subjectOf(input));
    const message =
      subject === ''
        ? vscode.l10n.t(
            'The memory of this workspace is read on this machine. Lines of files are handed to the model of this chat.',
          )
        : vscode.l10n.t(
            'The memory of this workspace is read on this machine. Lines of files are handed to the model of this chat: {0}',
            subject,
          );
    return {
      invocationMessage: plain(subject === '' ? doing : `${doing}: ${subject}`),
      confirmationMessages: { title, message: plain(message) },
    };
  }

  /** @throws an Error whose message is for the model */
  async invoke(
    { input, tokenizationOptions }: vscode.LanguageModelToolInvocationOptions<unknown>,
    token: vscode.CancellationToken,
  ): Promise<vscode.LanguageModelToolResult> {
    const refusal = folderRefusal(this.#host.folders());
    if (refusal !== undefined) throw new Error(refusal);
    const outcome = await withSignal(token, (signal) => this.#host.run(this.#name, input, signal));
    if (outcome.kind === 'refused') throw new Error(outcome.message);
    const { text, parts, tokens } = outcome;
    if (tokenizationOptions === undefined) return resultOf(text);
    const { tokenBudget } = tokenizationOptions;
    const count = (part: string) => tokenizationOptions.countTokens(part, token);
    const fitted = await fitText(parts, Math.min(tokens, tokenBudget), count);
    return resultOf(fitted.text);
  }
}

/** Names and questions are text, and no Markdown. */
const plain = (text: string) => new vscode.MarkdownString().appendText(text);

const resultOf = (text: string) => new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);

const TEXTS: Readonly<Record<ToolName, () => { readonly title: string; readonly doing: string }>> = {
  search_codebase: () => ({
    title: vscode.l10n.t('Search the codebase?'),
    doing: vscode.l10n.t('Searching the codebase'),
  }),
  read_lines: () => ({ title: vscode.l10n.t('Read lines of a file?'), doing: vscode.l10n.t('Reading lines') }),
  find_references: () => ({
    title: vscode.l10n.t('Find references of a name?'),
    doing: vscode.l10n.t('Finding references'),
  }),
  what_changed: () => ({
    title: vscode.l10n.t('Show what changed?'),
    doing: vscode.l10n.t('Comparing with a commit'),
  }),
};

/** Characters of an input that a user is shown. */
const SHOWN = 200;

/** What a call is about: a question, a path, a name or a commit. */
function subjectOf(input: unknown): string {
  if (typeof input !== 'object' || input === null) return '';
  for (const key of ['question', 'path', 'name', 'base']) {
    const value: unknown = Reflect.get(input, key);
    if (typeof value === 'string') return value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value;
  }
  return '';
}
