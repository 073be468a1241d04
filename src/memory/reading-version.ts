/**
 * The version of the rules by which a file becomes segments and search terms. A database that was filled under another
 * version holds terms that no question asks with any more: its files are read again, and no segment is encoded again,
 * since its content is the same.
 *
 * 2: names written apart and together meet; marks are folded; scripts without blanks, and the stems of inflected
 * languages.
 */
export const READING_VERSION = 2;
