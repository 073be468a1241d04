import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { amounts } from './common/number-format.ts';
import { ChangeWatch } from './ui/watch/change-watch.ts';
import { EditorWorkspace } from './ui/chat/editor-workspace.ts';
import { AnswererSettings } from './ui/answer-model/answerer.ts';
import { ModelPicker } from './ui/answer-model/model-picker.ts';
import { ChatView } from './ui/chat/view.ts';
import { registerCommands } from './ui/commands.ts';
import { ContextKeys } from './ui/status/context-keys.ts';
import { FailureNotice } from './ui/status/failure-notice.ts';
import { Forgetting } from './ui/memory-view/forgetting.ts';
import { MemoryTotals } from './ui/memory-view/memory-totals.ts';
import { StoredMemoriesView } from './ui/memory-view/stored-memories-view.ts';
import { MemoryTree } from './ui/memory-view/memory-tree.ts';
import { RecoveryActions } from './ui/status/recovery-actions.ts';
import { offerMemoryModel } from './ui/participant/memory-model.ts';
import { registerParticipant } from './ui/participant/participant.ts';
import { Provenance } from './ui/marks/provenance.ts';
import { registerTools } from './ui/tools/codebase-tools.ts';
import { offerMcpServer } from './ui/tools/mcp-definition.ts';
import { offerProblemQuestions } from './ui/problem-actions.ts';
import { QuestionInput } from './ui/question-input.ts';
import { RecalledBadges } from './ui/marks/recalled-badges.ts';
import { offerLastChange } from './ui/marks/recalled-hover.ts';
import { RecalledMarks } from './ui/marks/recalled-marks.ts';
import { onSettingsChange, readSettings } from './ui/settings.ts';
import { StatusBar } from './ui/status/status-bar.ts';
import { SkippedDimming } from './ui/memory-view/tree-uri.ts';
import { UnsavedText } from './ui/watch/unsaved-text.ts';
import { WorkspaceMemory } from './ui/workspace-memory.ts';
import type { ChatService } from './chat/dependencies.ts';
import { toListed } from './chat/listed-files.ts';
import type { ServiceClient } from './service/client.ts';

let close: (() => Promise<unknown>) | undefined;

/** Puts the parts together. The memory's thread starts in the next turn of the loop, so that the editor never waits. */
export function activate(context: vscode.ExtensionContext): void {
  if (vscode.l10n.bundle) l10n.config({ contents: vscode.l10n.bundle });
  const log = vscode.window.createOutputChannel('Ask Codebase', { log: true });
  const numbers = amounts(vscode.env.language);
  const settings = readSettings();

  const memory = new WorkspaceMemory(context, log);
  const totals = new MemoryTotals(memory, log);
  const recovery = new RecoveryActions(context, memory, log);
  const provenance = new Provenance(memory);
  provenance.enabled = settings.provenanceMarks;
  const watch = new ChangeWatch(memory, log);
  const unsaved = new UnsavedText(memory, log);
  if (settings.unsavedText) unsaved.start();
  const { service } = memory;
  const answerers = new AnswererSettings(context);
  const models = new ModelPicker(service, answerers);
  /** What was saved or typed just before counts for what is asked now. */
  const flush = () => {
    watch.flush();
    unsaved.flush();
  };
  const folders = () => ({ all: vscode.workspace.workspaceFolders?.length ?? 0, onDisk: memory.folders.length });
  const asking: ChatService & Pick<ServiceClient, 'tool'> = {
    ask: async (question, onEvent, signal) => {
      flush();
      const { listedFiles } = readSettings();
      const asked = { ...question, answerer: await answerers.forQuestion() };
      await service.ask(asked, toListed(onEvent, listedFiles), signal);
    },
    tool: (name, input, signal) => {
      flush();
      return service.tool(name, input, signal);
    },
    recall: (question, scope, signal) => service.recall(question, scope, signal),
    evidence: (page, signal) => service.evidence(page, signal),
    warm: (signal) => service.warm(signal),
  };
  const workspace = new EditorWorkspace(memory);
  const chat = new ChatView({
    extensionUri: context.extensionUri,
    storage: context.storageUri,
    service: asking,
    workspace,
    onProvenance: (files) => {
      provenance.show(files);
    },
    onAction: (action) => recovery.run(action),
    log,
  });
  const tree = new MemoryTree(memory, totals, numbers);
  const stored = new StoredMemoriesView({
    memories: () => service.memories(),
    removeMemories: (names) => service.removeMemories(names),
    amounts: numbers,
    log,
  });
  const questions = new QuestionInput(memory, chat, log);
  const forgetting = new Forgetting(memory, totals, numbers, chat);

  const servers = new vscode.EventEmitter<void>();

  context.subscriptions.push(
    log,
    memory,
    totals,
    provenance,
    chat,
    tree,
    stored,
    unsaved,
    new StatusBar(memory, totals, numbers),
    new ContextKeys(memory, provenance, tree),
    new FailureNotice(memory, recovery),
    new RecalledBadges(provenance, numbers),
    new RecalledMarks(provenance, numbers),
    offerLastChange({
      provenance,
      places: () => memory.places,
      lastChange: (lines, signal) => memory.service.lastChange(lines, signal),
    }),
    watch,
    registerTools({ run: asking.tool, folders }),
    offerMemoryModel({ ...asking, folders }),
    registerParticipant({ ...asking, folders, memory, log, extensionUri: context.extensionUri }),
    offerProblemQuestions(memory),
    servers,
    offerMcpServer({ context, folders: () => memory.folders, onDidChange: servers.event }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      servers.fire();
    }),
    vscode.window.registerWebviewViewProvider(ChatView.viewType, chat),
    vscode.window.registerFileDecorationProvider(new SkippedDimming()),
    registerCommands({
      ...{
        context,
        memory,
        totals,
        tree,
        stored,
        chat,
        questions,
        forgetting,
        provenance,
        recovery,
        models,
        log,
        workspace,
      },
      amounts: numbers,
    }),
    memory.onDidChange(() => {
      chat.memories(memory.states.map(({ folder, state }) => ({ name: folder.name, state })));
    }),
    memory.onDidChangeFolders(() => {
      servers.fire();
      void chat.foldersChanged();
    }),
    onSettingsChange((changed) => {
      provenance.enabled = changed.provenanceMarks;
      if (changed.unsavedText) unsaved.start();
      else unsaved.stop();
      servers.fire();
      void memory.applySettings();
    }),
  );
  close = () => Promise.allSettled([chat.close(), memory.service.close()]);
  setImmediate(() => {
    void memory.start();
  });
}

/** Waits until everything is on disk and the model's process is gone. */
export async function deactivate(): Promise<void> {
  await close?.();
}
