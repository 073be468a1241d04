import * as vscode from 'vscode';
import { isAppError, stackOf } from '../common/app-error.ts';
import { ACTIONS } from '../common/error-codes.ts';
import type { Action } from '../common/error-codes.ts';
import { listedActions } from './status/action-list.ts';
import type { Amounts } from '../common/number-format.ts';
import type { EditorWorkspace } from './chat/editor-workspace.ts';
import type { ModelPicker } from './answer-model/model-picker.ts';
import type { ChatView } from './chat/view.ts';
import type { Forgetting } from './memory-view/forgetting.ts';
import { filterNames } from './memory-view/memory-tree.ts';
import type { MemoryNode, MemoryTree } from './memory-view/memory-tree.ts';
import type { StoredMemoriesView } from './memory-view/stored-memories-view.ts';
import type { MemoryTotals } from './memory-view/memory-totals.ts';
import { recoveryLabel } from './status/recovery-actions.ts';
import type { RecoveryActions } from './status/recovery-actions.ts';
import { inform, warnOfFailure } from './notice.ts';
import type { WorkspacePath } from './place.ts';
import type { Provenance } from './marks/provenance.ts';
import type { QuestionInput } from './question-input.ts';
import { section } from './settings.ts';
import { shown, shownLines } from './shown.ts';
import { workspaceStatusSentence } from './status/status-text.ts';
import type { WorkspaceMemory } from './workspace-memory.ts';

export interface CommandParts {
  readonly context: vscode.ExtensionContext;
  readonly memory: WorkspaceMemory;
  readonly totals: MemoryTotals;
  readonly tree: MemoryTree;
  readonly stored: StoredMemoriesView;
  readonly chat: ChatView;
  readonly workspace: EditorWorkspace;
  readonly questions: QuestionInput;
  readonly forgetting: Forgetting;
  readonly provenance: Provenance;
  readonly recovery: RecoveryActions;
  readonly models: ModelPicker;
  readonly amounts: Amounts;
  readonly log: vscode.LogOutputChannel;
}

type Handler = (...args: unknown[]) => unknown;

/**
 * Every command, by what follows `askCodebase.` in its name. None is ever switched off by a state: each does what it
 * can.
 */
function table(parts: CommandParts): Readonly<Record<string, Handler>> {
  const { memory, totals, tree, stored, chat, questions, forgetting, provenance, recovery, log } = parts;
  return {
    ask: (question) => questions.ask(question),
    askSelection: () => questions.askSelection(),
    askFile: (clicked, selected) => questions.askFiles(clicked, selected),
    askFolder: (clicked, selected) => questions.askFiles(clicked, selected),
    askProblem: (uri, range, message) => questions.askProblem(uri, range, message),
    askTest: (clicked) => questions.askTest(clicked),
    askChanges: (...states) => questions.askChanges(...states),
    askLine: (clicked) => questions.askLine(clicked),
    moveChat: () => moveChat(),
    newConversation: () => chat.newConversation(),
    exportConversation: () => chat.exportMarkdown(),
    stop: () => {
      chat.stop();
    },
    showConversations: () => chat.showConversations(),
    deleteConversation: () => {
      chat.deleteConversation();
    },
    deleteAllConversations: () => chat.clear(),
    refresh: async () => {
      // Somebody who asks for a refresh wants the files read.
      if (memory.status.kind === 'paused') await memory.service.resume();
      await memory.refreshAll();
      void totals.look();
    },
    pause: () => memory.service.pause(),
    resume: () => memory.service.resume(),
    showMemory: () => tree.show(),
    showMemories: () => stored.show(),
    removeMemory: (clicked, selected) => stored.remove(clicked, selected),
    cleanMemories: () => stored.clean(),
    filterMemory: (filter) => chooseFilter(tree, filter),
    openFile: (row) => openFile(memory, row),
    openLines: (...place) => openLines(parts, place),
    forget: (clicked, selected) => forgetting.forget(placesOf(parts, clicked, selected)),
    readAgain: (clicked, selected) => forgetting.readAgain(placesOf(parts, clicked, selected)),
    hideMarks: () => {
      provenance.hide();
    },
    showMarks: () => {
      provenance.unhide();
    },
    chooseAnswerModel: () => parts.models.choose(),
    showActions: () => chooseAction(parts),
    repair: (action) => recovery.run(isAction(action) ? action : 'open-log'),
    openLog: () => {
      log.show();
    },
    openSettings: () =>
      vscode.commands.executeCommand('workbench.action.openSettings', `@ext:${parts.context.extension.id}`),
    openWalkthrough: () =>
      vscode.commands.executeCommand('workbench.action.openWalkthrough', `${parts.context.extension.id}#start`),
  };
}

