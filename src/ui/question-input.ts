import * as vscode from 'vscode';
import type { PlacedLines } from '../answer/excerpt.ts';
import type { QuestionScope } from '../service/protocol.ts';
import type { ChatView } from './chat/view.ts';
import { inform } from './notice.ts';
import type { WorkspacePath } from './place.ts';
import { shown } from './shown.ts';
import type { WorkspaceMemory } from './workspace-memory.ts';

const everything: QuestionScope = { base: { kind: 'workspace' }, terms: '' };

/** The commands that begin a question outside the chat: each asks for the words and hands them to the chat. */
export class QuestionInput {
  readonly #memory: WorkspaceMemory;
  readonly #chat: ChatView;
  readonly #log: vscode.LogOutputChannel;

  constructor(memory: WorkspaceMemory, chat: ChatView, log: vscode.LogOutputChannel) {
    this.#memory = memory;
    this.#chat = chat;
    this.#log = log;
  }

  /** @param question asked at once where a keybinding or another extension gives it */
  async ask(question?: unknown): Promise<void> {
    if (typeof question === 'string' && question.trim() !== '') await this.#chat.ask(question, everything);
    else await this.#input(everything, vscode.l10n.t('Ask about the whole workspace'));
  }

  /** The selected lines go with the question and are read first, whatever the ranking finds beside them. */
  async askSelection(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const place = editor && this.#memory.placeOf(editor.document.uri);
    if (!editor || !place) {
      inform(vscode.l10n.t('Open a file of the workspace and select some lines.'));
      return;
    }
    const path = this.#memory.places.shown(place);
    const { start, end } = editor.selection;
    // A selection that ends before the first character of a line does not mean that line.
    const last = end.line > start.line && end.character === 0 ? end.line : end.line + 1;
    const lines = last > start.line + 1 ? `${start.line + 1}-${last}` : `${start.line + 1}`;
    const selection = { path, start: start.line + 1, end: last };
    await this.#input(everything, vscode.l10n.t('Ask about {0}', `${path}:${lines}`), selection);
  }

  /** The files and folders that are selected in the explorer; `clicked` alone where none are. */
  async askFiles(clicked: unknown, selected: unknown): Promise<void> {
    const uris = Array.isArray(selected) && selected.length > 0 ? selected : [clicked];
    const places = uris.flatMap((uri) => (uri instanceof vscode.Uri ? (this.#memory.placeOf(uri) ?? []) : []));
    const [first] = places;
    if (!first) {
      inform(vscode.l10n.t('Choose a file or a folder of the workspace.'));
      return;
    }
    const paths = places.map((place) => this.#memory.places.shown(place));
    const title =
      paths.length === 1
        ? vscode.l10n.t('Ask about {0}', paths[0] || first.folder.name)
        : vscode.l10n.t('Ask about {0} files and folders', paths.length);
    await this.#input(await this.#scopeOf(places), title);
  }

  async #scopeOf(places: readonly WorkspacePath[]): Promise<QuestionScope> {
    const pathOf = (place: WorkspacePath) => this.#memory.places.shown(place);
    const [first] = places;
    if (places.length === 1 && first) {
      if (pathOf(first) === '') return everything;
      const { type } = await vscode.workspace.fs.stat(this.#memory.uriOf(first));
      if ((type & vscode.FileType.Directory) !== 0) return { base: { kind: 'folder', path: pathOf(first) }, terms: '' };
    }
    return { base: { kind: 'files', paths: places.map(pathOf) }, terms: '' };
  }

  async #input(scope: QuestionScope, title: string, selection?: PlacedLines): Promise<void> {
    if (this.#memory.folders.length === 0) {
      inform(vscode.l10n.t('Open a folder, and its files can be asked about.'));
      return;
    }
    // The model loads while the question is written.
    this.#memory.service.warm().catch((error: unknown) => {
      this.#log.warn(`The model could not be loaded early: ${String(error)}`);
    });
    const question = await vscode.window.showInputBox({
      title: shown(title),
      prompt: vscode.l10n.t('The answer is written in the chat, from the files on this machine.'),
      placeHolder: vscode.l10n.t('Where is … decided?'),
      ignoreFocusOut: true,
    });
    if (question !== undefined && question.trim() !== '') await this.#chat.ask(question, scope, selection);
  }
}
