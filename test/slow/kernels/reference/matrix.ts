/**
 * A row-major float64 matrix for the references: written to be read, not to be fast. Every index is checked, so that a
 * wrong shape stops here and does not become a number.
 */
export class Matrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows · columns] */
  readonly data: Float64Array;

  /** Throws RangeError where `values` are not rows · columns numbers. Without `values` the matrix is 0. */
  constructor(rows: number, columns: number, values?: ArrayLike<number>) {
    if (values !== undefined && values.length !== rows * columns) {
      throw new RangeError(`${values.length} numbers do not fill a matrix of ${rows} by ${columns}.`);
    }
    this.rows = rows;
    this.columns = columns;
    this.data = values === undefined ? new Float64Array(rows * columns) : Float64Array.from(values);
  }

  /** A matrix whose cells are `cell(row, column)`. */
  static of(rows: number, columns: number, cell: (row: number, column: number) => number): Matrix {
    const matrix = new Matrix(rows, columns);
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) matrix.data[row * columns + column] = cell(row, column);
    }
    return matrix;
  }

  at(row: number, column: number): number {
    const value = this.data[row * this.columns + column];
    if (value === undefined || row < 0 || column < 0 || column >= this.columns) {
      throw new RangeError(`A matrix of ${this.rows} by ${this.columns} has no cell ${row}, ${column}.`);
    }
    return value;
  }

  /** One row, copied. */
  row(row: number): Float64Array {
    return Float64Array.from({ length: this.columns }, (_, column) => this.at(row, column));
  }

  /** The columns `from` … `from + count - 1`: one head of a projection. */
  slice(from: number, count: number): Matrix {
    return Matrix.of(this.rows, count, (row, column) => this.at(row, from + column));
  }

  map(cell: (value: number) => number): Matrix {
    return Matrix.of(this.rows, this.columns, (row, column) => cell(this.at(row, column)));
  }

  plus(other: Matrix): Matrix {
    this.#sameShape(other);
    return Matrix.of(this.rows, this.columns, (row, column) => this.at(row, column) + other.at(row, column));
  }

  minus(other: Matrix): Matrix {
    return this.plus(other.map((value) => -value));
  }

  /** Cell by cell. */
  product(other: Matrix): Matrix {
    this.#sameShape(other);
    return Matrix.of(this.rows, this.columns, (row, column) => this.at(row, column) * other.at(row, column));
  }

  transposed(): Matrix {
    return Matrix.of(this.columns, this.rows, (row, column) => this.at(column, row));
  }

  /** [a, b] · [b, c] = [a, c] */
  times(other: Matrix): Matrix {
    if (this.columns !== other.rows) {
      throw new RangeError(`[${this.rows}, ${this.columns}] cannot multiply [${other.rows}, ${other.columns}].`);
    }
    return Matrix.of(this.rows, other.columns, (row, column) => {
      let sum = 0;
      for (let k = 0; k < this.columns; k += 1) sum += this.at(row, k) * other.at(k, column);
      return sum;
    });
  }

  /** Matrices of equally many rows side by side: heads back into one projection. */
  static beside(parts: readonly Matrix[]): Matrix {
    const rows = parts[0]?.rows ?? 0;
    const all = Array.from({ length: rows }, (_, row) => parts.flatMap((part) => [...part.row(row)]));
    return new Matrix(rows, all[0]?.length ?? 0, all.flat());
  }

  #sameShape(other: Matrix): void {
    if (this.rows !== other.rows || this.columns !== other.columns) {
      throw new RangeError(`[${this.rows}, ${this.columns}] is not [${other.rows}, ${other.columns}].`);
    }
  }
}
