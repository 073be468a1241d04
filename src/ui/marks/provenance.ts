import * as vscode from 'vscode';
import type { RankedFile, RankedLines } from '../../retrieve/ranked-files.ts';
import type { MarksState } from './marks-state.ts';
import { edited, inWholePercents, recalledLines } from './recalled-lines.ts';
import type { WorkspaceMemory } from '../workspace-memory.ts';

/** A ranked file with its place in the editor. */
type MarkedFile = RankedFile & { readonly uri: vscode.Uri };

/**
 * Where the last answer came from: kept for the marks in files and editors until it is hidden, edited or asked anew.
 */
export class Provenance implements vscode.Disposable {
  readonly #memory: WorkspaceMemory;
  readonly #changed = new vscode.EventEmitter<readonly vscode.Uri[]>();
  readonly #subscription: vscode.Disposable;
  #files = new Map<string, MarkedFile>();
  #hidden = false;
  #enabled = true;

  /** With the files whose marks may look different now. */
  readonly onDidChange = this.#changed.event;

  constructor(memory: WorkspaceMemory) {
    this.#memory = memory;
    this.#subscription = vscode.workspace.onDidChangeTextDocument((event) => {
      this.#edit(event);
    });
  }

  get state(): MarksState {
    if (!this.#enabled || this.#files.size === 0) return 'none';
    return this.#hidden ? 'hidden' : 'shown';
  }

  /** The marks of a file, where they are to be shown. */
  of(uri: vscode.Uri): MarkedFile | undefined {
    return this.state === 'shown' ? this.#files.get(uri.toString()) : undefined;
  }

  /** A new question's files take the place of the last one's; none take all marks away. */
  show(ranked: readonly RankedFile[]): void {
    const before = this.#uris();
    const files = inWholePercents(ranked);
    const lines = recalledLines(files);
    this.#files = new Map(
      files.flatMap((file): [string, MarkedFile][] => {
        const { path } = file;
        const place = this.#memory.places.resolve(path);
        if (!place) return [];
        const uri = this.#memory.uriOf(place);
        return [[uri.toString(), { ...file, uri, lines: lines.get(path) ?? [] }]];
      }),
    );
    this.#hidden = false;
    this.#changed.fire([...before, ...this.#uris()]);
  }

  hide(): void {
    this.#set(() => {
      this.#hidden = true;
    });
  }

  unhide(): void {
    this.#set(() => {
      this.#hidden = false;
    });
  }

  set enabled(enabled: boolean) {
    this.#set(() => {
      this.#enabled = enabled;
    });
  }

  dispose(): void {
    vscode.Disposable.from(this.#changed, this.#subscription).dispose();
  }

  #set(change: () => void): void {
    const before = this.state;
    change();
    if (this.state !== before) this.#changed.fire(this.#uris());
  }

  #uris(): vscode.Uri[] {
    return [...this.#files.values()].map(({ uri }) => uri);
  }

  #edit({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const file = this.#files.get(document.uri.toString());
    if (!file || file.lines.length === 0 || contentChanges.length === 0) return;
    let lines: readonly RankedLines[] = file.lines;
    // The editor reports the last change first, so none moves another.
    for (const { range, text } of contentChanges) {
      const added = text.split(/\r\n|\r|\n/).length;
      lines = edited(lines, { start: range.start.line, end: range.end.line, lines: added });
    }
    this.#files.set(document.uri.toString(), { ...file, lines });
    this.#changed.fire([document.uri]);
  }
}
