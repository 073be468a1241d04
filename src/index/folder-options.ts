import type { Engine, Priority } from '../engine/client/engine.ts';
import type { IngestProgress } from './ingest.ts';

/** How a folder index is opened. */
export interface FolderIndexOptions {
  readonly root: string;
  readonly engine: Engine;
  readonly home?: string | undefined;
  /** Patterns of files that are read although they are ignored, generated or large. */
  readonly include?: readonly string[] | undefined;
  /** Patterns of files that are not read, nor shown as a commit has them. */
  readonly exclude?: readonly string[] | undefined;
  /** Patterns of files whose secrets are read in clear: their owner has said so. */
  readonly secretExceptions?: readonly string[] | undefined;
  /** The database is set aside even though it looks whole, and begun anew. */
  readonly forceRebuild?: boolean | undefined;
}

/** What one pass over the files does. */
export interface RefreshOptions {
  readonly signal?: AbortSignal | undefined;
  /** Files that were forgotten on request are read again. */
  readonly remember?: boolean | undefined;
  /** Only these are looked at, relative to the root. */
  readonly paths?: readonly string[] | undefined;
  readonly priority?: Priority;
  readonly onProgress?: (progress: IngestProgress) => void;
  /** Told again and again while another process reads everything: this one waits, and need not encode it once more. */
  readonly onWait?: () => void;
}
