import { afterEach, expect, test, vi } from 'vitest';
import { printAnswer } from '../../../src/terminal/ask.ts';
import { indexed, ScriptedEngine } from '../answer/support.ts';
import { withFolder } from '../memory/support.ts';

const FILES = {
  'src/loans.ts': '/** Lends a book. */\nexport function lend(book: string): Loan {\n  return { book };\n}\n',
  'src/desk.ts': 'export const desk = () => lend(process.env.BOOK);\n',
};

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the command prints of a question, with a model that says nothing. */
function printed(
  question: string,
  files: Readonly<Record<string, string>>,
  by: Parameters<typeof indexed>[3] = 'words and vectors',
  options: Parameters<typeof printAnswer>[2] = {},
): Promise<string> {
  return withFolder(async (folder) => {
    const { search, index } = await indexed(folder, files, new ScriptedEngine(''), by);
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      await printAnswer(search, question, options);
      return write.mock.calls.map(([text]) => String(text)).join('');
    } finally {
      write.mockRestore();
      index.close();
    }
  });
}

test('below a list that is empty nothing is said of lines', async () => {
  const marked = { ...FILES, 'src/fee.ts': '// TODO: count Sundays\nexport const fee = 1;\n' };
  expect(await printed('List all TODOs', marked)).toContain('The lines above are the answer');
  const text = await printed('List all TODOs', FILES);
  expect(text).toContain('Matches  nothing');
  expect(text).not.toContain('lines above');
});

test('a terminal shows the files by their words until the list by meaning replaces it; a pipe and JSON have one list', async () => {
  const { isTTY, rows } = process.stdout;
  const { TERM, NO_COLOR } = process.env;
  try {
    Object.assign(process.stdout, { isTTY: true, rows: 24 });
    Object.assign(process.env, { TERM: 'xterm', NO_COLOR: '1' });
    const shown = await printed('How does lend return a book as a Loan?', FILES, 'words');
    const lists = shown
      .slice(0, shown.indexOf('Lines that say most'))
      .replaceAll('\x1b', 'ESC')
      .replaceAll(/[\d.]+%/g, 'N%');
    expect(lists).toMatchInlineSnapshot(`
      "ESC[?7lRelevant files  by words; ranking again by meaning…
         N%  src/loans.ts:1-4
         N%  src/desk.ts:1
      ESC[?7hESC[3AESC[0JRelevant files
         N%  src/loans.ts:1-4
          N%  src/desk.ts:1

      "
    `);
    Object.assign(process.stdout, { isTTY: false });
    const piped = await printed('How does lend return a book as a Loan?', FILES, 'words');
    expect(piped).toBe(shown.slice(shown.indexOf('\x1b[0J') + 4));
    const json = await printed('How does lend return a book as a Loan?', FILES, 'words', { json: true });
    expect(JSON.parse(json)).toMatchObject({ known: true, files: [{ path: 'src/loans.ts' }, {}] });
  } finally {
    Object.assign(process.stdout, { isTTY, rows });
    process.env.TERM = TERM ?? 'xterm';
    if (NO_COLOR === undefined) delete process.env.NO_COLOR;
  }
});
