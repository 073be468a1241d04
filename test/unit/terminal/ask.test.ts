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
function printed(question: string, files: Readonly<Record<string, string>>): Promise<string> {
  return withFolder(async (folder) => {
    const { search, index } = await indexed(folder, files, new ScriptedEngine(''));
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      await printAnswer(search, question, {});
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
