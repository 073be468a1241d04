import { AppError, isAppError } from '../../common/app-error.ts';
import type { FileRecord, FileState, SegmentPlace } from '../records.ts';
import { bytes, columnError, integer, text } from './row.ts';
import type { Row } from './row.ts';
import { storedCheck } from './secret-check.ts';
import type { MemoryShape } from '../algebra/shape.ts';
import { decodeRecord } from '../algebra/embedding-record.ts';
import type { EmbeddingRecord } from '../algebra/embedding-record.ts';

/** Rows to records. A row that cannot be one throws `memory/column` or `memory/value`, which the ledger reports. */

export const FILE_COLUMNS = 'path, blob_hash, bytes, mtime_ms, lines, state, reason, message, secret_check';
/** Beside the columns of a file: what is only known where a walk looked at it. */
export const STAT_COLUMNS = 'ctime_ms, inode';
export const PLACE_COLUMNS =
  'segment.id, file.path, segment.ordinal, segment.start_line, segment.end_line, segment.tokens, segment.content_hash';
/** Segments first: left to choose, SQLite begins with all files. */
export const PLACE_TABLES = 'segment CROSS JOIN file ON file.id = segment.file_id';
/** A segment that is not embedded has no record. */
export const RECORD_JOIN = 'LEFT JOIN record ON record.id = segment.record_id';

export function storedFile(row: Row): FileRecord {
  const state = storedState(row);
  const secrets = storedCheck(row);
  return {
    path: text(row, 'path'),
    blobHash: text(row, 'blob_hash'),
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
  return kind === 'ingested' ? { kind } : { kind, reason: text(row, 'reason'), message: text(row, 'message') };
}

export function storedKind(row: Row): FileState['kind'] {
  const kind = text(row, 'state');
  if (kind !== 'ingested' && kind !== 'skipped' && kind !== 'failed') throw columnError('state');
  return kind;
}

export function storedPlace(row: Row): SegmentPlace {
  return {
    segmentId: integer(row, 'id'),
    path: text(row, 'path'),
    ordinal: integer(row, 'ordinal'),
    start: integer(row, 'start_line'),
    end: integer(row, 'end_line'),
    tokens: integer(row, 'tokens'),
    contentHash: Buffer.from(bytes(row, 'content_hash')).toString('hex'),
  };
}

export function storedRecord(row: Row, shape: MemoryShape): EmbeddingRecord {
  try {
    return decodeRecord(bytes(row, 'vectors'), shape);
  } catch (error) {
    // What was stored was whole: a record that does not decode is damage, not a caller's mistake.
    throw isAppError(error, 'memory/record') ? new AppError('memory/value', error.message) : error;
  }
}
