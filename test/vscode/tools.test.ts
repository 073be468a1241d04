import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporary } from '../loop/cli.ts';
import { LIMITS, until } from './driver/limits.ts';
import { libraryRepository } from './driver/repository.ts';
import { useCode } from './driver/use-code.ts';

/** An agent of another extension calls the tools as the editor's chat does; a person confirms each call. */
const code = useCode(() => ({
  folder: libraryRepository(),
  beside: [join(import.meta.dirname, 'fixtures/agent')],
  settings: { 'askCodebase.device': 'cpu' },
}));

const QUESTION = 'How many days may a reader keep a book before a late fee is due?';

interface Outcome {
  readonly text?: string;
  readonly error?: string;
  readonly tools?: readonly string[];
}

/** One call of the agent, allowed or not in the dialog that asks before it. */
async function call(
  name: string,
  input: object,
  { budget, button = 'Yes' }: { readonly budget?: number; readonly button?: 'Yes' | 'Cancel' } = {},
): Promise<Outcome & { readonly asked: string }> {
  const { workbench } = code();
  const file = join(temporary('outcome'), 'outcome.json');
  await workbench.run('Agent: Call a Tool');
  await workbench.enter(JSON.stringify({ name, input, file, budget }));
  const dialog = workbench.page.getByRole('dialog');
  const asked = await dialog.innerText();
  await dialog.getByRole('button', { name: button, exact: true }).click();
  const written = await until('The outcome', () => (existsSync(file) ? file : undefined), LIMITS.answer);
  return { ...(JSON.parse(readFileSync(written, 'utf8')) as Outcome), asked };
}

test('a search is confirmed in plain words, and answers with lines', async () => {
  const { text, error, tools, asked } = await call('search_codebase', { question: QUESTION });
  expect(error).toBeUndefined();
  expect(asked).toContain('Search the codebase?');
  expect(asked).toContain(QUESTION);
  expect(text).toContain('src/loans.ts');
  expect(text).toContain('const LOAN_DAYS = 21;');
  expect(tools).toEqual(expect.arrayContaining(['search_codebase', 'read_lines', 'find_references', 'what_changed']));
});

test('the budget of the caller counts in its own tokens', async () => {
  const { text = '' } = await call('search_codebase', { question: QUESTION, kind: 'source' }, { budget: 90 });
  expect(text.split(/\s+/).length).toBeLessThanOrEqual(90);
  expect(text).toContain('src/loans.ts');
});

test('the other tools answer, and say in a sentence what they refuse', async () => {
  expect((await call('find_references', { name: 'lateFee' })).text).toContain('src/loans.ts (definition)');
  expect((await call('what_changed', {})).text).toContain('No indexed file differs');
  expect((await call('read_lines', { path: '../x' })).error).toContain('in none of the folders that may be read');
});

test('a call that is not allowed reads nothing', async () => {
  const { text, error } = await call('read_lines', { path: 'README.md' }, { button: 'Cancel' });
  expect({ text, error }).toEqual({ text: undefined, error: 'Canceled' });
});

test('the MCP server is offered where the user has turned it on', async () => {
  const { workbench } = code();
  const listed = async () => {
    await workbench.run('MCP: List Servers');
    const labels = await workbench.picks();
    await workbench.page.keyboard.press('Escape');
    return labels.some((label) => label.includes('Ask Codebase'));
  };
  expect(await listed()).toBe(false);
  await code().set('askCodebase.mcpServer', true);
  await until('The server in the list', async () => ((await listed()) ? true : undefined));
});
