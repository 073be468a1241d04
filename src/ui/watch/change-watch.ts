import * as vscode from 'vscode';
import { ChangeBatch } from './change-batch.ts';
import { gitFolder, headFiles } from './git-head.ts';
import type { WorkspaceMemory } from '../workspace-memory.ts';

/**
 * Milliseconds between two walks that nothing but the window's focus has caused: the system may drop what its watcher
 * saw, and a walk finds it, but a walk of a large root costs a second of disk.
 */
const FOCUS = 3 * 60_000;

/** Bytes of a `.git` that is a file: one line with a path. */
const POINTER = 8_192;

/** Follows the files of all roots and tells the memory what has changed. */
export class ChangeWatch implements vscode.Disposable {
  readonly #memory: WorkspaceMemory;
  readonly #log: vscode.LogOutputChannel;
  readonly #batches = new Map<string, ChangeBatch>();
  readonly #subscriptions: vscode.Disposable[];
  #watchers: vscode.Disposable[] = [];
  #walked = Date.now();

  constructor(memory: WorkspaceMemory, log: vscode.LogOutputChannel) {
    this.#memory = memory;
    this.#log = log;
    const { workspace, window } = vscode;
    this.#subscriptions = [
      memory.onDidChangeFolders(() => {
        this.#watch();
      }),
      workspace.onDidSaveTextDocument(({ uri }) => {
        this.#changed([uri]);
      }),
      // The editor says that a document is as on disk before it says that it was saved; a question may come between.
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0 && !document.isDirty) this.#changed([document.uri]);
      }),
      workspace.onDidCreateFiles(({ files }) => {
        this.#changed(files);
      }),
      workspace.onDidDeleteFiles(({ files }) => {
        this.#changed(files);
      }),
      workspace.onDidRenameFiles(({ files }) => {
        this.#changed(files.flatMap(({ oldUri, newUri }) => [oldUri, newUri]));
      }),
      workspace.onDidGrantWorkspaceTrust(() => {
        this.#watch();
      }),
      window.onDidChangeWindowState(({ focused }) => {
        if (focused && Date.now() - this.#walked >= FOCUS) this.#walkAll();
      }),
    ];
    this.#watch();
  }

  flush(): void {
    for (const batch of this.#batches.values()) batch.flush();
  }

  dispose(): void {
    vscode.Disposable.from(...this.#subscriptions, ...this.#watchers, ...this.#batches.values()).dispose();
  }

  #watch(): void {
    vscode.Disposable.from(...this.#watchers, ...this.#batches.values()).dispose();
    this.#watchers = [];
    this.#batches.clear();
    for (const { root } of this.#memory.folders) {
      const batch = new ChangeBatch((changed) =>
        changed.kind === 'everything' ? this.#walk(root) : this.#memory.refresh(root, changed.paths),
      );
      this.#batches.set(root, batch);
      this.#watchers.push(this.#watcher(new vscode.RelativePattern(vscode.Uri.file(root), '**/*')));
      // Where git's folder lies is for the repository to say, so that is not followed before somebody trusts it.
      if (vscode.workspace.isTrusted) void this.#watchHead(root, batch);
    }
  }

  /** What has changed outside the editor: the workspace's own watcher, so it obeys `files.watcherExclude`. */
  #watcher(pattern: vscode.RelativePattern): vscode.Disposable {
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const changed = (uri: vscode.Uri) => {
      this.#changed([uri]);
    };
    watcher.onDidChange(changed);
    watcher.onDidCreate(changed);
    watcher.onDidDelete(changed);
    return watcher;
  }

  #changed(uris: readonly vscode.Uri[]): void {
    for (const uri of uris) {
      if (uri.scheme !== 'file') continue;
      for (const { folder, path } of this.#memory.places.holding(uri.fsPath)) this.#batches.get(folder.root)?.add(path);
    }
  }

  #walkAll(): void {
    for (const batch of this.#batches.values()) batch.addEverything();
  }

  async #walk(root: string): Promise<void> {
    this.#walked = Date.now();
    await this.#memory.refreshAll(root);
  }

  /** A switch of branches, a pull or a rebase may come without a single event that the watcher keeps. */
  async #watchHead(root: string, batch: ChangeBatch): Promise<void> {
    const folder = await findGitFolder(vscode.Uri.file(root));
    if (folder === undefined || this.#batches.get(root) !== batch) return;
    this.#log.debug(`Watching HEAD in ${folder}`);
    const moved = () => {
      batch.addEverything();
    };
    for (const { folder: inside, name } of headFiles) {
      const base = vscode.Uri.joinPath(vscode.Uri.file(folder), inside);
      const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(base, name));
      watcher.onDidChange(moved);
      watcher.onDidCreate(moved);
      this.#watchers.push(watcher);
    }
  }
}

/** The git folder of the work tree that a folder lies in, be it the top or inside. */
async function findGitFolder(start: vscode.Uri): Promise<string | undefined> {
  for (let top = start; ; top = vscode.Uri.joinPath(top, '..')) {
    const place = vscode.Uri.joinPath(top, '.git');
    const found = await stat(place);
    if (found) {
      if ((found.type & vscode.FileType.Directory) !== 0) return gitFolder(top.fsPath, undefined);
      // Neither a pipe nor a file of gigabytes is a pointer to git's folder.
      const isPointer = (found.type & vscode.FileType.File) !== 0 && found.size <= POINTER;
      if (!isPointer) return undefined;
      return gitFolder(top.fsPath, new TextDecoder().decode(await vscode.workspace.fs.readFile(place)));
    }
    if (vscode.Uri.joinPath(top, '..').path === top.path) return undefined;
  }
}

async function stat(uri: vscode.Uri): Promise<vscode.FileStat | undefined> {
  try {
    return await vscode.workspace.fs.stat(uri);
  } catch {
    return undefined;
  }
}
