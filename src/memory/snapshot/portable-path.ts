import { LIMITS } from './format.ts';

/** A backslash or a drive leads to another place on Windows. */
const ELSEWHERE = /\\|^[A-Za-z]:/;
/**
 * Windows forbids these in a name, a colon leads to a stream of a file, and dots and blanks at the end are taken off.
 */
const NOT_ON_WINDOWS = /[<>:"|?*]|[. ]$/;
/** Names of devices, whatever their extension (learn.microsoft.com: Naming Files, Paths, and Namespaces). */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?: *\.|$)/i;

/** Control characters, marks of direction, and characters that show nothing: a name with them can pass for another. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]/u;
/** What looks like a blank and is none. The wide blank of Chinese and Japanese is seen to be one. */
const BLANK = /[^\P{Zs} \u3000]/u;
/** Joiners decide how letters of these scripts are written (RFC 5892, A.1 and A.2), selectors how an emoji looks. */
const SCRIPTS = ['Arab', 'Syrc', 'Mong', 'Deva', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml', 'Telu', 'Knda', 'Mlym', 'Sinh']
  .map((script) => `\\p{Script=${script}}`)
  .join('');
const WRITTEN = new RegExp(
  `(?<=[${SCRIPTS}])[\\u200c\\u200d](?=[${SCRIPTS}])|\\p{RGI_Emoji}|\\p{Extended_Pictographic}[\\ufe0e\\ufe0f]`,
  'gv',
);

/**
 * Whether a path lies below the root on every platform and looks like what it is: relative, `/` between its parts, no
 * `.` or `..`, no device's name, nothing that is not seen, not too long. On Windows, also no name that means another
 * file there.
 */
export function isPortable(path: string, platform: NodeJS.Platform = process.platform): boolean {
  return (
    path.isWellFormed() &&
    Buffer.byteLength(path) <= LIMITS.path &&
    !ELSEWHERE.test(path) &&
    !isDisguised(path) &&
    // An empty part is a slash at the start, at the end, or twice.
    path.split('/').every((name) => isPortableName(name, platform))
  );
}

/** Whether a text holds characters that are not seen, or that change how others are seen. */
export function isDisguised(text: string): boolean {
  const written = text.replace(WRITTEN, 'x');
  return UNSEEN.test(written) || BLANK.test(written);
}

function isPortableName(name: string, platform: NodeJS.Platform): boolean {
  return (
    !['', '.', '..'].includes(name) &&
    Buffer.byteLength(name) <= LIMITS.name &&
    !RESERVED.test(name) &&
    !(platform === 'win32' && NOT_ON_WINDOWS.test(name))
  );
}
