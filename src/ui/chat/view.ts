import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Action } from '../../common/error-codes.ts';
import type { QuestionScope, MemoryState } from '../../service/protocol.ts';
import type { PlacedLines } from '../../answer/excerpt.ts';
import type { RankedFile } from '../../retrieve/ranked-files.ts';
import { confirm, inform } from '../notice.ts';
import { shown, shownLines } from '../shown.ts';
import { ChatController } from '../../chat/controller.ts';
import { pageHtml } from './html.ts';
import { findConversations } from '../../chat/find-conversations.ts';
import { conversationMarkdown } from '../../chat/markdown.ts';
import type { ChatService, ChatWorkspace, ChatStatus } from '../../chat/dependencies.ts';
import type { HostMessage } from '../../chat/protocol.ts';
import { TranscriptStore } from '../../chat/store.ts';
import { chatStrings, fill } from '../../chat/strings.ts';
import { transcriptFile } from './transcript-file.ts';

export interface ChatViewContext {
  readonly extensionUri: vscode.Uri;
  /** Where conversations are kept, `ExtensionContext.storageUri`; undefined keeps them in this window alone. */
  readonly storage: vscode.Uri | undefined;
  readonly service: ChatService;
  readonly workspace: ChatWorkspace & { readonly onDidChange: (then: () => void) => vscode.Disposable };
  /** What the last question brought back, and nothing for a conversation that has not begun. */
  readonly onProvenance: (files: readonly RankedFile[]) => void;
  /** Repairs a failure: everything but asking again. */
  readonly onAction: (action: Action) => Promise<void>;
  readonly log: vscode.LogOutputChannel;
}

/** The sidebar's chat in VS Code. The page comes and goes; what it shows lives in the controller. */
export class ChatView implements vscode.WebviewViewProvider, vscode.Disposable {
  static readonly viewType = 'askCodebase.chat';

  readonly #context: ChatViewContext;
  readonly #strings = chatStrings(l10n);
  readonly #controller: ChatController;
  readonly #subscription: vscode.Disposable;
  #view: vscode.WebviewView | undefined;
  /** '' where there is no conversation. */
  #title = '';

