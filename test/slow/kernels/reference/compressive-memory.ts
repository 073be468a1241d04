import { createHash } from 'node:crypto';

import { AppError } from '../../../../src/common/app-error.ts';
import type { EightBits } from '../../../unit/memory/support.ts';
import { checkShape } from '../../../../src/memory/algebra/shape.ts';
import type { MemoryShape } from '../../../../src/memory/algebra/shape.ts';
import { EXACT } from './integer-feature-map.ts';
import type { FeatureMap } from './integer-feature-map.ts';

/** A shape whose keys a feature map takes to features: φ, from d_k key numbers to d_φ features. */
export interface SummedShape extends MemoryShape {
  readonly featureMap: FeatureMap;
}

const READ = {
  /** ε of the read, in real units of φ(q)·z: it only matters where nothing was stored. */
  epsilon: 1e-6,
} as const;

/** M and z in float32, as graphs take them. */
export interface GraphState {
  /** [d_φ] */
  readonly z: Float32Array;
  /** B times [d_φ, d_v] */
  readonly M: readonly Float32Array[];
}

/** A sum would leave the integers that float64 holds exactly. */
export class InexactError extends Error {
  override readonly message =
    'This memory holds as much as can be summed exactly (2^53). Narrow the scope to fewer files.';
}

/**
 * z = Σ φ(k) and M = Σ φ(k)ᵀ v over memory tokens (arXiv 2404.07143, eq. 4, linear rule), kept as exact integers in
 * float64. Only the linear rule is here: the delta rule (eq. 5) depends on order and cannot be subtracted.
 *
 * Because every sum is exact, two memories of the same writes are equal bit for bit however they were put together.
 */
export class CompressiveMemory {
  readonly shape: SummedShape;
  /** [d_φ] */
  readonly z: Float64Array;
  /** B times [d_φ, d_v] */
  readonly M: readonly Float64Array[];
  /** No cell is larger than this in magnitude; only near the limit are the cells themselves looked at. */
  #ceiling = 0;
  readonly #step: number;
  readonly #features: Int32Array;

  constructor(shape: SummedShape) {
    checkShape(shape);
    if (shape.featureMap.keySize !== shape.keySize) {
      throw new AppError(
        'memory/shape',
        `The feature map takes keys of ${shape.featureMap.keySize} numbers, the adapter makes keys of ${shape.keySize}.`,
      );
    }
    const { tokens, featureMap, blocks, valueSize } = shape;
    this.shape = shape;
    this.z = new Float64Array(featureMap.size);
    this.M = Array.from({ length: blocks }, () => new Float64Array(featureMap.size * valueSize));
    this.#step = tokens * featureMap.max * EXACT.int8;
    this.#features = new Int32Array(featureMap.size);
  }

  /** Adds a write: eq. (4). Throws InexactError before anything changes, `memory/record` on a wrong length. */
  add(write: EightBits): void {
    this.#apply(write, 1);
  }

  /** Takes out a write that was added: the exact inverse of `add`. Throws as `add` does. */
  subtract(write: EightBits): void {
    this.#apply(write, -1);
  }

  /** Adds (or takes out) another memory of the same shape, so that memories of scopes are sums and differences. */
  merge(other: CompressiveMemory, sign: 1 | -1 = 1): void {
    if (identity(other.shape) !== identity(this.shape)) {
      throw new AppError(
        'memory/shape',
        `A memory of ${identity(other.shape)} cannot be summed with one of ${identity(this.shape)}.`,
      );
    }
    let ceiling = this.#ceiling + other.#ceiling;
    if (ceiling > EXACT.limit) ceiling = this.#largestWith(other, sign);
    if (ceiling > EXACT.limit) throw new InexactError();
    this.#ceiling = ceiling;
    addScaled(this.z, other.z, sign);
    this.M.forEach((cells, block) => {
      addScaled(cells, other.M[block] ?? NONE, sign);
    });
  }

  /** True when shape and every cell are the same. */
  equals(other: CompressiveMemory): boolean {
    if (identity(other.shape) !== identity(this.shape)) return false;
    return same(this.z, other.z) && this.M.every((cells, block) => same(cells, other.M[block] ?? NONE));
  }

  /** sha256 (hex) over the shape and all cells as little-endian int64: equal for equal memories on every platform. */
  hash(): string {
    const hash = createHash('sha256').update(`compressive memory 2\n${identity(this.shape)}\n`);
    for (const cells of [this.z, ...this.M]) hash.update(littleEndian(cells));
    return hash.digest('hex');
  }

