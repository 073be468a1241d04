import * as vscode from 'vscode';
import type { Folder } from '../../service/protocol.ts';
import type { Amounts } from '../../common/number-format.ts';
import { digestLine, rememberedCount } from './digest.ts';
import { FileTree } from './file-tree.ts';
import type { FileFilter, TreeNode } from './file-tree.ts';
import type { MemoryTotals } from './memory-totals.ts';
import { shown } from '../shown.ts';
import { treeItem } from './tree-item.ts';
import type { WorkspaceMemory } from '../workspace-memory.ts';

/** A row of the tree: a folder or a file of one root; a root is its folder ''. */
export interface MemoryNode {
  readonly folder: Folder;
  readonly node: TreeNode;
}

/** Milliseconds in which somebody who asked for the view still means to be in it. */
const ENTERING = 2_000;

/** Every file that was seen, by folder: what is remembered, what is left out and why. */
export class MemoryTree implements vscode.TreeDataProvider<MemoryNode>, vscode.Disposable {
  readonly #memory: WorkspaceMemory;
  readonly #totals: MemoryTotals;
  readonly #amounts: Amounts;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #filtered = new vscode.EventEmitter<void>();
  readonly #view: vscode.TreeView<MemoryNode>;
  readonly #subscriptions: vscode.Disposable[];
  readonly #trees = new Map<string, FileTree>();
  #filter: FileFilter = 'all';
  #status = '';
  /** Until when rows that appear take the keyboard. */
  #entering = 0;
  #watching: vscode.Disposable | undefined;
  #building = new AbortController();

  readonly onDidChangeTreeData = this.#changed.event;
  readonly onDidChangeFilter = this.#filtered.event;

  constructor(memory: WorkspaceMemory, totals: MemoryTotals, amounts: Amounts) {
    this.#memory = memory;
    this.#totals = totals;
    this.#amounts = amounts;
    this.#view = vscode.window.createTreeView('askCodebase.memory', {
      treeDataProvider: this,
      showCollapseAll: true,
      canSelectMany: true,
    });
    this.#subscriptions = [
      this.#view.onDidChangeVisibility(({ visible }) => {
        this.#watch(visible);
      }),
      totals.onDidChange(() => {
        void this.#build();
      }),
      memory.onDidChange(() => {
        const { kind } = memory.status;
        if (kind !== this.#status) this.#head();
        this.#status = kind;
      }),
    ];
    this.#watch(this.#view.visible);
  }

  get filter(): FileFilter {
    return this.#filter;
  }

  set filter(filter: FileFilter) {
    this.#filter = filter;
    this.#filtered.fire();
    void this.#build();
  }

  /** Rows that are selected: what a command is for that was not started from a row. */
  get selection(): readonly MemoryNode[] {
    return this.#view.selection;
  }

  getTreeItem({ folder, node }: MemoryNode): vscode.TreeItem {
    return treeItem(folder, node, this.#amounts);
  }

  getChildren(of?: MemoryNode): MemoryNode[] {
    if (of) return this.#children(of.folder, of.node.kind === 'folder' ? of.node.path : '');
    const roots = this.#memory.folders.filter(({ root }) => this.#trees.has(root));
    const [only] = roots;
    if (roots.length === 1 && only && this.#memory.folders.length === 1) return this.#children(only, '');
    // A root where nothing was seen has no row: where none has one, the welcome text says why.
    return roots.flatMap((folder) => {
      const node = this.#trees.get(folder.root)?.folder('');
      return node && node.files > 0 ? [{ folder, node }] : [];
    });
  }

  /** What a row lies in; undefined for the outermost ones. */
  getParent({ folder, node }: MemoryNode): MemoryNode | undefined {
    const path = node.kind === 'file' ? node.file.path : node.path;
    const above = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (path === '' || (above === '' && this.#memory.folders.length === 1)) return undefined;
    const found = this.#trees.get(folder.root)?.folder(above);
    return found && { folder, node: found };
  }

  /**
   * Shows the view, with the keyboard on a row: what has just been unfolded has none yet, and VS Code then focuses
   * nothing.
   */
  async show(): Promise<void> {
    this.#entering = Date.now() + ENTERING;
    await vscode.commands.executeCommand('askCodebase.memory.focus');
    await this.#totals.look();
  }

  dispose(): void {
    this.#building.abort();
    this.#watch(false);
    vscode.Disposable.from(this.#view, this.#changed, this.#filtered, ...this.#subscriptions).dispose();
  }

  #children(folder: Folder, path: string): MemoryNode[] {
    return (this.#trees.get(folder.root)?.children(path) ?? []).map((node) => ({ folder, node }));
  }

  /** Nobody looks at a tree that is not visible, so nothing is asked for it. */
  #watch(visible: boolean): void {
    if (visible) this.#watching ??= this.#totals.watch();
    else {
      this.#watching?.dispose();
      this.#watching = undefined;
    }
    if (visible) void this.#build();
  }

  async #build(): Promise<void> {
    if (!this.#view.visible) return;
    this.#building.abort();
    const building = new AbortController();
    this.#building = building;
    const built = new Map<string, FileTree>();
    try {
      for (const { folder, files } of this.#totals.facts) {
        built.set(folder.root, await FileTree.build(files, this.#filter, building.signal));
      }
    } catch (error) {
      if (building.signal.aborted) return;
      throw error;
    }
    this.#trees.clear();
    for (const [root, tree] of built) this.#trees.set(root, tree);
    this.#head();
    this.#changed.fire();
    await this.#enter();
  }

  /** Puts the keyboard on a row for somebody who has just come in. */
  async #enter(): Promise<void> {
    const [row] = this.selection.length > 0 ? this.selection : this.getChildren();
    if (!row || Date.now() > this.#entering) return;
    this.#entering = 0;
    await this.#view.reveal(row, { focus: true, select: false });
  }

  /** What stands beside the title and above the rows; nothing where the welcome text has the word. */
  #head(): void {
    const digest = this.#totals.digest;
    const { status } = this.#memory;
    const empty = !digest || digest.remembered + digest.skipped + digest.failed === 0;
    this.#view.description = empty ? '' : rememberedCount(digest, this.#amounts);
    if (empty) this.#view.message = '';
    else if (status.kind === 'failed') this.#view.message = shown(status.message);
    else {
      const named = filterNames().find(({ filter }) => filter === this.#filter && filter !== 'all');
      const line = digestLine(digest, this.#amounts);
      this.#view.message = named ? `${line} · ${vscode.l10n.t('Shown: {0}', named.label)}` : line;
    }
  }
}

/** The filters with what people call them. */
export function filterNames(): { readonly filter: FileFilter; readonly label: string }[] {
  return [
    { filter: 'all', label: vscode.l10n.t('All files') },
    { filter: 'ingested', label: vscode.l10n.t('Remembered files') },
    { filter: 'skipped', label: vscode.l10n.t('Files that were left out') },
    { filter: 'failed', label: vscode.l10n.t('Files that could not be read') },
  ];
}
