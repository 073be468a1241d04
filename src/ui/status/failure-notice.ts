import type * as vscode from 'vscode';
import { recoveryLabel } from './recovery-actions.ts';
import type { RecoveryActions } from './recovery-actions.ts';
import { warnOfFailure } from '../notice.ts';
import type { WorkspaceMemory } from '../workspace-memory.ts';

/** Tells of each failure that ended the reading once. The status bar and the views say it as long as it lasts. */
export class FailureNotice implements vscode.Disposable {
  readonly #memory: WorkspaceMemory;
  readonly #recovery: RecoveryActions;
  readonly #shownFailures = new Set<string>();
  readonly #subscription: vscode.Disposable;

  constructor(memory: WorkspaceMemory, recovery: RecoveryActions) {
    this.#memory = memory;
    this.#recovery = recovery;
    this.#subscription = memory.onDidChange(() => {
      this.#look();
    });
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #look(): void {
    const { status } = this.#memory;
    if (status.kind !== 'failed' || this.#shownFailures.has(status.message)) return;
    this.#shownFailures.add(status.message);
    const { message, action } = status;
    void warnOfFailure(message, recoveryLabel(action)).then((answer) => {
      if (answer === 'pressed') void this.#recovery.run(action);
    });
  }
}