  /**
   * A = φ(q) M / (φ(q) z + ε), eq. (3), for each block.
   *
   * @param features φ(q), d_φ integers, from the same feature map
   * @param scales   value scale of each block, so that the read is in the model's units
   * @returns B arrays [d_v]
   */
  read(features: Int32Array, scales: readonly number[], epsilon: number = READ.epsilon): Float64Array[] {
    const { featureMap, blocks, valueSize } = this.shape;
    if (features.length !== featureMap.size || scales.length !== blocks) {
      throw new AppError(
        'memory/shape',
        `A read takes ${featureMap.size} features and ${blocks} scales, not ${features.length} and ${scales.length}.`,
      );
    }
    const mass = dot(features, this.z) + epsilon / featureMap.unit ** 2;
    return this.M.map((cells, block) => {
      const read = new Float64Array(valueSize);
      for (let i = 0, at = 0; i < features.length; i++, at += valueSize) {
        const feature = features[i] ?? 0;
        if (feature === 0) continue;
        for (let j = 0; j < valueSize; j++) read[j] = (read[j] ?? 0) + feature * (cells[at + j] ?? 0);
      }
      const scale = scales[block] ?? 0;
      return read.map((sum) => (sum / mass) * scale);
    });
  }

  /** M and z in real units and float32, for a graph that runs φ in floating point. */
  graphState(scales: readonly number[]): GraphState {
    const { unit } = this.shape.featureMap;
    return {
      z: Float32Array.from(this.z, (sum) => sum * unit),
      M: this.M.map((cells, block) => Float32Array.from(cells, (sum) => sum * unit * (scales[block] ?? 0))),
    };
  }

  #apply(write: EightBits, sign: 1 | -1): void {
    const { tokens, keySize, valueSize, featureMap } = this.shape;
    if (write.keys.length !== tokens * keySize || write.values.length !== this.shape.blocks * tokens * valueSize) {
      throw new AppError('memory/record', 'A record has other lengths than the memory.');
    }
    if (this.#ceiling + this.#step > EXACT.limit) {
      this.#applyNearLimit(write, sign);
      return;
    }
    this.#ceiling += this.#step;
    const { z, M } = this;
    const features = this.#features;
    const size = featureMap.size;
    // Float64 once here: converting int8 in the inner loop made it 2.5 times slower.
    const values = Float64Array.from(write.values);
    for (let token = 0; token < tokens; token++) {
      featureMap.features(write.keys.subarray(token * keySize, (token + 1) * keySize), features);
      for (let i = 0; i < size; i++) z[i] = (z[i] ?? 0) + sign * (features[i] ?? 0);
      for (let block = 0; block < M.length; block++) {
        const cells = M[block];
        if (cells === undefined) continue;
        const from = (block * tokens + token) * valueSize;
        for (let i = 0, at = 0; i < size; i++, at += valueSize) {
          const feature = sign * (features[i] ?? 0);
          if (feature === 0) continue;
          for (let j = 0; j < valueSize; j++) cells[at + j] = (cells[at + j] ?? 0) + feature * (values[from + j] ?? 0);
        }
      }
    }
  }

  /**
   * The bound no longer shows that the result is exact, so the write is summed alone and merge() looks at each cell.
   */
  #applyNearLimit(write: EightBits, sign: 1 | -1): void {
    const alone = new CompressiveMemory(this.shape);
    alone.add(write);
    this.merge(alone, sign);
  }

  /** The largest magnitude that a cell would have after merging; a sum above 2^53 is seen even where it is rounded. */
  #largestWith(other: CompressiveMemory, sign: 1 | -1): number {
    let largest = 0;
    [this.z, ...this.M].forEach((cells, array) => {
      const others = (array === 0 ? other.z : other.M[array - 1]) ?? NONE;
      cells.forEach((cell, i) => {
        largest = Math.max(largest, Math.abs(cell + sign * (others[i] ?? 0)));
      });
    });
    return largest;
  }
}

const NONE = new Float64Array();

/** What two memories must share to be summed. P is left out: it says how writes are grouped, not what a cell means. */
function identity(shape: SummedShape): string {
  return `${shape.featureMap.id}, keys of ${shape.keySize}, ${shape.blocks} blocks of values of ${shape.valueSize}`;
}

function addScaled(into: Float64Array, from: Float64Array, sign: 1 | -1): void {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] ?? 0) + sign * (from[i] ?? 0);
}

function same(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((cell, i) => cell === b[i]);
}

/** Two's complement, in two halves: BigInt would take ten times as long. */
function littleEndian(cells: Float64Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(cells.length * 8));
  cells.forEach((cell, i) => {
    const high = Math.floor(cell / 2 ** 32);
    view.setUint32(i * 8, cell - high * 2 ** 32, true);
    view.setInt32(i * 8 + 4, high, true);
  });
  return new Uint8Array(view.buffer);
}

function dot(features: Int32Array, cells: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < features.length; i++) sum += (features[i] ?? 0) * (cells[i] ?? 0);
  return sum;
}
