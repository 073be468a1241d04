import { rename, writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { privateFile, privateFolder, tightenWithSiblings } from '../../common/private-file.ts';
import type { TranscriptFile } from '../../chat/store.ts';

/** What the names of all files begin with, those that were set aside too. */
const STEM = 'conversations';
const NAME = `${STEM}.json`;
/** What setAside() names files, and a file that a window which was killed had not yet renamed. */
const ASIDE = /^conversations\.(?:damaged-\w+\.json|json\.next)$/;

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
      tightenWithSiblings(vscode.Uri.joinPath(folder, STEM).fsPath);
      try {
        return new TextDecoder().decode(await fs.readFile(file));
      } catch (error) {
        if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined;
        throw error;
      }
    },
    write: async (text) => {
      privateFolder(folder.fsPath);
      const next = vscode.Uri.joinPath(folder, `${NAME}.next`).fsPath;
      privateFile(next);
      // Not through the editor: its rename deletes the old file first, and it hears nothing more while a window closes.
      await writeFile(next, text);
      await rename(next, file.fsPath);
    },
    setAside: async () => {
      const time = new Date().toISOString().replaceAll(/[-:.]/g, '');
      const name = `${STEM}.damaged-${time}.json`;
      await fs.rename(file, vscode.Uri.joinPath(folder, name), { overwrite: true });
      return name;
    },
    asides: async () => {
      const found = await fs.readDirectory(folder).then(
        (entries) => entries.map(([name]) => name).filter((name) => ASIDE.test(name)),
        () => [],
      );
      const texts = found.map(async (name): Promise<[string, string]> => {
        const bytes = await fs.readFile(vscode.Uri.joinPath(folder, name));
        return [name, new TextDecoder().decode(bytes)];
      });
      return new Map(await Promise.all(texts));
    },
    remove: async (name) => {
      await fs.delete(vscode.Uri.joinPath(folder, name));
    },
  };
}
