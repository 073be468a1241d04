import * as vscode from 'vscode';
import type { TranscriptFile } from './store.ts';

const NAME = 'conversations.json';

/** The conversations' file in a folder of VS Code's own; without a folder nothing is kept beyond the window. */
export function transcriptFile(folder: vscode.Uri | undefined): TranscriptFile {
  if (!folder) {
    return {
      read: () => Promise.resolve(undefined),
      write: () => Promise.resolve(),
      setAside: () => Promise.resolve(''),
    };
  }
  const { fs } = vscode.workspace;
  const file = vscode.Uri.joinPath(folder, NAME);
  return {
    read: async () => {
      try {
        return new TextDecoder().decode(await fs.readFile(file));
      } catch (error) {
        if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined;
        throw error;
      }
    },
    write: async (text) => {
      await fs.createDirectory(folder);
      const next = vscode.Uri.joinPath(folder, `${NAME}.next`);
      await fs.writeFile(next, new TextEncoder().encode(text));
      await fs.rename(next, file, { overwrite: true });
    },
    setAside: async () => {
      const time = new Date().toISOString().replaceAll(/[-:.]/g, '');
      const name = `conversations.damaged-${time}.json`;
      await fs.rename(file, vscode.Uri.joinPath(folder, name), { overwrite: true });
      return name;
    },
  };
}
