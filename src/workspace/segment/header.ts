import type { Segment } from './segment.ts';

/**
 * The line that is put before a segment's text when it is encoded. It names the file and nothing that moves: with a
 * line number in it, a line added at the top of a file would change the encoding of every segment below.
 */
export const segmentHeader: (path: string, segment: Segment) => string = (path) =>
  // A file's name may hold line ends; a header is one line.
  `# ${path.replace(/[\r\n]+/g, ' ')}\n`;
