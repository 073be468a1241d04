import { createHash } from 'node:crypto';

/** What a set of files is to the index: path → content hashes (hex) in order. */
export type Tree = ReadonlyMap<string, readonly string[]>;

/** sha256 over one file's path and content hashes: a leaf of the tree hash. */
export function leafDigest(path: string, contentHashes: readonly string[]): Buffer {
  // JSON keeps path and hashes apart whatever the path contains, lone surrogates included.
  return createHash('sha256')
    .update(JSON.stringify([path, ...contentHashes]))
    .digest();
}

/** sha256 (hex) over leaves in any order: the same for the same files with the same contents, on every machine. */
export function treeHashOf(leaves: Iterable<Uint8Array>): string {
  const sorted = [...leaves].sort((a, b) => Buffer.compare(a, b));
  return createHash('sha256').update('memory tree 1\n').update(Buffer.concat(sorted)).digest('hex');
}

/** The tree hash of files that need not be in any ledger. */
export function treeHash(tree: Tree): string {
  return treeHashOf([...tree].map(([path, contentHashes]) => leafDigest(path, contentHashes)));
}
