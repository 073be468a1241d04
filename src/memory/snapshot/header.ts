import { createHash } from 'node:crypto';

import { AppError } from '../../common/app-error.ts';
import { isKnownFormat, LIMITS, namesOf, NOTICE } from './format.ts';
import { isDisguised } from './portable-path.ts';

/**
 * What a snapshot says of itself. Every number and hash in it is computed again from the content before it is believed.
 */
export interface SnapshotHeader {
  /** Its version of the format. */
  readonly format: number;
  readonly notice: string;
  /** Version of the program that wrote it. */
  readonly program: string;
  /** ISO date, UTC. */
  readonly created: string;
  /** Base model and adapter with their versions. */
  readonly adapter: string;
  /** recordLayout() of the shape. */
  readonly layout: string;
  /**
   * The same for every clone; '' for a folder that is named by its place alone, because a place means nothing
   * elsewhere.
   */
  readonly repository: string;
  /** sha256 over the ingested files' paths and content hashes. */
  readonly treeHash: string;
  /** SetHash.hex() of all segments; undefined in a snapshot of version 1, which did not have it. */
  readonly setHash: string | undefined;
  /** sha256 over every row but the header's, in order. */
  readonly content: string;
  /** Whether the words of the segments are there, without which the snapshot alone cannot be searched for words. */
  readonly words: 'kept' | 'omitted';
  readonly files: number;
  readonly segments: number;
  readonly records: number;
  readonly terms: number;
}

const HASHES = ['treeHash', 'setHash', 'content'] as const;
const TEXTS = ['notice', 'program', 'created', 'adapter', 'layout', 'repository'] as const;
const COUNTS = ['files', 'segments', 'records', 'terms'] as const;

/** What version 1 called the checksum. */
const FORMER_CHECKSUM = 'seal';

/** The rows of the header table: the fields, the format and a checksum over both. */
export function headerRows(header: SnapshotHeader): Map<string, string> {
  const rows = new Map<string, string>([['format', String(header.format)]]);
  for (const name of [...TEXTS, ...HASHES, ...COUNTS, 'words'] as const) rows.set(name, String(header[name]));
  rows.set('checksum', checksumOf(rows));
  return rows;
}

/**
 * The header in these rows. Throws `snapshot/…`: a checksum that does not fit is damage, a count beyond every limit
 * unsafe.
 */
export function headerOf(rows: ReadonlyMap<string, string>, file: string): SnapshotHeader {
  const broken = new AppError('snapshot/damaged', `The header of the snapshot ${file} is damaged.`);
  const format = Number(rows.get('format'));
  const stored = rows.get(format === 1 ? FORMER_CHECKSUM : 'checksum');
  if (stored !== checksumOf(rows) || !isKnownFormat(format)) throw broken;
  const text = (name: string): string => {
    const value = rows.get(name);
    if (value === undefined || value.length > LIMITS.value) throw broken;
    if (isDisguised(value)) {
      throw new AppError('snapshot/unsafe', `The snapshot ${file} has a header with characters that nobody sees.`);
    }
    return value;
  };
  const hash = (name: string): string => {
    if (!/^[0-9a-f]{64}$/.test(text(name))) throw broken;
    return text(name);
  };
  const count = (name: (typeof COUNTS)[number], called: string = name): number => {
    if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text(called))) throw broken;
    const value = Number(text(called));
    if (value <= LIMITS[name]) return value;
    throw new AppError(
      'snapshot/unsafe',
      `The snapshot ${file} says that it holds ${value} ${name}; ${LIMITS[name]} is the most.`,
    );
  };
  const names = namesOf(format);
  const words = text('words');
  if ((words !== 'kept' && words !== names.noWords) || text('notice') !== NOTICE) throw broken;
  return {
    format,
    notice: text('notice'),
    program: text('program'),
    created: text('created'),
    adapter: text('adapter'),
    layout: text('layout'),
    repository: text('repository'),
    treeHash: hash('treeHash'),
    setHash: format === 1 ? undefined : hash('setHash'),
    content: hash('content'),
    words: words === 'kept' ? 'kept' : 'omitted',
    files: count('files'),
    segments: count('segments'),
    records: count('records', names.count),
    terms: count('terms'),
  };
}

/** Not a signature: it tells a flipped bit from a header that somebody wrote. */
function checksumOf(rows: ReadonlyMap<string, string>): string {
  const summed = [...rows]
    .filter(([name]) => name !== 'checksum' && name !== FORMER_CHECKSUM)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update('memory snapshot header\n').update(JSON.stringify(summed)).digest('hex');
}
