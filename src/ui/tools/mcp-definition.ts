import * as vscode from 'vscode';
import { readSettings } from '../settings.ts';
import { mcpArguments } from './mcp-arguments.ts';
import type { Folder } from '../../service/protocol.ts';

/** What the server needs to know of the window. */
export interface McpHost {
  readonly context: vscode.ExtensionContext;
  readonly folders: () => readonly Folder[];
  /** The folders, the trust in them or the settings have changed. */
  readonly onDidChange: vscode.Event<void>;
}

/**
 * Offers the MCP server of the memory to the editor, where the user has turned that on: the chat has the same tools
 * already, and a second process loads a second model. The server asks git, so it is offered for trusted folders alone.
 */
export function offerMcpServer({ context, folders, onDidChange }: McpHost): vscode.Disposable {
  return vscode.lm.registerMcpServerDefinitionProvider('askCodebase', {
    onDidChangeMcpServerDefinitions: onDidChange,
    provideMcpServerDefinitions: () => {
      const settings = readSettings();
      const { mcpServer, modelsFolder } = settings;
      const roots = folders().map(({ root }) => root);
      if (!mcpServer || !vscode.workspace.isTrusted || roots.length === 0) return [];
      const { extensionUri, globalStorageUri } = context;
      const program = vscode.Uri.joinPath(extensionUri, 'dist', 'cli.js').fsPath;
      return [
        new vscode.McpStdioServerDefinition('Ask Codebase', process.execPath, mcpArguments(program, roots, settings), {
          ELECTRON_RUN_AS_NODE: '1',
          ASK_CODEBASE_HOME: globalStorageUri.fsPath,
          ...(modelsFolder === '' ? {} : { ASK_CODEBASE_MODELS: modelsFolder }),
        }),
      ];
    },
  });
}
