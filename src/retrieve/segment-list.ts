interface Ranked {
  readonly segmentId: number;
  readonly score: number;
}

/**
 * One list of lines out of ranked files, for a reader who takes the first few, such as an agent: every file's best
 * segment in the files' order, then what is left by its score. So no file stands twice before each stands once.
 *
 * @param files best first, and so are the segments of each
 */
export function listSegments<Segment extends Ranked>(
  files: readonly { readonly segments: readonly Segment[] }[],
): Segment[] {
  const first = files.flatMap(({ segments }) => segments.slice(0, 1));
  const rest = files.flatMap(({ segments }) => segments.slice(1));
  return [...first, ...rest.sort((a, b) => b.score - a.score || a.segmentId - b.segmentId)];
}
