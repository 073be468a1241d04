import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Chat } from './driver/chat.ts';
import { LIMITS, until } from './driver/limits.ts';
import { commit, git, libraryRepository } from './driver/repository.ts';
import { useCode } from './driver/use-code.ts';

/** Coming back: to the view, to the window, to another branch. */
const repository = libraryRepository();
const code = useCode(() => ({ folder: repository, settings: { 'askCodebase.device': 'cpu' } }));
const chat = () => new Chat(code().view);
const QUESTION = 'How many days may a reader keep a book before a late fee is due?';
const DRAFT = 'And how much is';

test('an answer and a draft are there again when the view was hidden', async () => {
  const { workbench } = code();
  await workbench.statusItem('4 files are remembered', LIMITS.answer);
  await workbench.openContainer('Ask Codebase');
  await chat().ask(QUESTION);
  expect(await chat().ended(QUESTION)).toBe('answered');
  const answer = await chat().answer(QUESTION);
  await chat().composer.fill(DRAFT);
  await workbench.openContainer('Explorer');
  await workbench.openContainer('Ask Codebase');
  await chat().exchange(QUESTION).waitFor();
  expect(await chat().answer(QUESTION)).toBe(answer);
  expect(await chat().composer.inputValue()).toBe(DRAFT);
});

test('a window that is loaded again shows the conversation, reads nothing again, and answers', async () => {
  const { workbench } = code();
  const before = await chat().answer(QUESTION);
  const read = () =>
    (
      code()
        .log()
        .match(/ 0 segments encoded/g) ?? []
    ).length;
  const reads = read();
  await workbench.page.reload();
  await workbench.statusItem('4 files are remembered', LIMITS.workbench);
  await until('A reading that encodes nothing', () => (read() > reads ? true : undefined));
  await chat().exchange(QUESTION).waitFor();
  expect(await chat().answer(QUESTION)).toBe(before);
  const next = 'Who sends a reminder to readers?';
  await chat().ask(next);
  expect(await chat().ended(next)).toBe('answered');
});

test('a branch that is switched to outside the editor is what the next question is asked of', async () => {
  const question = 'What is the value of FLOATING_LIBRARY_ANCHOR?';
  git(repository, 'switch', '--quiet', '--create', 'afloat');
  writeFileSync(join(repository, 'src/boat.ts'), 'export const FLOATING_LIBRARY_ANCHOR = "a kedge of forty pounds";\n');
  commit(repository, 'A boat');
  const { workbench } = code();
  await workbench.statusItem('5 files are remembered', LIMITS.answer);
  await chat().ask(question);
  expect(await chat().ended(question)).toBe('answered');
  expect((await chat().ranked(question))[0]).toContain('src/boat.ts');
  git(repository, 'switch', '--quiet', 'main');
  await workbench.statusItem('4 files are remembered', LIMITS.answer);
});
