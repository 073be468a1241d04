import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyTable } from '../memory/key-table.ts';
import { terms } from '../memory/lexicon.ts';
import type { Ledger } from '../memory/ledger.ts';
import type { Change, FileRecord } from '../memory/records.ts';
import { quantise, writeKey } from '../memory/write.ts';
import type { Write } from '../memory/write.ts';
import { readText } from '../workspace/file.ts';
import { segmentHeader } from '../workspace/header.ts';
import { skipReasons } from '../workspace/skip.ts';
import type { SkipReason } from '../workspace/skip.ts';
import { walk } from '../workspace/walk.ts';
import type { Entry } from '../workspace/walk.ts';
import { EngineError } from './engine-error.ts';
import type { Engine } from './host.ts';

export interface IngestOptions {
  readonly root: string;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly include?: readonly string[];
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
}

type Candidate = Extract<Entry, { kind: 'candidate' }>;

/**
 * Brings the ledger up to the files on disk: what is gone is forgotten, what is new or changed is segmented and its unknown
 * segments are encoded. Each file is one transaction, so a stop at any moment loses at most the file in the works, and the
 * next pass goes on from there. The content's hash decides, not its time (indexes that start over after a reboot are
 * among the commonest complaints about assistants).
 *
 * @throws EngineError, LedgerError; the signal's reason when it is aborted, with everything before it saved
 */
export async function ingest(options: IngestOptions): Promise<IngestReport> {
  const began = performance.now();
  const { root, ledger, signal } = options;
  const known = new Map(ledger.files().map((file) => [file.path, file]));
  const found = await plan(options, known);
  const gone = [...known.keys()].filter((path) => !found.seen.has(path));
  if (gone.length > 0) changed(options, ledger.forget(gone));
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
    await work.file(root, entry.path, report);
    bytes += entry.bytes;
  }
  return {
    read: found.fresh.length,
    unchanged: found.unchanged,
    removed: gone.length,
    skipped: found.skipped + work.skipped,
    failed: work.failed,
    encoded: work.encoded,
    reused: work.reused,
    tokens: work.tokens,
    milliseconds: performance.now() - began,
  };
}

/** The keys of a ledger's segments, for recall. */
export function fillKeyTable(ledger: Ledger, table: KeyTable): void {
  for (const segment of ledger.segments()) table.append(segment.segmentId, segment.write.keys);
}

interface Plan {
  readonly fresh: readonly Candidate[];
  readonly seen: ReadonlySet<string>;
  readonly unchanged: number;
  readonly skipped: number;
}

/** Walks the folder and compares names, sizes and times with the ledger; a file that looks the same is not opened. */
async function plan(options: IngestOptions, known: ReadonlyMap<string, FileRecord>): Promise<Plan> {
  const { root, ledger, signal, include } = options;
  const fresh: Candidate[] = [];
  const seen = new Set<string>();
  let unchanged = 0;
  let skipped = 0;
  for await (const entry of walk(root, { ...(signal ? { signal } : {}), ...(include ? { include } : {}) })) {
    seen.add(entry.path);
    const before = known.get(entry.path);
    if (entry.kind === 'skipped') {
      skipped += 1;
      const same = before?.state.kind === 'skipped' && before.state.reason === entry.reason;
      if (!same) changed(options, ledger.skipFile(entry.path, noMeta(entry.bytes), skippedState(entry.reason)));
    } else if (looksTheSame(before, entry)) {
      if (before?.state.kind === 'skipped') skipped += 1;
      else unchanged += 1;
    } else {
      fresh.push(entry);
    }
    if (seen.size % 100 === 0) options.onProgress?.({ kind: 'walking', files: seen.size });
  }
  options.onProgress?.({ kind: 'walking', files: seen.size });
  fresh.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { fresh, seen, unchanged, skipped };
}

function looksTheSame(before: FileRecord | undefined, entry: Candidate): boolean {
  return (
    before !== undefined &&
    before.state.kind !== 'failed' &&
    before.bytes === entry.bytes &&
    before.mtimeMs === entry.mtimeMs
  );
}

/** Encodes files one after the other and counts what that took. */
class Work {
  readonly #options: IngestOptions;
  skipped = 0;
  failed = 0;
  encoded = 0;
  reused = 0;
  tokens = 0;
  #milliseconds = 0;

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  get rate(): number {
    return this.#milliseconds > 0 ? (1000 * this.tokens) / this.#milliseconds : 0;
  }

  async file(root: string, path: string, onShare: (share: number) => void): Promise<void> {
    const { ledger, engine, signal } = this.#options;
    const content = await readText(root, path);
    if (content.kind === 'skipped') {
      this.skipped += 1;
      const entry = await sizeAndTime(root, path);
      changed(this.#options, ledger.skipFile(path, entry, skippedState(content.reason)));
      return;
    }
    const asked = signal ? { signal } : {};
    const segments = await engine.segment(content.text, asked);
    const { adapter, shape } = ledger.identity;
    const entries = segments.map((segment) => {
      const header = segmentHeader(path, segment);
      const key = writeKey(adapter, header, segment.text);
      return { ...segment, header, writeKey: key, terms: terms(segment.text) };
    });
    const stored = ledger.hasWrite(entries.map((entry) => entry.writeKey));
    const writes = new Map<string, Write>();
    const last = segments.at(-1);
    const meta = {
      blobHash: content.hash,
      bytes: content.bytes,
      mtimeMs: content.mtimeMs,
      lines: last?.end ?? 0,
    };
    try {
      for (const [index, entry] of entries.entries()) {
        if (stored.has(entry.writeKey) || writes.has(entry.writeKey)) {
          this.reused += 1;
          continue;
        }
        const { keys, tokens, milliseconds } = await engine.encode(entry.header, entry.text, asked);
        writes.set(entry.writeKey, quantise({ keys, values: new Float32Array(0) }, shape, []));
        this.encoded += 1;
        this.tokens += tokens;
        this.#milliseconds += milliseconds;
        onShare((index + 1) / entries.length);
      }
    } catch (error) {
      // One file that the engine cannot do must not end the pass; a missing model ends it, and so does the user.
      if (!(error instanceof EngineError) || !['gave-up', 'internal'].includes(error.problem)) throw error;
      this.failed += 1;
      const state = { kind: 'failed', reason: error.problem, sentence: error.message } as const;
      changed(this.#options, ledger.skipFile(path, meta, state));
      return;
    }
    changed(this.#options, ledger.putFile(path, meta, entries, writes));
  }
}

function changed(options: IngestOptions, change: Change): void {
  options.onChange?.(change);
}

async function sizeAndTime(root: string, path: string) {
  const found = await lstat(join(root, path)).catch(() => undefined);
  return { blobHash: '', bytes: found?.size ?? 0, mtimeMs: found?.mtimeMs ?? 0, lines: 0 };
}

const noMeta = (bytes: number | undefined) => ({ blobHash: '', bytes: bytes ?? 0, mtimeMs: 0, lines: 0 });

const skippedState = (reason: SkipReason) => ({ kind: 'skipped', reason, sentence: skipReasons[reason] }) as const;
