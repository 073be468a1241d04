/**
 * Strict decoding by a label of the WHATWG's Encoding Standard; undefined for another label, and for bytes that are
 * anything else.
 */
export function decodeAs(label: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** As `decodeAs`, with a stray byte here and there shown as U+FFFD, as editors show it. */
export function decodeMostly(label: string, bytes: Uint8Array): string | undefined {
  const exact = decodeAs(label, bytes);
  if (exact !== undefined) return exact;
  const text = new TextDecoder(label).decode(bytes);
  return (text.match(/\ufffd/g)?.length ?? 0) <= 1 + text.length / 100 ? text : undefined;
}

/** One character for each byte, unlike `TextDecoder`'s `latin1`, which is Windows-1252. */
export const asCharacters = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
