import { expect, test } from 'vitest';
import { Chat } from './driver/chat.ts';
import { LIMITS, until } from './driver/limits.ts';
import { libraryRepository } from './driver/repository.ts';
import { useCode } from './driver/use-code.ts';

/** The chat and the tree without a mouse, and what a screen reader is told. */
const code = useCode(() => ({ folder: libraryRepository(), settings: { 'askCodebase.device': 'cpu' } }));
const chat = () => new Chat(code().view);
const keys = () => code().workbench.page.keyboard;
const QUESTION = 'How many days may a reader keep a book before a late fee is due?';

/** What has the focus inside the page: its name, and whether that can be seen. */
async function focused(): Promise<{ readonly name: string; readonly ring: string }> {
  return await code()
    .view.locator(':focus')
    .evaluate((element) => {
      const text = element.getAttribute('aria-label') ?? element.textContent;
      // A field shows its focus by the border of its box, a chip by its label's ring.
      const shown = element.closest('.box:has(textarea:focus), label') ?? element;
      const { outlineStyle, borderColor } = getComputedStyle(shown);
      return { name: text.trim(), ring: shown.matches('.box') ? borderColor : outlineStyle };
    });
}

/**
 * Goes back with the keyboard from the field to the first control of the exchange; the names on the way, in reading
 * order.
 */
async function namesBefore(field: string): Promise<string[]> {
  const names = [field];
  while (names[0] !== 'Edit and ask again') {
    if (names.length > 60) throw new Error(`The first control was not reached: ${names.join(' | ')}`);
    await keys().press('Shift+Tab');
    const { name, ring } = await focused();
    expect(ring, name).not.toBe('none');
    names.unshift(name);
  }
  return names;
}

test('the chat is entered in its field, and a question is asked and answered', async () => {
  const { workbench } = code();
  await workbench.statusItem('4 files are remembered', LIMITS.answer);
  await workbench.run('Ask Codebase: Focus on Chat View');
  await until('The field', async () => ((await chat().composer.count()) > 0 ? true : undefined));
  await until('The focus', async () => {
    const there = await chat().composer.evaluate((field) => document.activeElement === field);
    return there || undefined;
  });
  await keys().insertText(QUESTION);
  await keys().press('Enter');
  expect(await chat().ended(QUESTION)).toBe('answered');
});

test('what a screen reader is told has roles, names and an end', async () => {
  const { view } = code();
  await view.getByRole('log', { name: 'Conversation' }).waitFor();
  await view.getByRole('radiogroup', { name: 'Scope' }).waitFor();
  await view.getByRole('article', { name: QUESTION }).waitFor();
  await view.getByRole('region', { name: 'Sources' }).waitFor();
  const said = await view.locator('[role=status]').innerText();
  expect(said).toMatch(/^The answer is complete: \d+ sentences, \d+ of them have no source\.$/);
});

test('every control is reached in reading order, and shows that it is', async () => {
  await chat().composer.focus();
  const names = await namesBefore('Ask about this codebase');
  const order = ['Edit and ask again', 'Relevant files', 'src/loans.ts', 'Citation 1', 'Copy answer', 'Ask this again'];
  const places = order.map((start) => names.findIndex((name) => name.startsWith(start)));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test('scope and terms are chosen', async () => {
  const { view } = code();
  await chat().composer.focus();
  await keys().press('Tab');
  expect((await focused()).name).toBe('Whole workspace');
  await keys().press('ArrowLeft');
  expect(await view.getByRole('radio', { checked: true }).getAttribute('value')).not.toBe('workspace');
  await keys().press('ArrowRight');
  expect(await view.getByRole('radio', { checked: true }).getAttribute('value')).toBe('workspace');
  await keys().press('Tab');
  await keys().press('Enter');
  expect((await focused()).name).toBe('Add or leave out files');
  await keys().press('Shift+Tab');
});

test('a citation opens its lines', async () => {
  const { workbench } = code();
  const [place = ''] = await chat().citations(QUESTION);
  await chat().citationRows(QUESTION).first().focus();
  await keys().press('Enter');
  const name = place.split(':')[0]?.split('/').at(-1);
  await until('The cited file', async () => ((await workbench.place()).tab === name ? true : undefined));
});

test('a row of the tree is reached, and its menu offers to forget it', async () => {
  const { workbench } = code();
  await workbench.run('Ask Codebase: Show Memory');
  const rows = workbench.pane('Memory').locator('.monaco-list-row');
  const last = () => rows.last().getAttribute('class');
  await until('A row with the keyboard', async () =>
    (await rows.first().getAttribute('class'))?.includes('focused') ? true : undefined,
  );
  await keys().press('End');
  await until('The last row', async () => ((await last())?.includes('focused') ? true : undefined));
  expect(await rows.last().getAttribute('aria-label')).toMatch(/^README\.md, .*of the memory/);
  await keys().press('Shift+F10');
  await workbench.page.getByRole('menuitem', { name: 'Forget File or Folder…' }).waitFor();
  await keys().press('Escape');
});
