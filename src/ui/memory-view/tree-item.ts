import * as vscode from 'vscode';
import type { Folder, RememberedFile } from '../../service/protocol.ts';
import { maskedLines } from '../../workspace/files/masked.ts';
import type { Amounts } from '../../common/number-format.ts';
import type { TreeFolder, TreeNode } from './file-tree.ts';
import { shown } from '../shown.ts';
import { treeUri } from './tree-uri.ts';

/** Reasons that a walk gives for whole folders. */
const forFolders: ReadonlySet<string> = new Set(['dependency', 'checkout']);

/** A row of the memory's tree. The `contextValue` decides which actions it has. */
export function treeItem(folder: Folder, node: TreeNode, amounts: Amounts): vscode.TreeItem {
  if (node.kind === 'file') return fileItem(folder, node.name, node.file, amounts);
  return node.path === '' ? rootItem(folder, node, amounts) : folderItem(folder, node, amounts);
}

/** A root holds all of its own memory, so its row counts files instead. Nothing is forgotten by a slip on it. */
function rootItem(folder: Folder, node: TreeFolder, amounts: Amounts): vscode.TreeItem {
  const item = folderItem(folder, { ...node, name: folder.name }, amounts);
  item.description = vscode.l10n.t(
    '{0} of {1} files remembered',
    amounts.count(node.remembered),
    amounts.count(node.files),
  );
  item.contextValue = 'root';
  return item;
}

function folderItem(folder: Folder, node: TreeFolder, amounts: Amounts): vscode.TreeItem {
  const item = new vscode.TreeItem(shown(node.name), vscode.TreeItemCollapsibleState.Collapsed);
  const counts = vscode.l10n.t(
    '{0} of {1} files remembered',
    amounts.count(node.remembered),
    amounts.count(node.files),
  );
  item.id = `${folder.root}:folder:${node.path}`;
  item.resourceUri = treeUri(folder, node.path, 'ingested');
  item.iconPath = vscode.ThemeIcon.Folder;
  item.description = node.remembered > 0 ? amounts.share(node.share) : vscode.l10n.t('nothing remembered');
  item.tooltip = [shown(node.path || folder.name), counts, sizes(node.lines, node.segments, amounts)].join('\n');
  item.contextValue = node.remembered > 0 ? 'folder.remembered' : 'folder';
  item.accessibilityInformation = { label: `${shown(node.name)}, ${counts}` };
  return item;
}

function fileItem(folder: Folder, name: string, file: RememberedFile, amounts: Amounts): vscode.TreeItem {
  const { path, state, share, lines, segments, notEmbedded = 0, masked = [] } = file;
  const item = new vscode.TreeItem(shown(name), vscode.TreeItemCollapsibleState.None);
  const isFolder = state.kind === 'skipped' && forFolders.has(state.reason);
  const part = vscode.l10n.t('{0} of the memory', amounts.share(share));
  const said = state.kind === 'ingested' ? part : whyNot(state);
  item.id = `${folder.root}:file:${path}`;
  item.resourceUri = treeUri(folder, path, state.kind);
  item.iconPath = isFolder ? vscode.ThemeIcon.Folder : vscode.ThemeIcon.File;
  item.description = state.kind === 'ingested' ? amounts.share(share) : said;
  const hidden =
    masked.length > 0 ? [vscode.l10n.t('Read, with secrets masked in line {0}.', maskedLines(masked))] : [];
  const size = state.kind === 'ingested' ? [sizes(lines, segments, amounts)] : [];
  const embedded = vscode.l10n.t(
    '{0} of {1} segments are embedded.',
    amounts.count(segments - notEmbedded),
    amounts.count(segments),
  );
  item.tooltip = [shown(path), said, ...hidden, ...size, ...(notEmbedded > 0 ? [embedded] : [])].join('\n');
  item.contextValue = state.kind === 'skipped' ? `file.${state.reason}` : `file.${state.kind}`;
  item.accessibilityInformation = { label: `${shown(name)}, ${said}` };
  if (!isFolder) {
    item.command = {
      command: 'askCodebase.openFile',
      title: vscode.l10n.t('Open File'),
      arguments: [{ folder, node: { kind: 'file', name, file } }],
    };
  }
  return item;
}

function sizes(lines: number, segments: number, amounts: Amounts): string {
  return vscode.l10n.t('{0} lines, {1} segments', amounts.count(lines), amounts.count(segments));
}

/** The ledger holds the sentences in English, whatever language the editor had when they were written. */
function whyNot(state: Exclude<RememberedFile['state'], { kind: 'ingested' }>): string {
  return state.kind === 'skipped'
    ? vscode.l10n.t(state.message)
    : vscode.l10n.t('The model could not read it. Re-index tries once more.');
}
