import type { FileRecord, FileState, SegmentPlace } from '../records.ts';
import { bytes, integer, RowError, CorruptValueError, text } from './row.ts';
import type { Row } from './row.ts';
import { storedCheck } from './secret-check.ts';
import type { MemoryShape } from '../algebra/shape.ts';
import { decodeRecord, RecordError } from '../algebra/embedding-record.ts';
import type { EmbeddingRecord } from '../algebra/embedding-record.ts';

/** Rows to records. A row that cannot be one throws RowError or SpoiltError, which the ledger reports. */

export const FILE_COLUMNS = 'path, blob_hash, bytes, mtime_ms, lines, state, reason, sentence';
/** Beside the columns of a file: what is only known where this version of the program looked at it. */
export const STAT_COLUMNS = 'ctime_ms, inode';
export const FILE_TABLES = 'file LEFT JOIN main.file_stat ON file_stat.file_id = file.id';
export const PLACE_COLUMNS =
  'segment.id, file.path, segment.ordinal, segment.first, segment.last, segment.tokens, write.key';
export const SEGMENT_TABLES =
  'segment JOIN file ON file.id = segment.file_id JOIN write ON write.id = segment.write_id';

export function storedFile(row: Row): FileRecord {
  const state = storedState(row);
  const secrets = storedCheck(row, state.kind);
  return {
    path: text(row, 'path'),
    blobHash: state.kind === 'skipped' && secrets ? '' : text(row, 'blob_hash'),
    bytes: integer(row, 'bytes'),
    mtimeMs: integer(row, 'mtime_ms'),
    lines: integer(row, 'lines'),
    state,
    ...(secrets ? { secrets } : {}),
    ...(row.ctime_ms === null ? {} : { stat: { ctimeMs: integer(row, 'ctime_ms'), inode: integer(row, 'inode') } }),
  };
}

function storedState(row: Row): FileState {
  const kind = storedKind(row);
  return kind === 'ingested' ? { kind } : { kind, reason: text(row, 'reason'), sentence: text(row, 'sentence') };
}

export function storedKind(row: Row): FileState['kind'] {
  const kind = text(row, 'state');
  if (kind !== 'ingested' && kind !== 'skipped' && kind !== 'failed') throw new RowError('state');
  return kind;
}

export function storedPlace(row: Row): SegmentPlace {
  return {
    segmentId: integer(row, 'id'),
    path: text(row, 'path'),
    ordinal: integer(row, 'ordinal'),
    start: integer(row, 'first'),
    end: integer(row, 'last'),
    tokens: integer(row, 'tokens'),
    writeKey: Buffer.from(bytes(row, 'key')).toString('hex'),
  };
}

export function storedWrite(row: Row, shape: MemoryShape): EmbeddingRecord {
  try {
    return decodeRecord(bytes(row, 'blob'), shape);
  } catch (error) {
    // What was stored was whole: a write that does not decode is damage, not a caller's mistake.
    throw error instanceof RecordError ? new CorruptValueError(error.message) : error;
  }
}
