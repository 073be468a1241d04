import * as vscode from 'vscode';
import type { Folder, RememberedFile } from '../../service/protocol.ts';

/**
 * The scheme of the rows' own addresses. They are not the files' addresses, because a decoration belongs to an address
 * wherever it is shown, and a file that is left out is dimmed in this tree alone.
 */
const treeScheme = 'ask-codebase-memory';

export function treeUri(folder: Folder, path: string, state: RememberedFile['state']['kind']): vscode.Uri {
  const file = vscode.Uri.joinPath(vscode.Uri.file(folder.root), path);
  return file.with({ scheme: treeScheme, query: state });
}

/** Dims the rows of files that are not in the memory. */
export class SkippedDimming implements vscode.FileDecorationProvider {
  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    if (uri.scheme !== treeScheme || uri.query === 'ingested') return undefined;
    const name = uri.query === 'failed' ? 'list.errorForeground' : 'disabledForeground';
    return new vscode.FileDecoration(undefined, undefined, new vscode.ThemeColor(name));
  }
}
