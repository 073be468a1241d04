/**
 * What is made of a list of paths, kept as long as the list is there: one question after the other ranks the same
 * files, and a hundred thousand paths take longer to look through than all else. The list is not to be changed. Several
 * folders, and a scope, have a new list in each search.
 */
export function perList<T>(make: (paths: readonly string[]) => T): (paths: readonly string[]) => T {
  const known = new WeakMap<readonly string[], { readonly made: T }>();
  return (paths) => {
    const before = known.get(paths);
    if (before) return before.made;
    const made = make(paths);
    known.set(paths, { made });
    return made;
  };
}
