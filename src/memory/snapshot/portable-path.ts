import { LIMITS } from './format.ts';

/** Control characters move cursors and end strings; a backslash or a drive letter means another place on Windows. */
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f\\]|^[A-Za-z]:/;

/** Whether a path lies below the root on every platform: relative, `/` between its parts, no `.` or `..`, not too long. */
export function isPortable(path: string): boolean {
  return (
    path.isWellFormed() &&
    Buffer.byteLength(path) <= LIMITS.path &&
    !UNSAFE.test(path) &&
    // An empty part is a slash at the start, at the end, or twice.
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
