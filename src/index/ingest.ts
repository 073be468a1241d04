import type { Ledger } from '../memory/store/ledger.ts';
import type { Change } from '../memory/records.ts';
import type { IsExempt } from '../workspace/files/secret.ts';
import type { Engine, Priority } from '../engine/client/engine.ts';
import { planAll, planPaths } from './plan.ts';
import type { Plan } from './plan.ts';
import { VectorsPass } from './vectors-pass.ts';
import type { VectorsProgress } from './vectors-pass.ts';
import { WordsPass } from './words-pass.ts';

export interface IngestOptions {
  readonly root: string;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** Files whose secrets are read in clear. */
  readonly isExempt?: IsExempt;
  readonly remember?: boolean | undefined;
  /** Only these are looked at, relative to the root; a walk is made where they do not decide alone. */
  readonly paths?: readonly string[] | undefined;
  /** A save goes before the first reading of the rest. */
  readonly priority?: Priority;
  /** Paths that are asked about or worked on, nearest first: their vectors come before all others. */
  readonly nearest?: () => Iterable<string>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: IngestProgress) => void;
  /** Follows every change of the ledger, so that a table of keys in memory stays true. */
  readonly onChange?: (change: Change) => void;
}

/** Where the index stands. Bytes stand for work while words are read, tokens while vectors are made. */
export type IngestProgress =
  | { readonly kind: 'walking'; readonly files: number }
  | {
      readonly kind: 'indexing';
      readonly files: number;
      readonly ofFiles: number;
      readonly bytes: number;
      readonly ofBytes: number;
      readonly path: string;
    }
  | ({ readonly kind: 'embedding' } & VectorsProgress);

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
  /** Segments whose record was stored already: another branch's, or an unchanged part of a changed file. */
  readonly reused: number;
  readonly tokens: number;
  readonly milliseconds: number;
  /** The part of them in which the model ran. */
  readonly encodeMilliseconds: number;
}

/** What the words pass hands to the vectors pass. */
export interface Words {
  /** Undefined where the whole folder was looked at. */
  readonly paths: ReadonlySet<string> | undefined;
  readonly report: Omit<IngestReport, 'failed' | 'encoded' | 'tokens' | 'encodeMilliseconds'>;
}

/**
 * Brings the words of the ledger up to the files on disk: what is gone is forgotten, what is new or changed is cut and
 * searched for words from then on. The content's hash decides, not its time (indexes that start over after a reboot are
 * among the commonest complaints about assistants). No model runs.
 *
 * @throws `engine/…`, `ledger/…`; the signal's reason when it is aborted, with everything before it saved
 */
export async function indexWords(options: IngestOptions): Promise<Words> {
  const began = performance.now();
  const { signal } = options;
  const found = await plan(options);
  const pass = new WordsPass(options);
  const ofBytes = found.fresh.reduce((sum, entry) => sum + entry.bytes, 0);
  let bytes = 0;
  try {
    for (const [files, entry] of found.fresh.entries()) {
      signal?.throwIfAborted();
      const { path } = entry;
      options.onProgress?.({ kind: 'indexing', files, ofFiles: found.fresh.length, bytes, ofBytes, path });
      await pass.file(entry);
      bytes += entry.bytes;
    }
  } finally {
    pass.finish();
  }
  return {
    paths: options.paths && new Set([...options.paths, ...found.fresh.map(({ path }) => path)]),
    report: {
      read: found.fresh.length - pass.same,
      unchanged: found.unchanged + pass.same,
      removed: found.removed + pass.removed,
      skipped: found.skipped + pass.skipped,
      reused: pass.reused,
      milliseconds: performance.now() - began,
    },
  };
}

/**
 * Encodes what has words and no vectors yet, below the paths that the words pass looked at. What both passes did.
 *
 * @throws `engine/…`, `ledger/…`; the signal's reason when it is aborted, with everything before it saved
 */
export async function embedWords(options: IngestOptions, { paths, report }: Words): Promise<IngestReport> {
  const began = performance.now();
  const pass = new VectorsPass({
    ...options,
    paths,
    onProgress: (progress) => options.onProgress?.({ kind: 'embedding', ...progress }),
  });
  await pass.run();
  // What the report says has to be true of the disk: a folder may be deleted under an open database.
  options.ledger.assertOnDisk();
  const { encoded, tokens, milliseconds } = pass.encoder;
  return {
    ...report,
    reused: report.reused + pass.reused,
    failed: pass.failed,
    encoded,
    tokens,
    milliseconds: report.milliseconds + performance.now() - began,
    encodeMilliseconds: milliseconds,
  };
}

/** Both passes, one after the other. */
export async function ingest(options: IngestOptions): Promise<IngestReport> {
  return embedWords(options, await indexWords(options));
}

async function plan(options: IngestOptions): Promise<Plan> {
  const onFiles = (files: number) => options.onProgress?.({ kind: 'walking', files });
  const how = { ...options, onFiles };
  return (options.paths && (await planPaths(how, options.paths))) ?? (await planAll(how));
}
