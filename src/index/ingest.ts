import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAppError } from '../common/app-error.ts';
import { terms } from '../memory/search/tokenize.ts';
import type { Ledger } from '../memory/store/ledger.ts';
import type { Change, FileMeta, FileRecord } from '../memory/records.ts';
import { quantize, contentHash } from '../memory/algebra/embedding-record.ts';
import type { EmbeddingRecord } from '../memory/algebra/embedding-record.ts';
import { fileStat, isMissing } from '../workspace/walk/entry.ts';
import { readText } from '../workspace/files/file.ts';
import type { FileText } from '../workspace/files/file.ts';
import { segmentHeader } from '../workspace/segment/header.ts';
import { splitLines } from '../workspace/segment/line.ts';
import { isSameReading, noneExempt, rulesFor } from '../workspace/files/secret.ts';
import type { IsExempt } from '../workspace/files/secret.ts';
import type { Entry } from '../workspace/walk/walk.ts';
import type { Engine, Priority } from '../engine/client/engine.ts';
import { isSuperseded } from './superseded.ts';
import type { Seen } from './superseded.ts';
import { noMeta, planAll, planEntries, planPaths, skippedState } from './plan.ts';
import type { Candidate, Plan } from './plan.ts';

export interface IngestOptions {
  readonly root: string;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** Files whose secrets are read in clear. */
  readonly isExempt?: IsExempt;
  readonly remember?: boolean;
  /** Only these are looked at, relative to the root; a walk is made where they do not decide alone. */
  readonly paths?: readonly string[];
  /** Only these files, which a walk has just found. */
  readonly entries?: readonly Entry[];
  /** A save goes before the first reading of the rest. */
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: IngestProgress) => void;
  /** Follows every change of the ledger, so that a table of keys in memory stays true. */
  readonly onChange?: (change: Change) => void;
}

/** Where ingest stands. Bytes stand for work, because tokens are known only after a file was read. */
export type IngestProgress =
  | { readonly kind: 'walking'; readonly files: number }
  | {
      readonly kind: 'encoding';
      readonly files: number;
      readonly ofFiles: number;
      readonly bytes: number;
      readonly ofBytes: number;
      readonly tokens: number;
      /** Tokens per second of the model's own time. */
      readonly rate: number;
      readonly path: string;
    };

/** What one pass did. */
export interface IngestReport {
  /** Files whose content was read because it is new or changed. */
  readonly read: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly skipped: number;
  readonly failed: number;
  /** Segments that ran through the model. */
  readonly encoded: number;
  /** Segments whose write was stored already: another branch's, or an unchanged part of a changed file. */
  readonly reused: number;
  readonly tokens: number;
  readonly milliseconds: number;
  /** The part of them in which the model ran. */
  readonly encodeMilliseconds: number;
}

/**
 * Brings the ledger up to the files on disk: what is gone is forgotten, what is new or changed is segmented and its
 * unknown segments are encoded. Each file is one transaction, so a stop at any moment loses at most the file in the
 * works, and the next pass goes on from there. The content's hash decides, not its time (indexes that start over after
 * a reboot are among the commonest complaints about assistants).
 *
 * @throws `engine/…`, `ledger/…`; the signal's reason when it is aborted, with everything before it saved
 */
export async function ingest(options: IngestOptions): Promise<IngestReport> {
  const began = performance.now();
  const { root, ledger, signal } = options;
  const found = await plan(options);
  const work = new Work(options);
  const ofBytes = found.fresh.reduce((sum, entry) => sum + entry.bytes, 0);
  let bytes = 0;
  for (const [index, entry] of found.fresh.entries()) {
    signal?.throwIfAborted();
    const report = (share: number) => {
      options.onProgress?.({
        kind: 'encoding',
        files: index,
        ofFiles: found.fresh.length,
        bytes: bytes + share * entry.bytes,
        ofBytes,
        tokens: work.tokens,
        rate: work.rate,
        path: entry.path,
      });
    };
    report(0);
    await work.file(root, entry, report);
    bytes += entry.bytes;
  }
  // What the report says has to be true of the disk: a folder may be deleted under an open database.
  ledger.assertOnDisk();
  return {
    read: found.fresh.length - work.same,
    unchanged: found.unchanged + work.same,
    removed: found.removed + work.removed,
    skipped: found.skipped + work.skipped,
    failed: work.failed,
    encoded: work.encoded,
    reused: work.reused,
    tokens: work.tokens,
    milliseconds: performance.now() - began,
    encodeMilliseconds: work.encodeMilliseconds,
  };
}

async function plan(options: IngestOptions): Promise<Plan> {
  const onFiles = (files: number) => options.onProgress?.({ kind: 'walking', files });
  const how = { ...options, onFiles };
  if (options.entries) return planEntries(how, options.entries);
  return (options.paths && (await planPaths(how, options.paths))) ?? (await planAll(how));
}

/** Encodes files one after the other and counts what that took. */
class Work {
  readonly #options: IngestOptions;
  /** Files that looked touched and have the content that is recorded. */
  same = 0;
  removed = 0;
  skipped = 0;
  failed = 0;
  encoded = 0;
  reused = 0;
  tokens = 0;
  encodeMilliseconds = 0;

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  get rate(): number {
    return this.encodeMilliseconds > 0 ? (1000 * this.tokens) / this.encodeMilliseconds : 0;
  }

