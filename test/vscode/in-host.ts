import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import * as vscode from 'vscode';

const ID = 'ask-codebase.ask-codebase';

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

/**
 * What only an extension host can tell, the same in code-server and in a desktop VS Code: the host's own Node has what
 * the memory needs, the extension is activated, and every command that its manifest names is there. Throws where
 * something is not.
 */
export async function run(): Promise<void> {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE VIRTUAL TABLE words USING fts5(text)');
  database.prepare('INSERT INTO words VALUES (?)').run('a lamp in the harbour');
  const found = database.prepare('SELECT bm25(words) AS score FROM words WHERE words MATCH ?').get('harbour');
  assert.ok(found, 'the database of this Node has a full-text search');
  database.close();

  const extension = vscode.extensions.getExtension<unknown>(ID);
  assert.ok(extension, `${ID} is installed`);
  await extension.activate();
  const { contributes } = extension.packageJSON as Manifest;
  const registered = new Set(await vscode.commands.getCommands(true));
  const missing = contributes.commands.map(({ command }) => command).filter((command) => !registered.has(command));
  assert.deepEqual(missing, [], 'every command of the manifest is registered');
}
