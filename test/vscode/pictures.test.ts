import { expect, test } from 'vitest';
import { Chat } from './driver/chat.ts';
import { LIMITS, until } from './driver/limits.ts';
import { libraryRepository } from './driver/repository.ts';
import { useCode } from './driver/use-code.ts';

/**
 * What the extension looks like, to be looked at: first view, memories, menus, chat, tree, heat and walkthrough, in
 * light, dark and high contrast. `PICTURES_OF` names another repository, `PICTURES_QUESTION` what it is asked.
 */
/** Pixels; small enough that a picture can be read in a README. */
const SIZE = { width: 1200, height: 860 } as const;
/** Milliseconds until colors have faded into each other and tooltips are gone. */
const SETTLED = 600;

const folder = process.env.PICTURES_OF ?? libraryRepository();
const QUESTION = process.env.PICTURES_QUESTION ?? 'How many days may a reader keep a book before a late fee is due?';
const code = useCode(() => ({
  folder,
  settings: { 'askCodebase.device': 'cpu', 'editor.minimap.enabled': false },
  size: SIZE,
}));
const chat = () => new Chat(code().view);
let ranked: readonly string[] = [];

async function inThemes(name: string): Promise<void> {
  const { workbench } = code();
  for (const theme of ['light', 'contrast', 'dark'] as const) {
    await code().theme(theme);
    // What lies under the pointer looks as if somebody meant it; the status bar has nothing there.
    await workbench.page.mouse.move(SIZE.width / 2, SIZE.height - 8);
    await workbench.page.waitForTimeout(SETTLED);
    await workbench.screenshot(`${name}-${theme}`);
  }
}

test('the first view says what is remembered, offers questions, and has the memory below the chat', async () => {
  const { workbench } = code();
  await workbench.openContainer('Ask Codebase');
  // A large repository takes its time.
  await workbench.statusItem(/files are remembered/, process.env.PICTURES_OF ? 5 * LIMITS.answer : LIMITS.answer);
  await code().view.locator('.memory.ready').waitFor();
  await workbench.pane('Memory').waitFor();
  await inThemes('first');
});

test('all memories of this machine, with size and last use', async () => {
  const { workbench } = code();
  await workbench.run('Ask Codebase: Show All Memories');
  await until('Memories', async () => ((await workbench.rows('All Memories')).length > 0 ? true : undefined));
  await inThemes('memories');
});

test('the menus of a file, of selected lines and of a line number', async () => {
  const { workbench } = code();
  const { page } = workbench;
  const file = 'loans.ts';
  await workbench.openFile(`src/${file}`);
  await workbench.openContainer('Explorer');
  const lines = page.locator('.editor-instance .view-line');
  const places = {
    file: page.locator('.explorer-folders-view .monaco-list-row', { hasText: file }),
    selection: lines.nth(3),
    number: page.locator('.editor-instance .line-numbers').nth(3),
  };
  for (const [name, place] of Object.entries(places)) {
    if (name === 'selection') await lines.nth(3).click({ clickCount: 3 });
    for (const theme of ['light', 'contrast', 'dark'] as const) {
      await code().theme(theme);
      await place.click({ button: 'right' });
      await page.getByRole('menuitem', { name: /^Ask About/ }).waitFor();
      await page.waitForTimeout(SETTLED);
      await workbench.screenshot(`menu-${name}-${theme}`);
      await page.keyboard.press('Escape');
    }
  }
});

test('the chat, with the lines of its first citation in an editor', async () => {
  const { workbench } = code();
  await workbench.run('View: Close All Editors');
  await workbench.openContainer('Ask Codebase');
  await chat().ask(QUESTION);
  expect(await chat().ended(QUESTION)).toBe('answered');
  ranked = await chat().ranked(QUESTION);
  await chat().citationRows(QUESTION).first().click();
  await workbench.page.locator('.editor-instance .view-lines').waitFor();
  await inThemes('chat');
});

test('the tree, each file with its share', async () => {
  const { workbench } = code();
  await workbench.run('Ask Codebase: Show Memory');
  const rows = await until('Rows', async () => {
    const shown = await workbench.rows('Memory');
    return shown.length > 1 ? shown : undefined;
  });
  // The keyboard comes after the rows, and would take the palette's focus away.
  const first = workbench.pane('Memory').locator('.monaco-list-row').first();
  await until('The keyboard', async () =>
    (await first.getAttribute('class'))?.includes('focused') ? true : undefined,
  );
  expect(rows.some((row) => /\d\s?%$/.test(row))).toBe(true);
  await inThemes('tree-beside-chat');
  // With the chat folded, the tree has the whole side bar.
  const header = workbench.pane('Chat').locator('.pane-header');
  await header.click();
  await workbench.pane('Memory').locator('.monaco-list-row[aria-expanded="false"]').last().click();
  await until('The folder’s rows', async () =>
    (await workbench.rows('Memory')).length > rows.length ? true : undefined,
  );
  await inThemes('tree');
  await header.click();
});

test('the heat: the explorer’s badges are the shares of the chat', async () => {
  const { workbench } = code();
  const [best = ''] = ranked;
  const [path = '', percent = ''] = best.split(', ');
  await chat().exchange(QUESTION).locator('button.ranked-file').first().click();
  await until('The file', async () => ((await workbench.place()).tab === path.split('/').at(-1) ? true : undefined));
  await workbench.openContainer('Explorer');
  const row = workbench.page.locator('.explorer-folders-view .monaco-list-row.selected .monaco-icon-label');
  const badge = () => row.first().evaluate((label) => getComputedStyle(label, '::after').content);
  await until('The badge', async () => ((await badge()).includes(percent.replace(/\s?%/, '')) ? true : undefined));
  await inThemes('heat');
});

test('the walkthrough has its four steps', async () => {
  const { workbench } = code();
  // Narrower than this, VS Code leaves out the pictures beside the steps.
  await workbench.page.setViewportSize({ ...SIZE, width: 1440 });
  await workbench.run('Ask Codebase: Open Walkthrough');
  const steps = workbench.page.locator('.gettingStartedContainer .getting-started-step');
  await until('The steps', async () => ((await steps.count()) === 4 ? true : undefined));
  await inThemes('walkthrough');
});