  async file(root: string, candidate: Candidate, onShare: (share: number) => void): Promise<void> {
    try {
      await this.#file(root, candidate, onShare);
    } catch (error) {
      // A write that was stored was taken out meanwhile: somebody forgot files. Now it is encoded.
      if (!isAppError(error, 'ledger/missing')) throw error;
      await this.#file(root, candidate, onShare);
    }
  }

  async #file(root: string, { path, included = false }: Candidate, onShare: (share: number) => void): Promise<void> {
    const { ledger, engine, isExempt = noneExempt, signal, priority = 'ingest' } = this.#options;
    const before = ledger.file(path);
    const supersededSince = (seen: Seen) => () => isSuperseded(this.#options, before, path, seen);
    const content = await readText(root, path, { included, isExempt });
    const rules = rulesFor(path, isExempt);
    if (content.kind === 'skipped') {
      const found = await lstat(join(root, path)).catch((error: unknown) => (isMissing(error) ? 'gone' : undefined));
      if (found === 'gone') {
        this.removed += 1;
        changed(this.#options, ledger.drop([path], supersededSince('gone')));
        return;
      }
      this.skipped += 1;
      const stat = found && fileStat(found);
      const secrets = { rules, masked: [] };
      const meta = { ...noMeta(found?.size), mtimeMs: found?.mtimeMs ?? 0, stat, secrets };
      changed(this.#options, ledger.skipFile(path, meta, skippedState(content.reason), supersededSince(meta)));
      return;
    }
    const { hash: blobHash, bytes, mtimeMs, stat } = content;
    const secrets = { rules, masked: content.masked };
    if (isRecorded(before, { blobHash, bytes, mtimeMs }) && isSameText(before, content, rules)) {
      this.same += 1;
      if (before.secrets?.rules !== rules) ledger.markChecked(path, secrets);
      ledger.noteStat(path, { blobHash, bytes, mtimeMs, lines: before.lines, stat });
      return;
    }
    const asked = { priority, ...(signal ? { signal } : {}) };
    const segments = await engine.segment(content.text, asked);
    const { adapter, shape } = ledger.identity;
    const entries = segments.map((segment) => {
      const header = segmentHeader(path, segment);
      const key = contentHash(adapter, header, segment.text);
      return { ...segment, header, contentHash: key, terms: terms(segment.text) };
    });
    const stored = ledger.hasRecord(entries.map((entry) => entry.contentHash));
    const writes = new Map<string, EmbeddingRecord>();
    const last = segments.at(-1);
    const meta = { blobHash, bytes, mtimeMs, lines: last?.end ?? 0, stat, secrets };
    try {
      for (const [index, entry] of entries.entries()) {
        // Looked up once more: another process may have encoded the same text meanwhile.
        const isKnown = stored.has(entry.contentHash) || ledger.hasRecord([entry.contentHash]).size > 0;
        if (isKnown || writes.has(entry.contentHash)) {
          this.reused += 1;
          continue;
        }
        const { keys, tokens, milliseconds } = await engine.encode(entry.header, entry.text, asked);
        writes.set(entry.contentHash, quantize({ keys, values: new Float32Array(0) }, shape, []));
        this.encoded += 1;
        this.tokens += tokens;
        this.encodeMilliseconds += milliseconds;
        onShare((index + 1) / entries.length);
      }
    } catch (error) {
      // One file that the engine cannot do must not end the pass; a missing model ends it, and so does the user.
      if (!isAppError(error, 'engine/gave-up', 'engine/internal')) throw error;
      this.failed += 1;
      const state = { kind: 'failed', reason: error.code.replace('engine/', ''), sentence: error.message } as const;
      changed(this.#options, ledger.skipFile(path, meta, state, supersededSince(meta)));
      return;
    }
    changed(this.#options, ledger.putFile(path, meta, entries, writes, supersededSince(meta)));
  }
}

/** Whether a file that looked touched is what is recorded: its inode or its change of rights was all that was new. */
function isRecorded(
  before: FileRecord | undefined,
  now: Pick<FileMeta, 'blobHash' | 'bytes' | 'mtimeMs'>,
): before is FileRecord {
  return (
    before?.state.kind === 'ingested' &&
    before.blobHash === now.blobHash &&
    before.bytes === now.bytes &&
    before.mtimeMs === now.mtimeMs
  );
}

/**
 * Whether a file of the same bytes has the same text as when it was recorded: nothing is masked in it now or was then.
 * Lines are compared too, because what counts as the text of a file may have changed with the program.
 */
function isSameText(
  { secrets, lines }: FileRecord,
  { masked, text }: Extract<FileText, { kind: 'text' }>,
  rules: string,
): boolean {
  if (secrets?.rules === rules) return true;
  if (!isSameReading(secrets?.rules, rules)) return false;
  return (secrets?.masked.length ?? 0) === 0 && masked.length === 0 && lines === splitLines(text).length;
}

function changed(options: IngestOptions, change: Change): void {
  options.onChange?.(change);
}
