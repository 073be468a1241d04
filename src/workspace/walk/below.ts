/**
 * Tells whether a path is one of `paths`, or lies below one of them that is a folder. All are relative to one root,
 * with `/`.
 */
export function isAtOrBelow(paths: readonly string[]): (path: string) => boolean {
  const named = new Set(paths);
  const folders = paths.map((path) => `${path}/`);
  return (path) => named.has(path) || folders.some((folder) => path.startsWith(folder));
}
