/**
 * Jupyter notebooks as text: the code and the prose of their cells, and the beginnings of what they printed. Pictures
 * and the JSON around the cells are left out. Cells are parted by the markers of the percent format, which Jupytext,
 * Spyder and VS Code read; they carry no number, so that a cell more at the top changes no other cell's text.
 */

/** What is kept of one output: enough to see what a cell prints. */
const OUTPUT = { lines: 10, units: 600 } as const;

const MARKER = /^# %%(?: \[(?:markdown|raw|output)\])?$/;

export const isNotebook = (path: string): boolean => /\.ipynb$/i.test(path);

/** The text of a notebook; undefined where the JSON is no notebook. Both nbformat 4 and its forerunner 3 are read. */
export function notebookText(json: string): string | undefined {
  const cells = cellsOf(parse(json));
  if (!cells) return undefined;
  const parts = cells.flatMap((cell) => {
    const type = field(cell, 'cell_type');
    const source = lines(field(cell, 'source') ?? field(cell, 'input'));
    const marker = type === 'code' ? '# %%' : type === 'raw' ? '# %% [raw]' : '# %% [markdown]';
    const printed = list(field(cell, 'outputs')).map(outputText).filter(Boolean).join('\n');
    return [`${marker}\n${plain(source)}`, ...(printed === '' ? [] : [`# %% [output]\n${plain(printed)}`])];
  });
  return parts.map((part) => `${part}\n`).join('\n');
}

export interface CellPlace {
  /** From 1, as people count them; VS Code counts from 0. */
  readonly cell: number;
  readonly part: 'source' | 'output';
  /** From 1, within the cell's source or its output. */
  readonly line: number;
}

/** Where a line (from 1) of a notebook's text lies in the notebook; undefined above the first cell. */
export function cellAt(text: readonly string[], line: number): CellPlace | undefined {
  let [cell, marker, part]: [number, number, CellPlace['part']] = [0, 0, 'source'];
  for (const [at, content] of text.slice(0, line).entries()) {
    const found = MARKER.exec(content.trimEnd() === content ? content : content.replace(/[\r\n]+$/, ''))?.[0];
    if (found === undefined) continue;
    marker = at + 1;
    part = found.endsWith('[output]') ? 'output' : 'source';
    if (part === 'source') cell += 1;
  }
  if (cell === 0) return undefined;
  // The blank line before a marker parts two cells and is in neither.
  const parting = MARKER.test((text[line] ?? '').trimEnd()) && line - marker > 1;
  return { cell, part, line: Math.max(1, line - marker - (parting ? 1 : 0)) };
}

/** `cell 3:1-2`, `cell 3:5-cell 4:1`, `cell 2 output`: lines of a notebook's text as places in it. */
export function cellRange(text: readonly string[], start: number, end: number): string | undefined {
  const [from, to] = [cellAt(text, start), cellAt(text, end)];
  if (!from || !to) return undefined;
  const name = ({ cell, part, line }: CellPlace) =>
    part === 'output' ? `cell ${cell} output` : `cell ${cell}:${line}`;
  if (name(from) === name(to)) return name(from);
  return from.cell === to.cell && from.part === to.part ? `${name(from)}-${to.line}` : `${name(from)}-${name(to)}`;
}

/** A line of a cell that looks like a marker gets a blank at its end, so that every marker is one. */
function plain(text: string): string {
  return text.replace(/^# %%(?: \[(?:markdown|raw|output)\])?(?=\r?$)/gm, '$& ').replace(/[\r\n]+$/, '');
}

function outputText(output: unknown): string {
  const data = field(output, 'data') ?? output;
  // A picture's words only say that there is one.
  if (isRecord(data) && Object.keys(data).some((key) => /^(?:image\/|png$|jpeg$|svg$)/.test(key))) return '';
  const failed = field(output, 'output_type') === 'error' || field(output, 'output_type') === 'pyerr';
  const text = failed
    ? `${lines(field(output, 'ename'))}: ${lines(field(output, 'evalue'))}`
    : lines(field(data, 'text/plain') ?? field(output, 'text'));
  const kept = text.slice(0, OUTPUT.units).split('\n').slice(0, OUTPUT.lines).join('\n').trimEnd();
  return kept.length < text.trimEnd().length ? `${kept}\n…` : kept;
}

function cellsOf(notebook: unknown): readonly unknown[] | undefined {
  const cells = field(notebook, 'cells') ?? field(list(field(notebook, 'worksheets'))[0], 'cells');
  return Array.isArray(cells) ? list(cells) : undefined;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** nbformat keeps a text as one string, or as its lines with their ends. */
function lines(value: unknown): string {
  if (typeof value === 'string') return value;
  return list(value)
    .filter((line) => typeof line === 'string')
    .join('');
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const field = (value: unknown, name: string): unknown => (isRecord(value) ? value[name] : undefined);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
