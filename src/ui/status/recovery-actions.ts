import * as vscode from 'vscode';
import type { Action } from '../../common/error-codes.ts';
import { inform } from '../notice.ts';
import { readSettings } from '../settings.ts';
import type { WorkspaceMemory } from '../workspace-memory.ts';

/** The one thing that repairs a failure, as a button does it. */
export class RecoveryActions {
  readonly #context: vscode.ExtensionContext;
  readonly #memory: WorkspaceMemory;
  readonly #log: vscode.LogOutputChannel;

  constructor(context: vscode.ExtensionContext, memory: WorkspaceMemory, log: vscode.LogOutputChannel) {
    this.#context = context;
    this.#memory = memory;
    this.#log = log;
  }

  async run(action: Action): Promise<void> {
    const { executeCommand } = vscode.commands;
    switch (action) {
      case 'retry':
      case 'refresh':
        await this.#memory.refreshAll();
        break;
      case 'resume':
        await this.#memory.service.resume();
        break;
      case 'show-memory':
        await executeCommand('askCodebase.showMemory');
        break;
      case 'open-folder':
        await executeCommand('workbench.action.files.openFolder');
        break;
      case 'restore-model':
        // A folder of the user's own is theirs to repair; else the model came with the extension, which brings it back.
        if (ownModel()) await executeCommand('workbench.action.openSettings', 'askCodebase.modelsFolder');
        else await executeCommand('workbench.extensions.search', `@id:${this.#context.extension.id}`);
        break;
      case 'choose-model':
        await executeCommand('askCodebase.chooseAnswerModel');
        break;
      case 'update':
        await executeCommand('workbench.extensions.search', `@id:${this.#context.extension.id}`);
        break;
      case 'free-space':
      case 'show-folder':
        await this.#showFolder();
        break;
      case 'all-files':
      case 'open-log':
      case 'none':
        this.#log.show();
    }
  }

  /** Where memories lie. A window in a browser cannot open a folder of the machine, so it names it. */
  async #showFolder(): Promise<void> {
    const { globalStorageUri } = this.#context;
    try {
      await vscode.commands.executeCommand('revealFileInOS', globalStorageUri);
    } catch {
      inform(vscode.l10n.t('Memories lie in {0}.', globalStorageUri.fsPath));
    }
  }
}

const ownModel = () => readSettings().modelsFolder !== '';

/** What the button says; undefined where there is none. */
export function recoveryLabel(action: Action): string | undefined {
  switch (action) {
    case 'retry':
    case 'refresh':
      return vscode.l10n.t('Try Again');
    case 'resume':
      return vscode.l10n.t('Resume Indexing');
    case 'show-memory':
      return vscode.l10n.t('Show Memory');
    case 'open-folder':
      return vscode.l10n.t('Open Folder');
    case 'open-log':
      return vscode.l10n.t('Open Log');
    case 'restore-model':
      return ownModel() ? vscode.l10n.t('Open Settings') : vscode.l10n.t('Show Extension');
    case 'choose-model':
      return vscode.l10n.t('Choose Answer Model…');
    case 'update':
      return vscode.l10n.t('Show Extension');
    case 'free-space':
    case 'show-folder':
      return vscode.l10n.t('Show Folder');
    case 'all-files':
    case 'none':
      return undefined;
  }
}
