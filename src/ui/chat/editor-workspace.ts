import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import type { PlacedLines } from '../../answer/excerpt.ts';
import { splitLines } from '../../workspace/segment/line.ts';
import { cellAt, isNotebook, notebookText } from '../../workspace/files/notebook.ts';
import { linesOfRange } from '../place.ts';
import type { WorkspacePath, WorkspaceRoots } from '../place.ts';
import type { ChatWorkspace } from '../../chat/dependencies.ts';

/** The roots and their paths; `WorkspaceMemory` is one. */
export interface Roots {
  readonly places: WorkspaceRoots;
  placeOf(uri: vscode.Uri): WorkspacePath | undefined;
  uriOf(place: WorkspacePath): vscode.Uri;
}

/** Files that are looked at for example questions, and folders that say nothing about a project. */
const SAMPLE = {
  // Looked at on the host's own thread, until the memory says better.
  files: 400,
  aside: '**/{node_modules,.git,dist,build,out,target,vendor,venv,.venv,__pycache__,coverage}/**',
} as const;

/** Lines that are selected when they are opened; a longer run is shown by its marks, which a selection would cover. */
const SELECTED = 12;

/** The chat's workspace in VS Code. */
export class EditorWorkspace implements ChatWorkspace {
  readonly #roots: Roots;
  /** Lines that were opened from the chat, and are selected for that reason. */
  #cited: PlacedLines | undefined;

  constructor(roots: Roots) {
    this.#roots = roots;
  }

  opened(): boolean {
    return this.#roots.places.folders.length > 0;
  }

  isTrusted(): boolean {
    return vscode.workspace.isTrusted;
  }

  openEditors(): readonly string[] {
    const paths = new Set<string>();
    for (const { tabs } of vscode.window.tabGroups.all) {
      for (const { input } of tabs) {
        const uri = fileOf(input);
        const place = uri && this.#roots.placeOf(uri);
        if (place) paths.add(this.#roots.places.shown(place));
      }
    }
    return [...paths];
  }

  currentFolder(): string | undefined {
    const uri = vscode.window.activeTextEditor?.document.uri ?? fileOf(activeInput());
    const place = uri && this.#roots.placeOf(uri);
    if (!place) return undefined;
    const path = place.path.split('/').slice(0, -1).join('/');
    const shown = this.#roots.places.shown({ ...place, path });
    // A file of the only root lies in no folder but the workspace.
    return shown === '' ? undefined : shown;
  }

  selection(): PlacedLines | undefined {
    const editor = vscode.window.activeTextEditor;
    const place = editor && this.#roots.placeOf(editor.document.uri);
    if (!place || editor.selection.isEmpty) return undefined;
    const lines = { path: this.#roots.places.shown(place), ...linesOfRange(editor.selection) };
    // What the chat itself has selected, to show a citation, nobody means to ask about.
    return isDeepStrictEqual(lines, this.#cited) ? undefined : lines;
  }

  async paths(): Promise<readonly string[]> {
    if (!this.opened()) return [];
    const uris = await vscode.workspace.findFiles('**/*', SAMPLE.aside, SAMPLE.files);
    return uris.flatMap((uri) => {
      const place = this.#roots.placeOf(uri);
      return place ? [this.#roots.places.shown(place)] : [];
    });
  }

  async show(path: string, start?: number, end?: number): Promise<'shown' | 'missing'> {
    const place = this.#roots.places.resolve(path);
    if (!place) return 'missing';
    const uri = this.#roots.uriOf(place);
    try {
      const { type } = await vscode.workspace.fs.stat(uri);
      if ((type & vscode.FileType.Directory) !== 0) {
        await vscode.commands.executeCommand('revealInExplorer', uri);
        return 'shown';
      }
      // A pipe or a device, or a link to one, would be read for ever.
      if ((type & vscode.FileType.File) === 0) return 'missing';
      if (isNotebook(place.path) && (await this.#showCells(uri, start, end ?? start))) return 'shown';
      const document = await vscode.workspace.openTextDocument(uri);
      const range = start === undefined ? undefined : linesOf(document, start, end ?? start);
      this.#cited = range && { path, start: range.start.line + 1, end: range.end.line + 1 };
      const editor = await vscode.window.showTextDocument(document, {
        preview: true,
        ...(range ? { selection: range.end.line - range.start.line < SELECTED ? range : startOf(range) } : {}),
      });
      if (range) editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
      return 'shown';
    } catch {
      return 'missing';
    }
  }

  /** Shows lines of a notebook's text in the cells that they come from; false for a file that is no notebook inside. */
  async #showCells(uri: vscode.Uri, start: number | undefined, end: number | undefined): Promise<boolean> {
    const cells = notebookText(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
    if (cells === undefined) return false;
    const text = splitLines(cells);
    const notebook = await vscode.workspace.openNotebookDocument(uri);
    const [first, last] = [start, end].map((line) => (line === undefined ? undefined : cellAt(text, line)));
    const range = first && last ? new vscode.NotebookRange(first.cell - 1, last.cell) : undefined;
    const editor = await vscode.window.showNotebookDocument(notebook, {
      preview: true,
      ...(range ? { selections: [range] } : {}),
    });
    if (range) editor.revealRange(range, vscode.NotebookEditorRevealType.InCenterIfOutsideViewport);
    return true;
  }

  async insert(text: string): Promise<'inserted' | 'no-editor'> {
    const editor = vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors[0];
    if (!editor) return 'no-editor';
    const done = await editor.edit((edit) => {
      for (const selection of editor.selections) edit.replace(selection, text);
    });
    if (!done) return 'no-editor';
    await vscode.window.showTextDocument(editor.document, {
      viewColumn: editor.viewColumn ?? vscode.ViewColumn.Active,
    });
    return 'inserted';
  }

  /** Told when the chips of the scope may mean other files. */
  onDidChange(then: () => void): vscode.Disposable {
    return vscode.Disposable.from(
      vscode.window.tabGroups.onDidChangeTabs(then),
      vscode.window.onDidChangeActiveTextEditor(then),
      vscode.window.onDidChangeTextEditorSelection(then),
      vscode.workspace.onDidGrantWorkspaceTrust(then),
    );
  }
}

function activeInput(): unknown {
  return vscode.window.tabGroups.activeTabGroup.activeTab?.input;
}

function fileOf(input: unknown): vscode.Uri | undefined {
  if (input instanceof vscode.TabInputText || input instanceof vscode.TabInputNotebook) return input.uri;
  return input instanceof vscode.TabInputTextDiff ? input.modified : undefined;
}

const startOf = ({ start }: vscode.Range) => new vscode.Range(start, start);

/** Whole lines, 1-based and inclusive, within what the document has. */
function linesOf(document: vscode.TextDocument, start: number, end: number): vscode.Range {
  const last = Math.max(0, Math.min(end, document.lineCount) - 1);
  const first = Math.max(0, Math.min(start - 1, last));
  return new vscode.Range(first, 0, last, document.lineAt(last).text.length);
}
