import * as vscode from 'vscode';
import type { Action } from '../service/protocol.ts';
import { readSettings } from './settings.ts';
import type { WorkspaceMemory } from './workspace-memory.ts';

/** The one thing that mends a failure, as a button does it. */
export class Mending {
  readonly #context: vscode.ExtensionContext;
  readonly #memory: WorkspaceMemory;
  readonly #log: vscode.LogOutputChannel;

  constructor(context: vscode.ExtensionContext, memory: WorkspaceMemory, log: vscode.LogOutputChannel) {
    this.#context = context;
    this.#memory = memory;
    this.#log = log;
  }

  async mend(action: Action): Promise<void> {
    const { executeCommand } = vscode.commands;
    switch (action) {
      case 'retry':
        await this.#memory.refreshAll();
        break;
      case 'restore-model':
        // A folder of the user's own is theirs to mend; else the model came with the extension, which brings it back.
        if (ownModel()) await executeCommand('workbench.action.openSettings', 'askCodebase.modelsFolder');
        else await executeCommand('workbench.extensions.search', `@id:${this.#context.extension.id}`);
        break;
      case 'free-space':
        await executeCommand('revealFileInOS', this.#context.globalStorageUri);
        break;
      case 'open-log':
      case 'none':
        this.#log.show();
    }
  }
}

const ownModel = () => readSettings().modelsFolder !== '';

/** What the button says; undefined where there is none. */
export function mendingLabel(action: Action): string | undefined {
  switch (action) {
    case 'retry':
      return vscode.l10n.t('Try Again');
    case 'open-log':
      return vscode.l10n.t('Open Log');
    case 'restore-model':
      return ownModel() ? vscode.l10n.t('Open Settings') : vscode.l10n.t('Show Extension');
    case 'free-space':
      return vscode.l10n.t('Show Folder');
    case 'none':
      return undefined;
  }
}
