import * as vscode from 'vscode';
import type { MemoryTree } from '../memory-view/memory-tree.ts';
import type { Provenance } from '../marks/provenance.ts';
import type { WorkspaceMemory } from '../workspace-memory.ts';

/**
 * What menus and welcome texts depend on: `askCodebase.state` is the kind of the workspace's status,
 * `askCodebase.action` what would repair a failure, `askCodebase.marks` none, shown or hidden, `askCodebase.filter` the
 * tree's filter.
 */
export class ContextKeys implements vscode.Disposable {
  readonly #known = new Map<string, string>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(memory: WorkspaceMemory, provenance: Provenance, tree: MemoryTree) {
    const state = () => {
      const { status } = memory;
      this.#set('askCodebase.state', status.kind);
      this.#set('askCodebase.action', status.kind === 'failed' ? status.action : 'none');
    };
    const marks = () => {
      this.#set('askCodebase.marks', provenance.state);
    };
    const filter = () => {
      this.#set('askCodebase.filter', tree.filter);
    };
    this.#subscriptions = [memory.onDidChange(state), provenance.onDidChange(marks), tree.onDidChangeFilter(filter)];
    state();
    marks();
    filter();
  }

  dispose(): void {
    vscode.Disposable.from(...this.#subscriptions).dispose();
  }

  #set(key: string, value: string): void {
    if (this.#known.get(key) === value) return;
    this.#known.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }
}
