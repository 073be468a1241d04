import type { TensorEntry } from '../../../kernels/manifest.ts';
import type { Place } from '../../../kernels/graph.ts';
import { BLOCK } from './quantize.ts';
import type { SourceTensor } from './model-source.ts';

const ALIGNMENT = 64;
/** A table of words is written in so many parts. */
const TABLE_PARTS = 2;
/** Bytes of a file of blocks: what is lost where writing is cut off. */
const BODY_BYTES = 32_000_000;
/** Measured on the built-in base (models/README.md): the words and what is attended to deserve more than 4 bits. */
const EIGHT_BITS = /^(?:embedding|output)$|\.attention\.[kv]$/;

/** Rows of a tensor that one entry of the manifest holds. */
export interface PlannedTensor {
  readonly key: string;
  readonly tensor: string;
  readonly firstRow: number;
  readonly rows: number;
  readonly columns: number;
  readonly entry: Exclude<TensorEntry, { kind: 'w8a8' }>;
}

export interface PlannedFile {
  readonly name: string;
  readonly bytes: number;
  readonly tensors: readonly PlannedTensor[];
}

interface OpenFile {
  readonly name: string;
  bytes: number;
  readonly tensors: PlannedTensor[];
}

/** Where every tensor will lie: it follows from the shapes alone, so that writing can be gone on with. */
export function planFiles(tensors: readonly SourceTensor[]): readonly PlannedFile[] {
  const files: OpenFile[] = [];
  let body: OpenFile | undefined;
  const begun = (name: string): OpenFile => {
    const file = { name, bytes: 0, tensors: [] };
    files.push(file);
    return file;
  };
  let bodies = 0;
  for (const { name, shape } of tensors) {
    const [rows = 1, columns = 1] = shape.length === 1 ? [1, ...shape] : shape;
    if (EIGHT_BITS.test(name) && !name.includes('.')) {
      for (let part = 0; part < TABLE_PARTS; part += 1) {
        const firstRow = Math.ceil((rows * part) / TABLE_PARTS);
        const ownRows = Math.ceil((rows * (part + 1)) / TABLE_PARTS) - firstRow;
        const file = begun(`${name}-${part}.bin`);
        place(file, { key: `${name}.${part}`, tensor: name, firstRow, rows: ownRows, columns }, false);
      }
      continue;
    }
    const size = shape.length === 1 ? 4 * columns : (rows * columns) / (EIGHT_BITS.test(name) ? 1 : 2);
    if (body === undefined || body.bytes + size > BODY_BYTES) {
      body = begun(`body-${String(bodies).padStart(2, '0')}.bin`);
      bodies += 1;
    }
    place(body, { key: name, tensor: name, firstRow: 0, rows, columns }, shape.length === 1);
  }
  return files;
}

function place(file: OpenFile, planned: Omit<PlannedTensor, 'entry'>, isVector: boolean): void {
  const append = (bytes: number): Place => {
    const offset = Math.ceil(file.bytes / ALIGNMENT) * ALIGNMENT;
    file.bytes = offset + bytes;
    return { file: file.name, offset, bytes };
  };
  const { rows, columns, tensor } = planned;
  if (isVector) {
    file.tensors.push({ ...planned, entry: { kind: 'float32', shape: [columns], data: append(4 * columns) } });
    return;
  }
  const isEight = EIGHT_BITS.test(tensor);
  const shape = [rows, columns];
  const data = append((rows * columns) / (isEight ? 1 : 2));
  const scales = append((2 * rows * columns) / BLOCK);
  if (isEight) {
    file.tensors.push({ ...planned, entry: { kind: 'int8', shape, block: BLOCK, data, scales } });
    return;
  }
  const zeros = append(rows * Math.ceil(columns / BLOCK / 2));
  file.tensors.push({ ...planned, entry: { kind: 'int4', shape, block: BLOCK, data, scales, zeros } });
}
