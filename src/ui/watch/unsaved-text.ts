import * as vscode from 'vscode';
import type { WorkspacePath } from '../place.ts';
import type { WorkspaceMemory } from '../workspace-memory.ts';

const unsaved = {
  /** Milliseconds for which typing pauses before its text is read. */
  quiet: 400,
  /** Characters; larger texts are not read from disk either. */
  most: 1 << 20,
} as const;

/** Tells the memory what stands in editors and not on disk, so that a question sees the code as its writer does. */
export class UnsavedText implements vscode.Disposable {
  readonly #memory: WorkspaceMemory;
  readonly #log: vscode.LogOutputChannel;
  readonly #waiting = new Map<string, { readonly timer: NodeJS.Timeout; readonly lay: () => void }>();
  /** Documents whose text was laid over the disk's, with where they lie. */
  readonly #laid = new Map<string, WorkspacePath>();
  #subscriptions: vscode.Disposable[] = [];

  constructor(memory: WorkspaceMemory, log: vscode.LogOutputChannel) {
    this.#memory = memory;
    this.#log = log;
  }

  /** Begins to follow the editors; what is unsaved already counts at once. */
  start(): void {
    if (this.#subscriptions.length > 0) return;
    const { workspace } = vscode;
    this.#subscriptions = [
      workspace.onDidChangeTextDocument(({ document }) => {
        this.#follow(document);
      }),
      workspace.onDidSaveTextDocument((document) => {
        this.#clear(document.uri.toString());
      }),
      workspace.onDidCloseTextDocument((document) => {
        this.#clear(document.uri.toString());
      }),
      // A folder that comes may hold what is unsaved already; one that goes has taken its memory along.
      this.#memory.onDidChangeFolders(() => {
        const roots = new Set(this.#memory.folders.map(({ root }) => root));
        for (const [key, { folder }] of this.#laid) if (!roots.has(folder.root)) this.#laid.delete(key);
        for (const document of workspace.textDocuments) this.#follow(document);
      }),
    ];
    for (const document of workspace.textDocuments) this.#follow(document);
  }

  /** Stops following; what was laid over is taken away, so that the disk counts again. */
  stop(): void {
    this.dispose();
    for (const key of [...this.#laid.keys()]) this.#clear(key);
  }

  /** Tells at once what was typed a moment ago: somebody asks, and means the text as it stands. */
  flush(): void {
    for (const { timer, lay } of [...this.#waiting.values()]) {
      clearTimeout(timer);
      lay();
    }
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#subscriptions = [];
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #follow(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    if (!document.isDirty) {
      this.#clear(key);
      return;
    }
    const place = this.#memory.placeOf(document.uri);
    if (!place) return;
    clearTimeout(this.#waiting.get(key)?.timer);
    const lay = () => {
      this.#waiting.delete(key);
      this.#lay(key, place, document);
    };
    this.#waiting.set(key, { timer: setTimeout(lay, unsaved.quiet), lay });
  }

  #lay(key: string, place: WorkspacePath, document: vscode.TextDocument): void {
    if (document.isClosed || !document.isDirty) return;
    const text = document.getText();
    if (text.length > unsaved.most) {
      this.#clear(key);
      return;
    }
    this.#laid.set(key, place);
    this.#send(place, text);
  }

  #clear(key: string): void {
    clearTimeout(this.#waiting.get(key)?.timer);
    this.#waiting.delete(key);
    const place = this.#laid.get(key);
    if (!place) return;
    this.#laid.delete(key);
    this.#send(place, undefined);
  }

  #send({ folder, path }: WorkspacePath, text: string | undefined): void {
    this.#memory.service.overlay(folder.root, path, text).catch((error: unknown) => {
      this.#log.debug(`Unsaved text was not read: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}
