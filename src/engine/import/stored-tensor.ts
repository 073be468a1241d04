import type { FileHandle } from 'node:fs/promises';
import { AppError } from '../../common/app-error.ts';
import { readAt } from '../../common/file-bytes.ts';
import { bytesOf, dequantize, kindName, readKinds } from './dequantize.ts';

/** A tensor as it lies in a file of somebody else. */
export interface StoredTensor {
  /** As people write it: [rows, columns], or [numbers]. */
  readonly shape: readonly number[];
  /** The type of its numbers, by its number in `dequantize.ts`. */
  readonly type: number;
  /** From the beginning of the file. */
  readonly offset: number;
}

/** `count` rows as float32 [count, columns]; a vector is one row. Throws `answer-model/unreadable`. */
export async function storedRows(
  { shape, type, offset }: StoredTensor,
  { handle, name }: { readonly handle: FileHandle; readonly name: string },
  first: number,
  count: number,
): Promise<Float32Array> {
  const row = bytesOf(type, shape.at(-1) ?? 1) ?? 0;
  const raw = await readAt(handle, count * row, offset + first * row);
  if (raw.length < count * row) throw cut(name);
  return dequantize(type, raw);
}

/** Bytes of a tensor. Throws `answer-model/unreadable` where its type, or blocks across its rows, are not read. */
export function storedBytes(name: string, file: string, { shape, type }: Omit<StoredTensor, 'offset'>): number {
  const kind = kindName(type);
  if (!readKinds.includes(kind)) {
    throw unreadable(`The tensor ${name} of ${file} is quantized as ${kind}; what is read is ${readKinds.join(', ')}.`);
  }
  const columns = shape.at(-1) ?? 1;
  const row = bytesOf(type, columns);
  if (row === undefined) {
    throw unreadable(`The tensor ${name} of ${file} has rows of ${columns} numbers, and ${kind} cannot hold those.`);
  }
  return shape.slice(0, -1).reduce((bytes, size) => bytes * size, row);
}

export function cut(file: string): AppError {
  return unreadable(`The model file ${file} is cut short: it ends before its tensors do.`);
}

/** For a model that cannot be taken over. `problem` is one sentence; what to do follows it. */
export function unreadable(problem: string): AppError {
  return new AppError('answer-model/unreadable', problem);
}

/** A list of a header as numbers; empty for what is no list. */
export function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}