/** Registers all commands; what one throws is told to whoever pressed it, once and with what repairs it. */
export function registerCommands(parts: CommandParts): vscode.Disposable {
  const registered = Object.entries(table(parts)).map(([name, handle]) =>
    vscode.commands.registerCommand(`${section}.${name}`, async (...args: unknown[]) => {
      try {
        await handle(...args);
      } catch (error) {
        await reportFailure(parts, error);
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

async function reportFailure({ recovery, log }: CommandParts, error: unknown): Promise<void> {
  log.error(shownLines(stackOf(error)));
  const known = isAppError(error);
  const message = known ? error.message : vscode.l10n.t('That did not work. The log has the details.');
  const action = known ? error.action : 'open-log';
  if ((await warnOfFailure(message, recoveryLabel(action))) === 'pressed') await recovery.run(action);
}

async function chooseAction({ memory, provenance, amounts }: CommandParts): Promise<void> {
  const { status } = memory;
  const recovery = status.kind === 'failed' ? recoveryLabel(status.action) : undefined;
  const items = listedActions(status, provenance.state, recovery).map((action) => ({
    label: `$(${action.icon}) ${action.label}`,
    action,
  }));
  const placeHolder = shown(workspaceStatusSentence(status, amounts));
  const chosen = await vscode.window.showQuickPick(items, { title: 'Ask Codebase', placeHolder });
  if (chosen) await vscode.commands.executeCommand(chosen.action.command, ...chosen.action.arguments);
}

/** @param wanted a filter's name, from a link that needs no choice */
async function chooseFilter(tree: MemoryTree, wanted: unknown): Promise<void> {
  const items = filterNames();
  const named = items.find(({ filter }) => filter === wanted);
  if (named) {
    tree.filter = named.filter;
    return;
  }
  const placeHolder = vscode.l10n.t('Which files are shown?');
  const chosen = await vscode.window.showQuickPick(items, { placeHolder });
  if (chosen) tree.filter = chosen.filter;
}

async function openFile(memory: WorkspaceMemory, row: unknown): Promise<void> {
  if (!isRow(row) || row.node.kind !== 'file') return;
  // Whoever may run a command may give it any row: only files of this workspace are opened.
  const folder = memory.folders.find(({ root }) => root === row.folder.root);
  const path = row.node.file.path;
  if (!folder || path.split('/').includes('..')) return;
  await vscode.commands.executeCommand('vscode.open', memory.uriOf({ folder, path }));
}

/**
 * The chat can lie in any container. Before VS Code 1.106 no extension may begin in the secondary side bar: what names
 * it there lands in the explorer. So the user moves it, which works in every version.
 */
async function moveChat(): Promise<void> {
  await vscode.commands.executeCommand('askCodebase.chat.focus');
  await vscode.commands.executeCommand('workbench.action.moveFocusedView', 'askCodebase.chat');
}

/** From a button of the editor's chat. Whoever may run a command may give it any path: none leads out of a root. */
async function openLines({ workspace }: CommandParts, [path, start, end]: readonly unknown[]): Promise<void> {
  if (typeof path !== 'string' || typeof start !== 'number' || typeof end !== 'number') return;
  if ((await workspace.show(path, start, end)) === 'shown') return;
  inform(vscode.l10n.t('{0} is not in this workspace any more.', path));
}

/** What a command is for: rows of the tree or files of the explorer, one that was clicked or all that are selected. */
function placesOf({ memory, tree }: CommandParts, clicked: unknown, selected: unknown): WorkspacePath[] {
  const many = Array.isArray(selected) && selected.length > 0 ? selected : clicked === undefined ? tree.selection : [];
  return (many.length > 0 ? many : [clicked]).flatMap((item: unknown): WorkspacePath[] => {
    if (isRow(item)) {
      return [{ folder: item.folder, path: item.node.kind === 'file' ? item.node.file.path : item.node.path }];
    }
    const place = item instanceof vscode.Uri ? memory.placeOf(item) : undefined;
    return place ? [place] : [];
  });
}

function isRow(value: unknown): value is MemoryNode {
  return typeof value === 'object' && value !== null && 'folder' in value && 'node' in value;
}

function isAction(value: unknown): value is Action {
  return ACTIONS.some((action) => action === value);
}
