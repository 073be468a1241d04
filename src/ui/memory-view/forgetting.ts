import * as vscode from 'vscode';
import type { Amounts } from '../../common/number-format.ts';
import { filesBelow } from './file-tree.ts';
import type { MemoryTotals } from './memory-totals.ts';
import { confirm, inform, offer } from '../notice.ts';
import type { WorkspacePath } from '../place.ts';
import type { WorkspaceMemory } from '../workspace-memory.ts';

/** What the chat keeps of answers; a `ChatView` is one. */
export interface Conversations {
  readonly quoting: (paths: ReadonlySet<string>) => Promise<number>;
  readonly deleteQuoting: (paths: ReadonlySet<string>) => Promise<void>;
}

/** Takes files out of the memory on request, and back in. The files on disk are never touched. */
export class Forgetting {
  readonly #memory: WorkspaceMemory;
  readonly #totals: MemoryTotals;
  readonly #amounts: Amounts;
  readonly #conversations: Conversations;

  constructor(memory: WorkspaceMemory, totals: MemoryTotals, amounts: Amounts, conversations: Conversations) {
    this.#memory = memory;
    this.#totals = totals;
    this.#amounts = amounts;
    this.#conversations = conversations;
  }

  /** Asks first, and says at the end what proves it. */
  async forget(places: readonly WorkspacePath[]): Promise<void> {
    await this.#totals.look();
    const paths = this.#known(places, (kind) => kind === 'ingested');
    const count = [...paths.values()].reduce((sum, { length }) => sum + length, 0);
    if (count === 0) {
      inform(vscode.l10n.t('None of these files is indexed.'));
      return;
    }
    const forget = vscode.l10n.t('Forget');
    const [first] = places;
    const question =
      count === 1 && first
        ? vscode.l10n.t('Forget {0}?', this.#memory.places.shown({ ...first, path: [...paths.values()][0]?.[0] ?? '' }))
        : vscode.l10n.t('Forget {0} files?', this.#amounts.count(count));
    const detail =
      count === 1
        ? vscode.l10n.t('It stays out of the memory until you choose Re-index. The file itself is left as it is.')
        : vscode.l10n.t(
            'They stay out of the memory until you choose Re-index. The files themselves are left as they are.',
          );
    if (!(await confirm(question, forget, detail))) return;
    const said: string[] = [];
    for (const [root, own] of paths) {
      const { certificate } = await this.#memory.service.forget(root, own);
      said.push(certificate);
    }
    void this.#totals.look();
    await this.#notify(said, this.#shown(paths));
  }

  /** Says what was forgotten, and offers to delete the conversations that quote it: only this window knows of them. */
  async #notify(said: readonly string[], paths: ReadonlySet<string>): Promise<void> {
    const count = await this.#conversations.quoting(paths);
    if (count === 0) {
      inform(said.join(' '));
      return;
    }
    const quoting =
      count === 1
        ? vscode.l10n.t('1 conversation of this workspace quotes it.')
        : vscode.l10n.t('{0} conversations of this workspace quote it.', this.#amounts.count(count));
    const remove = vscode.l10n.t('Delete Conversations');
    // Not waited for: the command has done its work, and the message may stay for long.
    void offer([...said, quoting].join(' '), remove).then(async (answer) => {
      if (answer === 'dismissed') return;
      await this.#conversations.deleteQuoting(paths);
      inform(vscode.l10n.t('The conversations are deleted.'));
    });
  }

  /** The paths of files by root as the chat shows them, and as they are inside their folder. */
  #shown(paths: ReadonlyMap<string, readonly string[]>): Set<string> {
    const shown = this.#totals.facts.flatMap(({ folder }) =>
      (paths.get(folder.root) ?? []).flatMap((path) => [path, this.#memory.places.shown({ folder, path })]),
    );
    return new Set(shown);
  }

  /** Reads files again, forgotten ones too. */
  async readAgain(places: readonly WorkspacePath[]): Promise<void> {
    await this.#totals.look();
    const paths = this.#known(places, () => true);
    await Promise.all([...paths].map(([root, own]) => this.#memory.service.remember(root, own)));
    void this.#totals.look();
  }

  /** The files that the memory knows in the places, by root. */
  #known(
    places: readonly WorkspacePath[],
    want: (kind: 'ingested' | 'skipped' | 'failed') => boolean,
  ): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const { folder, files } of this.#totals.facts) {
      const wanted = files.filter(({ state }) => want(state.kind));
      const inside = places
        .filter((place) => place.folder.root === folder.root)
        .flatMap((place) => filesBelow(wanted, place.path));
      if (inside.length > 0) found.set(folder.root, [...new Set(inside.map(({ path }) => path))]);
    }
    return found;
  }
}
