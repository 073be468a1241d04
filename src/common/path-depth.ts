/** How many parts a path has: 1 for a file at the root. */
export const pathDepth = (path: string): number => path.split('/').length;