  constructor(context: ChatViewContext) {
    this.#context = context;
    const { service, workspace, onProvenance, log } = context;
    const strings = this.#strings;
    const store = new TranscriptStore(transcriptFile(context.storage), strings.interrupted, (error) => {
      log.error(fill(strings.notSaved, String(error)));
    });
    this.#controller = new ChatController({
      service,
      workspace,
      store,
      strings,
      post: (message) => {
        this.#post(message);
      },
      copy: (text) => {
        void vscode.env.clipboard.writeText(text);
      },
      onProvenance,
      act: context.onAction,
      notify: (message) => {
        inform(message);
      },
      openFolder: () => {
        void vscode.commands.executeCommand('workbench.action.files.openFolder');
      },
      history: () => {
        void this.showConversations();
      },
      onStatus: (status) => {
        this.#show(status);
      },
      log: (line) => {
        log.warn(shownLines(line));
      },
    });
    this.#subscription = workspace.onDidChange(() => {
      this.#controller.editorContextChanged();
    });
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    const { webview } = view;
    const { extensionUri } = this.#context;
    const built = vscode.Uri.joinPath(extensionUri, 'dist', 'media');
    webview.options = {
      enableScripts: true,
      localResourceRoots: [built, vscode.Uri.joinPath(extensionUri, 'media')],
    };
    webview.onDidReceiveMessage((message: unknown) => {
      void this.#controller.receive(message);
    });
    view.onDidDispose(() => {
      if (this.#view === view) this.#view = undefined;
    });
    view.description = this.#title;
    webview.html = pageHtml({
      cspSource: webview.cspSource,
      nonce: crypto.randomUUID().replaceAll('-', ''),
      script: webview.asWebviewUri(vscode.Uri.joinPath(built, 'chat.js')).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(built, 'chat.css')).toString(),
      language: vscode.env.language,
      title: this.#strings.transcript,
    });
  }

  /** Shows the chat, whether or not it was ever open, and asks. Settled when the question is put. */
  async ask(
    question: string,
    scope: QuestionScope = { base: { kind: 'workspace' }, terms: '' },
    selection?: PlacedLines,
  ): Promise<void> {
    await this.#reveal();
    await this.#controller.ask({ question, scope, selection });
  }

  async newConversation(): Promise<void> {
    this.#controller.newConversation();
    await this.#reveal();
    this.#post({ kind: 'focus' });
  }

  stop(): void {
    this.#controller.stop();
  }

  /** Opens the conversation that is shown as a Markdown document; saving it is the user's. */
  async exportMarkdown(): Promise<void> {
    const content = conversationMarkdown(this.#controller.current, this.#strings);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'markdown', content }));
  }

  /** Deletes the conversation that is shown. */
  deleteConversation(): void {
    this.#controller.delete(this.#controller.current.id);
  }

  /** How many conversations of this workspace quote or name one of these files, as they are shown. */
  quoting(paths: ReadonlySet<string>): Promise<number> {
    return this.#controller.quoting(paths);
  }

  deleteQuoting(paths: ReadonlySet<string>): Promise<void> {
    return this.#controller.deleteQuoting(paths);
  }

  /** Deletes all conversations, after a question. */
  async clear(): Promise<void> {
    const count = this.#controller.conversations.length;
    if (count === 0) return;
    const yes = l10n.t('Delete All');
    const question = l10n.t('Delete all {0} conversations of this workspace? This cannot be undone.', count);
    if (await confirm(question, yes)) this.#controller.clear();
  }

  /** Lists the conversations, to open one or to delete some. */
  async showConversations(): Promise<void> {
    await this.#controller.loaded;
    const bin = { iconPath: new vscode.ThemeIcon('trash'), tooltip: l10n.t('Delete') };
    const picker = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly id: string }>();
    const list = () => {
      const found = findConversations(this.#controller.conversations, picker.value);
      picker.items = found.map(({ conversation: { id, title, updated, exchanges }, snippet }) => ({
        id,
        label: shown(title),
        description: new Date(updated).toLocaleString(vscode.env.language, { dateStyle: 'medium', timeStyle: 'short' }),
        detail:
          snippet === undefined
            ? exchanges.length === 1
              ? l10n.t('1 question')
              : l10n.t('{0} questions', exchanges.length)
            : shown(snippet),
        // The list's own search sees titles alone, and would hide what an answer holds.
        alwaysShow: true,
        buttons: [bin],
      }));
    };
    list();
    picker.placeholder = l10n.t('Open a conversation, or search their questions and answers');
    picker.onDidChangeValue(list);
    picker.onDidTriggerItemButton(({ item }) => {
      this.#controller.delete(item.id);
      list();
    });
    picker.onDidAccept(() => {
      const [item] = picker.selectedItems;
      if (item) this.#controller.switchTo(item.id);
      picker.hide();
      void this.#reveal();
    });
    picker.onDidHide(() => {
      picker.dispose();
    });
    picker.show();
  }

  /** Where the memory of each folder stands; shown before the first question. */
  memories(memories: readonly { readonly name: string; readonly state: MemoryState }[]): void {
    this.#controller.memories(memories);
  }

  /** The workspace has other folders now. */
  async foldersChanged(): Promise<void> {
    await this.#controller.foldersChanged();
  }

  /** Settled when everything is on disk; to be waited for when the extension is deactivated. */
  async close(): Promise<void> {
    await this.#controller.close();
  }

  dispose(): void {
    this.#subscription.dispose();
    void this.#controller.close();
  }

  async #reveal(): Promise<void> {
    await vscode.commands.executeCommand(`${ChatView.viewType}.focus`);
  }

  #post(message: HostMessage): void {
    // A hidden page is gone; it asks for everything when it comes back.
    if (this.#view?.visible) void this.#view.webview.postMessage(message);
  }

  #show({ title, isAnswering }: ChatStatus): void {
    this.#title = title === undefined ? '' : shown(title);
    if (this.#view) this.#view.description = this.#title;
    const keys = { answering: isAnswering, begun: title !== undefined };
    for (const [key, value] of Object.entries(keys)) {
      void vscode.commands.executeCommand('setContext', `${ChatView.viewType}.${key}`, value);
    }
  }
}
