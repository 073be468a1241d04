/** A file of the workspace and lines of it, 1-based and inclusive. */
export interface FilePlace {
  readonly path: string;
  readonly start?: number;
  readonly end?: number;
}

/** `lib/app.js`, `./lib/app.js:12`, `lib/app.js:12-15`, `lib/app.js#L12-L15`. */
const PLACE = /^(?:\.\/)?([^\s:#?*<>|"\\]+\.[\w-]+)(?:(?::|#L)(\d{1,7})(?:-L?(\d{1,7}))?)?$/;

/**
 * What a link or a word of an answer names, where that can be a file; undefined for everything with a scheme or a root.
 */
export function filePlace(text: string): FilePlace | undefined {
  const [, path, start, end] = PLACE.exec(decoded(text)) ?? [];
  if (path === undefined || path.startsWith('/') || path.split('/').includes('..')) return undefined;
  if (start === undefined || Number(start) === 0) return { path };
  return { path, start: Number(start), end: Math.max(Number(start), Number(end ?? start)) };
}

/** The last part of a path, and the folders before it. */
export function split(path: string): { name: string; folder: string } {
  const at = path.lastIndexOf('/');
  return { name: path.slice(at + 1), folder: at < 0 ? '' : path.slice(0, at) };
}

/** `12`, `12-15`. */
export function rangeText(start: number, end: number): string {
  return start === end ? `${start}` : `${start}-${end}`;
}

function decoded(text: string): string {
  try {
    return decodeURI(text);
  } catch {
    return text;
  }
}
