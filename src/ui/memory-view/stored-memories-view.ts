import * as vscode from 'vscode';
import type { Amounts } from '../../common/number-format.ts';
import type { Removal, StoredMemory } from '../../index/stored-memories.ts';
import { confirm, inform } from '../notice.ts';
import { shown } from '../shown.ts';

/** What the view needs of the memory's thread. */
interface StoredMemoriesHost {
  readonly memories: () => Promise<readonly StoredMemory[]>;
  readonly removeMemories: (names: readonly string[]) => Promise<readonly Removal[]>;
  readonly amounts: Amounts;
  readonly log: vscode.LogOutputChannel;
}

const DAY = 86_400_000;

/** All memories of this machine, also those whose folders are gone: what takes the space, and a way to free it. */
export class StoredMemoriesView implements vscode.TreeDataProvider<StoredMemory>, vscode.Disposable {
  readonly #host: StoredMemoriesHost;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #view: vscode.TreeView<StoredMemory>;
  readonly #subscription: vscode.Disposable;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(host: StoredMemoriesHost) {
    this.#host = host;
    this.#view = vscode.window.createTreeView('askCodebase.memories', { treeDataProvider: this, canSelectMany: true });
    this.#subscription = this.#view.onDidChangeVisibility(({ visible }) => {
      if (visible) this.#changed.fire();
    });
  }

  async getChildren(of?: StoredMemory): Promise<StoredMemory[]> {
    if (of) return [];
    const memories = [...(await this.#host.memories())];
    const bytes = memories.reduce((sum, memory) => sum + memory.bytes, 0);
    this.#view.description = memories.length > 0 ? this.#host.amounts.bytes(bytes) : '';
    return memories;
  }

  getTreeItem({
    name,
    title,
    folders,
    files,
    forgotten,
    bytes,
    createdMs,
    usedMs,
    state,
  }: StoredMemory): vscode.TreeItem {
    const { amounts } = this.#host;
    const item = new vscode.TreeItem(shown(title), vscode.TreeItemCollapsibleState.None);
    const size = amounts.bytes(bytes);
    const used = vscode.l10n.t('used {0}', daysAgo(usedMs));
    const gone = vscode.l10n.t('its folder is gone');
    const damaged = vscode.l10n.t('cannot be read: damaged, or made by another version');
    const note = state === 'gone' ? [gone] : state === 'unreadable' ? [damaged] : [];
    item.id = name;
    item.description = [size, used, ...note].join(' · ');
    item.iconPath = new vscode.ThemeIcon(state === 'kept' ? 'database' : 'warning');
    item.tooltip = [
      ...(folders.length > 0 ? folders.map(({ path }) => shown(path)) : [shown(name)]),
      ...note,
      files === 1 ? vscode.l10n.t('1 file, {0}', size) : vscode.l10n.t('{0} files, {1}', amounts.count(files), size),
      ...forgottenLines(forgotten, amounts),
      vscode.l10n.t('Begun {0}, {1}', daysAgo(createdMs), used),
    ].join('\n');
    item.contextValue = 'memory.stored';
    item.accessibilityInformation = { label: `${shown(title)}, ${[size, used, ...note].join(', ')}` };
    return item;
  }

  /** Shows the view, which is not there before somebody wants it. */
  async show(): Promise<void> {
    await vscode.commands.executeCommand('askCodebase.memories.focus');
    this.#changed.fire();
  }

  /** Asks first; rows that are selected, or the one that was clicked. */
  async remove(clicked: unknown, selected: unknown): Promise<void> {
    const rows = Array.isArray(selected) && selected.length > 0 ? selected : clicked ? [clicked] : this.#view.selection;
    const known = new Map((await this.#host.memories()).map((memory) => [memory.name, memory]));
    await this.#remove(rows.flatMap((row: unknown) => known.get(nameOf(row)) ?? []));
  }

  /** Removes all whose folders are gone. */
  async clean(): Promise<void> {
    const gone = (await this.#host.memories()).filter(({ state }) => state === 'gone');
    if (gone.length === 0) inform(vscode.l10n.t('Every memory belongs to a folder that is there.'));
    else await this.#remove(gone);
  }

  dispose(): void {
    vscode.Disposable.from(this.#subscription, this.#view, this.#changed).dispose();
  }

  async #remove(memories: readonly StoredMemory[]): Promise<void> {
    const { amounts, log } = this.#host;
    const [first] = memories;
    if (!first) {
      inform(vscode.l10n.t('Choose a memory in the list.'));
      return;
    }
    const size = amounts.bytes(memories.reduce((sum, { bytes }) => sum + bytes, 0));
    const question =
      memories.length === 1
        ? vscode.l10n.t('Remove the memory of {0} ({1})?', first.title, size)
        : vscode.l10n.t('Remove {0} memories ({1})?', amounts.count(memories.length), size);
    const list = memories.flatMap(({ title, folders }) => folders[0]?.path ?? title).join('\n');
    const forgotten = memories.reduce((sum, memory) => sum + memory.forgotten, 0);
    const detail = [
      vscode.l10n.t('Its files are indexed again when the folder is opened. No file of a folder is touched.'),
      ...forgottenLost(forgotten, amounts),
      list,
    ].join('\n\n');
    if (!(await confirm(question, vscode.l10n.t('Remove'), detail))) return;
    const removals = await this.#host.removeMemories(memories.map(({ name }) => name));
    this.#changed.fire();
    const freed = removals.reduce((sum, one) => sum + (one.kind === 'removed' ? one.bytes : 0), 0);
    const open = memories.filter(({ name }) => removals.some((one) => one.kind === 'in-use' && one.name === name));
    const failed = removals.filter(({ kind }) => kind === 'failed' || kind === 'unknown');
    for (const one of failed) if (one.kind !== 'removed') log.warn(shown(one.message));
    inform(
      [
        ...(freed > 0 ? [vscode.l10n.t('{0} are free again.', amounts.bytes(freed))] : []),
        ...open.map(({ title }) => vscode.l10n.t('{0} is open in a window or a program, and stays.', title)),
        ...(failed.length > 0 ? [vscode.l10n.t('Not everything could be removed. The log has the details.')] : []),
      ].join(' '),
    );
  }
}

/** `today`, `3 days ago`, in the user's language. */
function daysAgo(time: number): string {
  const days = Math.round((time - Date.now()) / DAY);
  return new Intl.RelativeTimeFormat(vscode.env.language, { numeric: 'auto' }).format(Math.min(0, days), 'day');
}

function forgottenLines(files: number, amounts: Amounts): string[] {
  if (files === 0) return [];
  return [
    files === 1
      ? vscode.l10n.t('1 file was forgotten on request')
      : vscode.l10n.t('{0} files were forgotten on request', amounts.count(files)),
  ];
}

/** The marks of forgotten files are stored nowhere else. */
function forgottenLost(files: number, amounts: Amounts): string[] {
  if (files === 0) return [];
  return [
    files === 1
      ? vscode.l10n.t('1 file was forgotten on request. After removal it is indexed again.')
      : vscode.l10n.t(
          '{0} files were forgotten on request. After removal they are indexed again.',
          amounts.count(files),
        ),
  ];
}

function nameOf(row: unknown): string {
  return typeof row === 'object' && row !== null && 'name' in row && typeof row.name === 'string' ? row.name : '';
}
