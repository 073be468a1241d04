/** Folders of a window, and how many of them lie on a disk. */
export interface WindowFolders {
  readonly all: number;
  readonly onDisk: number;
}

/** Why a tool has nothing to look into, in a sentence for a model; undefined where it has. */
export function folderRefusal({ all, onDisk }: WindowFolders): string | undefined {
  if (all === 0) return 'No folder is open in this window, so there is no codebase to look into.';
  if (onDisk > 0) return undefined;
  return 'The folders of this window lie on no disk (a virtual workspace): there is no memory of them.';
}
