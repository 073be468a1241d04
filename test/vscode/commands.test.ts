import { expect, test } from 'vitest';
import { place } from '../loop/cli.ts';
import { Chat } from './driver/chat.ts';
import { LIMITS, until } from './driver/limits.ts';
import { libraryRepository } from './driver/repository.ts';
import { useCode } from './driver/use-code.ts';

/**
 * The commands beside a plain question: a pause, a selection, the marks, and a file that is forgotten and read again.
 */
const SHELVES = 60;
/** Long enough for vectors to take longer than a hand needs to pause. */
const shelf = (number: number) =>
  Array.from({ length: 24 }, (_, board) => [
    `/** Board ${board} of shelf ${number}. */`,
    `export function booksOfShelf${number}Board${board}(): number {`,
    `  return ${number * 7 + board};`,
    '}',
    '',
  ]).flat();
const repository = place(
  libraryRepository(),
  Object.fromEntries(
    Array.from({ length: SHELVES }, (_, number) => [`src/shelves/shelf-${number}.ts`, shelf(number).join('\n')]),
  ),
);
const code = useCode(() => ({ folder: repository, settings: { 'askCodebase.device': 'cpu' } }));
const chat = () => new Chat(code().view);

test('the first reading is paused, questions are answered meanwhile, and it goes on where it was', async () => {
  const { workbench } = code();
  await workbench.statusItem(/Embedding \d/, LIMITS.answer);
  await workbench.run('Ask Codebase: Pause Indexing');
  await workbench.statusItem('Embedding paused');
  await workbench.openContainer('Ask Codebase');
  const question = 'How many days may a reader keep a book?';
  await chat().ask(question);
  expect(['answered', 'unknown']).toContain(await chat().ended(question));
  await workbench.statusItem('Embedding paused');
  await workbench.run('Ask Codebase: Resume Indexing');
  await workbench.statusItem(`${SHELVES + 4} files are remembered`, LIMITS.answer);
});

test('selected lines go with the question, and the answer rests on them', async () => {
  const { workbench } = code();
  await workbench.openFile('src/mail.ts');
  await workbench.page.locator('.editor-instance .view-lines').first().click();
  await workbench.page.keyboard.press('Control+A');
  await workbench.run('Ask Codebase: Ask About Selection…');
  // The last line is empty: it is selected up to its beginning, and so not meant.
  const title = workbench.page.locator('.quick-input-widget:visible .quick-input-title');
  await until('The title', async () => ((await title.innerText()).includes('src/mail.ts:1-5') ? true : undefined));
  const question = 'What is the subject of the mail?';
  await workbench.enter(question);
  expect(await chat().ended(question)).toBe('answered');
  expect(await chat().exchange(question).locator('.asked-scope').innerText()).toMatch(/mail\.ts:1[-–]5/);
  expect((await chat().citations(question)).some((cited) => cited.startsWith('src/mail.ts:'))).toBe(true);
});

test('the marks of an answer go and come back by one command', async () => {
  const { workbench } = code();
  await workbench.openContainer('Explorer');
  // No other extension has anything to say about this file; TypeScript counts its problems in the others.
  const row = '.explorer-folders-view .monaco-list-row[aria-label^="README.md"] .monaco-icon-label';
  const badge = workbench.page.locator(row).first();
  const marked = async () => /\d/.test(await badge.evaluate((label) => getComputedStyle(label, '::after').content));
  await until('The badge', async () => (await marked()) || undefined);
  await workbench.run('Ask Codebase: Hide Provenance Marks');
  await until('The end of the badge', async () => !(await marked()) || undefined);
  await workbench.run('Ask Codebase: Show Provenance Marks');
  await until('The badge again', async () => (await marked()) || undefined);
});

test('a file is forgotten after one question, with its certificate, and read again on request', async () => {
  const { workbench } = code();
  await workbench.run('Ask Codebase: Show Memory');
  const row = workbench.pane('Memory').locator('.monaco-list-row', { hasText: 'README.md' });
  const choose = async (name: string) => {
    await row.click({ button: 'right' });
    // By the keyboard: the menu takes no click in its first moment.
    await workbench.page.getByRole('menuitem', { name }).hover();
    await workbench.page.keyboard.press('Enter');
  };
  await choose('Forget File or Folder…');
  const dialog = workbench.page.getByRole('dialog');
  expect(await dialog.innerText()).toContain('Forget README.md?');
  await workbench.screenshot('forget');
  await dialog.getByRole('button', { name: 'Forget', exact: true }).click();
  expect(await workbench.notification('1 file is forgotten.')).toMatch(/\([0-9a-f]{12}\)/);
  await workbench.statusItem(`${SHELVES + 3} files are remembered`);
  await workbench.screenshot('forgotten');
  await choose('Re-index');
  await workbench.statusItem(`${SHELVES + 4} files are remembered`, LIMITS.answer);
});
