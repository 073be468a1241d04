import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Chat } from './driver/chat.ts';
import { LIMITS, until } from './driver/limits.ts';
import { libraryRepository } from './driver/repository.ts';
import { useCode } from './driver/use-code.ts';

/** The extension as a newcomer meets it: a clean profile, a small repository, the real model. */
const repository = libraryRepository();
const code = useCode(() => ({ folder: repository, settings: { 'askCodebase.device': 'cpu' } }));
const chat = () => new Chat(code().view);

const QUESTION = 'How many days may a reader keep a book before a late fee is due?';

test('a clean start reads the folder and shows no notification', async () => {
  const { workbench } = code();
  await workbench.statusItem('4 files are remembered', LIMITS.answer);
  expect(await workbench.notifications()).toEqual([]);
});

test('a question asked through the palette is answered in the chat, with lines that exist', async () => {
  const { workbench } = code();
  await workbench.run('Ask Codebase: Ask…');
  await workbench.enter(QUESTION);
  expect(await chat().ended(QUESTION)).toBe('answered');
  expect((await chat().answer(QUESTION)).length).toBeGreaterThan(20);
  const citations = await chat().citations(QUESTION);
  expect(citations.some((place) => place.startsWith('src/loans.ts:'))).toBe(true);
  for (const place of citations) {
    const [path, lines] = place.split(':');
    const last = Number(lines?.split(/[-–]/).at(-1));
    expect(last).toBeLessThanOrEqual(readFileSync(join(repository, path ?? ''), 'utf8').split('\n').length);
  }
  await workbench.screenshot('answer');
});

test('a citation opens its file at its lines', async () => {
  const { workbench } = code();
  const [place = ''] = await chat().citations(QUESTION);
  const [path = '', lines = ''] = place.split(':');
  await chat().citationRows(QUESTION).first().click();
  const name = path.split('/').at(-1);
  await until('The cited file', async () => ((await workbench.place()).tab === name ? true : undefined));
  // The lines are selected, so the cursor stands at one end of them.
  await until('The cited lines', async () => {
    const line = /^Ln (\d+)/.exec((await workbench.place()).cursor)?.[1] ?? '';
    return lines.split(/[-–]/).includes(line) ? true : undefined;
  });
});

test('pointing at recalled lines says who changed them last', async () => {
  const { workbench } = code();
  const hover = workbench.page.locator('.monaco-hover:visible');
  await workbench.run('Show or Focus Hover');
  await until('The last change', async () => {
    const said = (await hover.allInnerTexts()).join(' ');
    return /Last changed .+ by Ask Codebase: A library/.test(said) ? true : undefined;
  });
});

test('the tree names every file of the memory', async () => {
  const { workbench } = code();
  await workbench.run('Ask Codebase: Show Memory');
  const rows = await until('Rows', async () => {
    const shown = await workbench.rows('Memory');
    return shown.length > 1 ? shown : undefined;
  });
  expect(rows.join('\n')).toContain('README.md');
  await workbench.screenshot('memory');
});

test('what is saved is read again, and is found', async () => {
  const { workbench } = code();
  await workbench.openFile('src/catalogue.ts');
  await workbench.typeAtTop('export const HARBOUR_LAMP_COLOUR = "vermilion"; ');
  await workbench.save();
  const question = 'What is the value of HARBOUR_LAMP_COLOUR?';
  await workbench.openContainer('Ask Codebase');
  await chat().ask(question);
  expect(await chat().ended(question)).toBe('answered');
  expect((await chat().ranked(question))[0]).toContain('src/catalogue.ts');
  expect(await chat().citations(question)).toContainEqual(expect.stringMatching(/^src\/catalogue\.ts:1\b/));
});

test('an engine that is killed in mid-answer says so, and the next question is answered', async () => {
  const question = 'How does a reader get a reminder about a book that is due?';
  await chat().ask(question);
  const killed = await code().killEngine();
  expect(['answered', 'failed']).toContain(await chat().ended(question));
  const again = 'Who sends a reminder to readers?';
  await chat().ask(again);
  expect(await chat().ended(again)).toBe('answered');
  expect(
    code()
      .engines()
      .map(({ pid }) => pid),
  ).not.toContain(killed);
});

test('a second window shares the memory and answers too', async () => {
  const second = await code().openWindow();
  await second.statusItem('4 files are remembered', LIMITS.answer);
  await second.openContainer('Ask Codebase');
  const there = new Chat(second.webview(code().extension));
  const question = 'How is the shelf of a book named?';
  await there.ask(question);
  expect(await there.ended(question)).toBe('answered');
  expect(await second.notifications()).toEqual([]);
  await code().closeWindow(second);
});

test('memories lie in the folder that was given and nowhere else', () => {
  expect(existsSync(code().profile.memory)).toBe(true);
  expect(readdirSync(repository).toSorted()).toEqual(['.git', 'README.md', 'src']);
});

test('no window has asked for anything outside this machine but VS Code’s own gallery', () => {
  const hosts = code().windows.flatMap(({ foreign }) => foreign.map((address) => new URL(address).hostname));
  expect([...new Set(hosts)].filter((host) => host !== 'open-vsx.org')).toEqual([]);
});
