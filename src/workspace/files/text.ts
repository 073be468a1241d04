import { decodeText } from './encoding.ts';
import { isGenerated } from './generated.ts';
import { isMinified } from './minified.ts';
import { isNotebook, notebookText } from './notebook.ts';
import { noneExempt, withoutSecrets } from './secret.ts';
import type { FoundSecret } from './secret.ts';
import { isOverruled, limits, skipByKind } from './skip.ts';
import type { SkipOptions, SkipReason } from './skip.ts';

export type FileContent =
  | {
      readonly kind: 'text';
      /** Secrets in it are masked. */
      readonly text: string;
      readonly masked: readonly FoundSecret[];
    }
  | { readonly kind: 'skipped'; readonly reason: SkipReason };

/**
 * The text of a file, as it is cut, searched, cited and shown, or the reason why there is none. Line ends stay as they
 * stand in the file. A notebook's text is that of its cells (`notebook.ts`), any other file's is its own.
 *
 * @param bytes the whole file, at most `sizeLimit(path)` long
 */
export function textOf(path: string, bytes: Uint8Array, options: SkipOptions = {}): FileContent {
  const given = bytes.length === 0 ? 'empty' : (looksLike(bytes) ?? skipByKind(path, options));
  if (given) return skipped(given);
  const raw = decodeText(bytes);
  if (raw === undefined) return skipped('binary');
  return readable(path, raw, options);
}

/** As `textOf` for a file that is text already: what an editor holds. */
export function readable(path: string, raw: string, options: SkipOptions = {}): FileContent {
  const view = isNotebook(path) ? notebookText(raw) : undefined;
  const text = view ?? raw;
  const cells = text.replace(/^# %%.*$/gm, '');
  if ((view === undefined ? text : cells).trim() === '') return skipped('empty');
  const reason = byText(path, text, view !== undefined);
  if (reason && !isOverruled(reason, options)) return skipped(reason);
  const shown = withoutSecrets(path, text, options.isExempt ?? noneExempt);
  return shown ? { kind: 'text', ...shown } : skipped('secret');
}

/** The reason that the content gives. `bytes` is the whole file, at most `sizeLimit(path)` long. */
export function skipByContent(path: string, bytes: Uint8Array, options: SkipOptions = {}): SkipReason | undefined {
  const content = textOf(path, bytes, options);
  return content.kind === 'skipped' ? content.reason : undefined;
}

const skipped = (reason: SkipReason) => ({ kind: 'skipped', reason }) as const;

function byText(path: string, text: string, isView: boolean): SkipReason | undefined {
  if (isView) return text.length > limits.file ? 'too-large' : undefined;
  if (isNotebook(path) && text.length > limits.data) return 'data';
  if (isGenerated(path, text)) return 'generated';
  return isMinified(text) ? 'minified' : undefined;
}

const POINTER = Buffer.from('version https://git-lfs.github.com/spec/v1');
/** First bytes of formats that hold a document: PDF, the older Office, RTF. */
const DOCUMENTS = [Buffer.from('%PDF-'), Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('{\\rtf')];

function looksLike(bytes: Uint8Array): SkipReason | undefined {
  const startsWith = (mark: Buffer) => mark.equals(bytes.subarray(0, mark.length));
  if (bytes.length <= limits.pointer.most && startsWith(POINTER)) return 'lfs';
  return DOCUMENTS.some(startsWith) ? 'document' : undefined;
}
