import { describe, expect, it } from 'vitest';
import { splitLines } from '../../../../src/workspace/segment/line.ts';
import { cellAt, cellRange, notebookText } from '../../../../src/workspace/files/notebook.ts';
import { textOf } from '../../../../src/workspace/files/text.ts';

const picture = { output_type: 'display_data', data: { 'image/png': 'QUJD'.repeat(9000), 'text/plain': ['<Figure>'] } };
const cells = [
  { cell_type: 'markdown', source: ['# Warm-up\n', 'We raise the rate.'] },
  { cell_type: 'code', source: ['def warmup(step):\n', '    return step / 500\n'], outputs: [picture] },
  {
    cell_type: 'code',
    source: 'print(warmup(5))',
    outputs: [{ output_type: 'stream', name: 'stdout', text: ['0.01\n', 'done\n'] }],
  },
  { cell_type: 'raw', source: '# %%\nnot a cell' },
];
const notebook = (parts: unknown) => JSON.stringify({ cells: parts, metadata: {}, nbformat: 4, nbformat_minor: 5 });
const text = `# %% [markdown]
# Warm-up
We raise the rate.

# %%
def warmup(step):
    return step / 500

# %%
print(warmup(5))

# %% [output]
0.01
done

# %% [raw]
# %%${' '}
not a cell
`;

describe('a notebook', () => {
  it('is the text of its cells and the beginning of what they print, without pictures', () => {
    expect(notebookText(notebook(cells))).toBe(text);
  });

  it('with many plots is neither minified nor data', () => {
    const many = notebook(Array.from({ length: 40 }, () => cells[1]));
    expect(many.length).toBeGreaterThan(1 << 20);
    expect(textOf('a.ipynb', Buffer.from(many))).toMatchObject({ kind: 'text' });
  });

  it('of the old format is read, too', () => {
    const old = { worksheets: [{ cells: [{ cell_type: 'code', input: ['x = 1'], outputs: [] }] }], nbformat: 3 };
    expect(notebookText(JSON.stringify(old))).toBe('# %%\nx = 1\n');
  });

  it('keeps ten lines of an output, and the name of an error', () => {
    const stream = { output_type: 'stream', text: Array.from({ length: 50 }, (_, i) => `${i}\n`) };
    const error = { output_type: 'error', ename: 'KeyError', evalue: "'x'", traceback: ['a'.repeat(5000)] };
    const seen = notebookText(notebook([{ cell_type: 'code', source: 'f()', outputs: [stream, error] }])) ?? '';
    expect(splitLines(seen)).toHaveLength(2 + 1 + 1 + 10 + 1 + 1);
    expect(seen).toMatch(/9\n…\nKeyError: 'x'\n$/);
  });

  it('without a word in it is empty, and what is no notebook is text as it stands', () => {
    expect(textOf('a.ipynb', Buffer.from(notebook([])))).toEqual({ kind: 'skipped', reason: 'empty' });
    expect(textOf('a.ipynb', Buffer.from(notebook([{ cell_type: 'code', source: [] }])))).toMatchObject({
      reason: 'empty',
    });
    expect(textOf('a.ipynb', Buffer.from('{"cells": <<<<<<< HEAD\n'))).toMatchObject({
      text: '{"cells": <<<<<<< HEAD\n',
    });
    expect(notebookText('{"a": 1}')).toBeUndefined();
    expect(notebookText('[1, null, "x"]')).toBeUndefined();
  });
});

describe('places in a notebook', () => {
  const lines = splitLines(text);

  it('name the cell as people count it, and the line in it', () => {
    expect(cellAt(lines, 2)).toEqual({ cell: 1, part: 'source', line: 1 });
    expect(cellAt(lines, 7)).toEqual({ cell: 2, part: 'source', line: 2 });
    expect(cellAt(lines, 14)).toEqual({ cell: 3, part: 'output', line: 2 });
    expect(cellAt(lines, 18)).toEqual({ cell: 4, part: 'source', line: 2 });
  });

  it('of a marker and of the blank line that parts two cells are those of the cell', () => {
    expect(cellAt(lines, 5)).toEqual({ cell: 2, part: 'source', line: 1 });
    expect(cellAt(lines, 8)).toEqual({ cell: 2, part: 'source', line: 2 });
    expect(cellAt(lines, 17)).toEqual({ cell: 4, part: 'source', line: 1 });
  });

  it('are written as a range', () => {
    expect(cellRange(lines, 6, 7)).toBe('cell 2:1-2');
    expect(cellRange(lines, 6, 6)).toBe('cell 2:1');
    expect(cellRange(lines, 3, 6)).toBe('cell 1:2-cell 2:1');
    expect(cellRange(lines, 13, 14)).toBe('cell 3 output');
    expect(cellRange(['x\n'], 1, 1)).toBeUndefined();
  });
});
