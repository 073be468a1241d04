import * as vscode from 'vscode';
import type { Amounts } from '../../common/number-format.ts';
import type { MemoryTotals } from '../memory-view/memory-totals.ts';
import { statusText } from './status-text.ts';
import { statusTooltip, tooltipCommands } from './status-tooltip.ts';
import type { WorkspaceMemory } from '../workspace-memory.ts';

/** Milliseconds between two changes of the item: a number that changes faster cannot be read. */
const PACE = 500;

/** The one item of the status bar: what the memory does, and the way to its actions. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('askCodebase.status', vscode.StatusBarAlignment.Left, 0);
  readonly #memory: WorkspaceMemory;
  readonly #totals: MemoryTotals;
  readonly #amounts: Amounts;
  readonly #subscriptions: vscode.Disposable[];
  #timer: NodeJS.Timeout | undefined;
  #shown = 0;

  constructor(memory: WorkspaceMemory, totals: MemoryTotals, amounts: Amounts) {
    this.#memory = memory;
    this.#totals = totals;
    this.#amounts = amounts;
    this.#item.name = 'Ask Codebase';
    this.#item.command = 'askCodebase.showActions';
    const changed = () => {
      this.#schedule();
    };
    this.#subscriptions = [memory.onDidChange(changed), totals.onDidChange(changed)];
    this.#show();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    vscode.Disposable.from(this.#item, ...this.#subscriptions).dispose();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#show();
      },
      Math.max(0, this.#shown + PACE - Date.now()),
    );
  }

  #show(): void {
    this.#timer = undefined;
    this.#shown = Date.now();
    const { status, states, description } = this.#memory;
    const shown = statusText(status, this.#amounts);
    if (!shown) {
      this.#item.hide();
      return;
    }
    this.#item.text = shown.text;
    this.#item.accessibilityInformation = { label: shown.label, role: 'button' };
    const warning = new vscode.ThemeColor('statusBarItem.warningBackground');
    this.#item.backgroundColor = shown.tone === 'warning' ? warning : undefined;
    const digest = this.#totals.digest;
    const { isTrusted } = vscode.workspace;
    const facts = { status, folders: states, digest, description, isTrusted };
    const tooltip = new vscode.MarkdownString(statusTooltip(facts, this.#amounts));
    tooltip.isTrusted = { enabledCommands: tooltipCommands };
    this.#item.tooltip = tooltip;
    this.#item.show();
  }
}
