import * as vscode from 'vscode';
import { isAppError } from '../common/app-error.ts';
import type { Description } from '../engine/protocol.ts';
import { ServiceClient } from '../service/client.ts';
import type { Action } from '../common/error-codes.ts';
import type {
  Folder,
  MemoryFacts,
  MemoryState,
  Refreshed,
  ServiceNotice,
  ServiceSettings,
} from '../service/protocol.ts';
import { editorModelHandlers } from './answer-model/editor-models.ts';
import { inform } from './notice.ts';
import { namedFolders, WorkspaceRoots } from './place.ts';
import type { WorkspacePath } from './place.ts';
import { readSettings } from './settings.ts';
import { shownLines } from './shown.ts';
import { workspaceStatus } from './status/workspace-status.ts';
import type { WorkspaceStatus } from './status/workspace-status.ts';

/** The workspace's roots, where the memory of each stands, and the service that keeps them. */
export class WorkspaceMemory implements vscode.Disposable {
  readonly service: ServiceClient;
  readonly #context: vscode.ExtensionContext;
  readonly #log: vscode.LogOutputChannel;
  readonly #states = new Map<string, MemoryState>();
  #places = new WorkspaceRoots([]);
  #description: Description | undefined;
  #started = false;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #refreshed = new vscode.EventEmitter<Refreshed>();
  readonly #foldersChanged = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;

  /** A state has changed; many times a second while files are read. */
  readonly onDidChange = this.#changed.event;
  /** Changed files are in the memory. */
  readonly onDidRefresh = this.#refreshed.event;
  readonly onDidChangeFolders = this.#foldersChanged.event;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel) {
    this.#context = context;
    this.#log = log;
    this.#places = openedPlaces();
    this.service = new ServiceClient({
      script: vscode.Uri.joinPath(context.extensionUri, 'dist', 'service.js').fsPath,
      settings: this.#serviceSettings(),
      onNotice: (notice) => {
        this.#hear(notice);
      },
      host: editorModelHandlers(log),
    });
    this.#subscription = vscode.Disposable.from(
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.#places = openedPlaces();
        this.#foldersChanged.fire();
        void this.start();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.#changed.fire();
        void this.applySettings();
      }),
    );
  }

  get places(): WorkspaceRoots {
    return this.#places;
  }

  get folders(): readonly Folder[] {
    return this.#places.folders;
  }

  /** What the model runs on; undefined until it was loaded. */
  get description(): Description | undefined {
    return this.#description;
  }

  get status(): WorkspaceStatus {
    return workspaceStatus(this.#states.values());
  }

  /** Every root with its state, in the order of the workspace. */
  get states(): { readonly folder: Folder; readonly state: MemoryState }[] {
    return this.folders.flatMap((folder) => {
      const state = this.#states.get(folder.root);
      return state ? [{ folder, state }] : [];
    });
  }

  /** Opens the memories of all roots and closes those of roots that are gone. Failures become states. */
  async start(): Promise<void> {
    const roots = new Set(this.folders.map(({ root }) => root));
    for (const root of this.#states.keys()) if (!roots.has(root)) this.#states.delete(root);
    for (const root of roots) {
      const message = vscode.l10n.t('The memory is being opened.');
      if (!this.#states.has(root)) this.#states.set(root, { kind: 'opening', message });
    }
    this.#changed.fire();
    // No thread is started for a window that never had a folder.
    if (roots.size === 0 && !this.#started) return;
    const first = !this.#started;
    this.#started = true;
    // Told before the folders are, so that nothing is read at all until somebody resumes.
    if (first && !readSettings().readOnStart) await this.#attempt([...roots], () => this.service.pause());
    await this.#attempt([...roots], () => this.service.folders(this.folders));
  }

  /** Walks every root, or one of them. Failures become states, so that whoever pressed a button need not wait. */
  async refreshAll(root?: string): Promise<void> {
    const roots = root === undefined ? this.folders.map((folder) => folder.root) : [root];
    // Folders that could not be opened are tried again.
    const failed = roots.some((each) => this.#states.get(each)?.kind === 'failed');
    if (failed) await this.start();
    await Promise.all(roots.map((each) => this.#attempt([each], () => this.service.refresh(each))));
  }

  /** Reads some changed paths of a root, relative to it. */
  async refresh(root: string, paths: readonly string[]): Promise<void> {
    try {
      await this.service.refresh(root, paths);
    } catch (error) {
      this.#log.warn(`Changed files were not read: ${failureOf(error).message}`);
    }
  }

  async facts(): Promise<MemoryFacts[]> {
    return Promise.all(this.folders.map(({ root }) => this.service.facts(root)));
  }

  /** Where a file of the editor lies; undefined outside the roots and for what is not on a disk. */
  placeOf(uri: vscode.Uri): WorkspacePath | undefined {
    return uri.scheme === 'file' ? this.#places.holding(uri.fsPath)[0] : undefined;
  }

  uriOf({ folder, path }: WorkspacePath): vscode.Uri {
    const root = vscode.Uri.file(folder.root);
    return path === '' ? root : vscode.Uri.joinPath(root, path);
  }

  async applySettings(): Promise<void> {
    await this.service.settings(this.#serviceSettings()).catch((error: unknown) => {
      this.#log.error(`The settings could not be applied: ${failureOf(error).message}`);
    });
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
    this.#refreshed.dispose();
    this.#foldersChanged.dispose();
  }

  async #attempt(roots: readonly string[], act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const { message, action } = failureOf(error);
      this.#log.error(isAppError(error) ? message : String(error));
      for (const root of roots) this.#states.set(root, { kind: 'failed', message, action });
      this.#changed.fire();
    }
  }

  #hear(notice: ServiceNotice): void {
    switch (notice.kind) {
      case 'state':
        this.#states.set(notice.root, notice.state);
        this.#changed.fire();
        break;
      case 'refreshed':
        this.#refreshed.fire(notice.refreshed);
        break;
      case 'engine':
        this.#description = notice.description;
        this.#changed.fire();
        break;
      case 'notice':
        inform(notice.message);
        break;
      case 'log':
        // Names of files are in it, and a log is read as lines.
        this.#log[notice.level](shownLines(notice.line));
    }
  }

  #serviceSettings(): ServiceSettings {
    const { extensionUri, globalStorageUri } = this.#context;
    const { device, threads, modelsFolder, exclude, secretExceptions } = readSettings();
    return {
      engineScript: vscode.Uri.joinPath(extensionUri, 'dist', 'engine.js').fsPath,
      modelsFolder: modelsFolder === '' ? vscode.Uri.joinPath(extensionUri, 'models').fsPath : modelsFolder,
      home: globalStorageUri.fsPath,
      device,
      threads,
      exclude,
      secretExceptions,
      isTrusted: vscode.workspace.isTrusted,
      language: { tag: vscode.env.language, texts: vscode.l10n.bundle },
    };
  }
}

function openedPlaces(): WorkspaceRoots {
  const onDisk = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  return new WorkspaceRoots(namedFolders(onDisk.map(({ uri, name }) => ({ path: uri.fsPath, name }))));
}

function failureOf(error: unknown): { readonly message: string; readonly action: Action } {
  if (isAppError(error)) return { message: error.message, action: error.action };
  return { message: vscode.l10n.t('Something unexpected happened. The log has the details.'), action: 'open-log' };
}
