import * as vscode from 'vscode';
import type { PlacedLines } from '../answer/excerpt.ts';
import type { QuestionScope } from '../service/protocol.ts';
import type { ChatView } from './chat/view.ts';
import { inform } from './notice.ts';
import { lineNumbers, linesOfRange } from './place.ts';
import type { WorkspacePath } from './place.ts';
import { shown } from './shown.ts';
import type { WorkspaceMemory } from './workspace-memory.ts';

const everything: QuestionScope = { base: { kind: 'workspace' }, terms: '' };

/** Characters of a message that a suggested question quotes. */
const LONGEST_MESSAGE = 300;

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
    await this.#lines({ path, ...linesOfRange(editor.selection) });
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

  /** The lines of a problem; its message stands in the field, so that it is only to be confirmed. */
  async askProblem(uri: unknown, range: unknown, message: unknown): Promise<void> {
    if (!(uri instanceof vscode.Uri) || !(range instanceof vscode.Range) || typeof message !== 'string') return;
    const text = message.replace(/\s+/g, ' ').slice(0, LONGEST_MESSAGE);
    await this.#about(uri, range, vscode.l10n.t('What causes “{0}”, and what would resolve it?', text));
  }

  /** A test of the Testing view, or the message of one that failed. */
  async askTest(clicked: unknown): Promise<void> {
    const { test, message } = testOf(clicked) ?? {};
    if (!test?.uri) {
      inform(vscode.l10n.t('This test names no file of the workspace.'));
      return;
    }
    const text = (message ?? '').replace(/\s+/g, ' ').slice(0, LONGEST_MESSAGE);
    const question =
      text === ''
        ? vscode.l10n.t('What does the test “{0}” check, and which code does it run?', test.label)
        : vscode.l10n.t('Why does the test “{0}” fail with “{1}”?', test.label, text);
    await this.#about(test.uri, test.range, question);
  }

  /** A line whose number was clicked. */
  async askLine(clicked: unknown): Promise<void> {
    if (typeof clicked !== 'object' || clicked === null) return;
    const uri: unknown = Reflect.get(clicked, 'uri');
    const line: unknown = Reflect.get(clicked, 'lineNumber');
    if (!(uri instanceof vscode.Uri) || typeof line !== 'number') return;
    await this.#about(uri, new vscode.Range(line - 1, 0, line - 1, 0));
  }

  /** Changed files of the source control view, one or several. */
  async askChanges(...states: readonly unknown[]): Promise<void> {
    const uris = states.flat().flatMap((state: unknown) => {
      const uri: unknown = typeof state === 'object' && state !== null ? Reflect.get(state, 'resourceUri') : undefined;
      return uri instanceof vscode.Uri ? [uri] : [];
    });
    await this.askFiles(uris[0], uris);
  }

  async #about(uri: vscode.Uri, range: vscode.Range | undefined, question?: string): Promise<void> {
    const place = this.#memory.placeOf(uri);
    if (!place) {
      inform(vscode.l10n.t('Choose a file or a folder of the workspace.'));
      return;
    }
    const path = this.#memory.places.shown(place);
    if (!range) {
      await this.#input(await this.#scopeOf([place]), vscode.l10n.t('Ask about {0}', path), undefined, question);
      return;
    }
    await this.#lines({ path, ...linesOfRange(range) }, question);
  }

  async #lines(selection: PlacedLines, question?: string): Promise<void> {
    const title = vscode.l10n.t('Ask about {0}', `${selection.path}:${lineNumbers(selection)}`);
    await this.#input(everything, title, selection, question);
  }

  async #scopeOf(places: readonly WorkspacePath[]): Promise<QuestionScope> {
    const pathOf = (place: WorkspacePath) => this.#memory.places.shown(place);
    const [first] = places;
    if (places.length === 1 && first) {
      if (pathOf(first) === '') return everything;
      // A change may be that a file is gone.
      const stat = await Promise.resolve(vscode.workspace.fs.stat(this.#memory.uriOf(first))).catch(() => undefined);
      if (((stat?.type ?? 0) & vscode.FileType.Directory) !== 0)
        return { base: { kind: 'folder', path: pathOf(first) }, terms: '' };
    }
    return { base: { kind: 'files', paths: places.map(pathOf) }, terms: '' };
  }

  /** @param suggested stands in the field and is selected, so that typing replaces it */
  async #input(scope: QuestionScope, title: string, selection?: PlacedLines, suggested?: string): Promise<void> {
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
      ...(suggested === undefined ? {} : { value: shown(suggested) }),
    });
    if (question !== undefined && question.trim() !== '') await this.#chat.ask(question, scope, selection);
  }
}

interface ClickedTest {
  readonly test: {
    readonly label: string;
    readonly uri: vscode.Uri | undefined;
    readonly range: vscode.Range | undefined;
  };
  readonly message?: string;
}

/** What the Testing view gives: a test, or a failure with its test and its message. */
function testOf(clicked: unknown): ClickedTest | undefined {
  if (typeof clicked !== 'object' || clicked === null) return undefined;
  const { test, message }: { test?: unknown; message?: unknown } = clicked;
  if (test !== undefined) {
    const known = testOf(test);
    const text = typeof message === 'object' && message !== null ? textOf(Reflect.get(message, 'message')) : undefined;
    return known && { ...known, ...(text === undefined ? {} : { message: text }) };
  }
  const label: unknown = Reflect.get(clicked, 'label');
  const uri: unknown = Reflect.get(clicked, 'uri');
  const range: unknown = Reflect.get(clicked, 'range');
  if (typeof label !== 'string') return undefined;
  return {
    test: {
      label,
      uri: uri instanceof vscode.Uri ? uri : undefined,
      range: range instanceof vscode.Range ? range : undefined,
    },
  };
}

/** A message is a text, or Markdown with its text as the value. */
function textOf(message: unknown): string | undefined {
  const text: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, 'value') : message;
  return typeof text === 'string' ? text : undefined;
}
