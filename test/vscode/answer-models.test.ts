import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporary } from '../loop/cli.ts';
import { ggufBytes, madeModel } from '../support/made-gguf.ts';
import { chatServer, json, models, stream } from '../unit/answer-model/chat-server.ts';
import type { Reply } from '../unit/answer-model/chat-server.ts';
import { Chat } from './driver/chat.ts';
import { until } from './driver/limits.ts';
import { libraryRepository } from './driver/repository.ts';
import { useCode } from './driver/use-code.ts';

/**
 * Who answers is chosen from what there is: the built-in model, one that is added from a file, a server of this
 * machine, and a model that another extension offers.
 */
const SIZE = { width: 1200, height: 860 } as const;
/** Milliseconds until colours have faded into each other and tooltips are gone. */
const SETTLED = 600;

const code = useCode(() => ({
  folder: libraryRepository(),
  beside: [join(import.meta.dirname, 'fixtures/models')],
  settings: { 'askCodebase.device': 'cpu' },
  size: SIZE,
}));
const chat = () => new Chat(code().view);
const ANSWER = 'A reader keeps a book for LOAN_DAYS days.';
const CHAT = '/v1/chat/completions';
const BUILT_IN = 'Qwen2.5-Coder-0.5B-Instruct';

let server: Awaited<ReturnType<typeof chatServer>>;
const routes: Record<string, Reply> = {
  '/v1/models': models('small:1b'),
  '/api/ps': json({ models: [{ name: 'small:1b', context_length: 4_096 }] }),
  [CHAT]: stream(ANSWER.split(/(?<= )/)),
};

beforeAll(async () => {
  // The list looks at the usual ports alone; whoever works here may have one of them in use.
  for (const port of [11_434, 1_234, 8_000, 8_080]) {
    const started = await chatServer(routes, port).catch(() => undefined);
    if (started) {
      server = started;
      return;
    }
  }
  throw new Error('All usual ports are in use.');
});

beforeAll(async () => {
  const { workbench } = code();
  await workbench.statusItem('4 files are remembered', 120_000);
  await workbench.openContainer('Ask Codebase');
});

afterAll(() => {
  server.close();
});

const setting = () => code().profile.seenSettings()['answerModel'];
const isSet = (choice: string) => until('The setting', () => (setting() === choice ? true : undefined));
const header = (question: string) => chat().exchange(question).locator('.answered-by').innerText();
const failure = (question: string) => chat().exchange(question).locator('.note.failed').innerText();

/** Opens the list and waits until it is whole and has these. */
async function list(...names: readonly string[]): Promise<string[]> {
  const { workbench } = code();
  await workbench.run('Ask Codebase: Choose Answer Model…');
  return listed(...names);
}

async function listed(...names: readonly string[]): Promise<string[]> {
  const { workbench } = code();
  await workbench.page.getByPlaceholder('The model that writes answers').waitFor();
  return until(`The list with ${names.join(', ')}`, async () => {
    const picks = await workbench.picks();
    return names.every((name) => picks.some((label) => label.includes(name))) ? picks : undefined;
  });
}

async function choose(name: string): Promise<void> {
  await list(name);
  await code().workbench.pick(name);
}

/** Takes a picture in each theme of what `show` brings onto the screen, to be looked at. */
async function inThemes(name: string, show: () => Promise<unknown> = () => Promise.resolve()): Promise<void> {
  const { workbench } = code();
  for (const theme of ['light', 'contrast', 'dark'] as const) {
    await code().theme(theme);
    await show();
    await workbench.page.mouse.move(SIZE.width / 2, SIZE.height - 8);
    await workbench.page.waitForTimeout(SETTLED);
    await workbench.screenshot(`${name}-${theme}`);
  }
}

/** The modal dialog; a notification with a button has the same role. */
const modal = () => code().workbench.page.locator('.monaco-dialog-box');

/** Waits for a notification, and takes it away. */
async function told(text: string): Promise<void> {
  const { workbench } = code();
  await workbench.notification(text);
  const toast = workbench.page.locator('.notification-toast', { hasText: text });
  await toast.hover();
  await toast.locator('.codicon-notifications-clear').click();
}

async function asked(question: string): Promise<string> {
  await chat().ask(question);
  return chat().ended(question);
}

test('the list offers the built-in model, what listens, and the models of the editor', async () => {
  const { workbench } = code();
  await inThemes('answer-models', async () => {
    await workbench.page.keyboard.press('Escape');
    await list('small:1b', 'Counter');
  });
  const labels = await workbench.picks();
  expect(labels[0]).toContain(BUILT_IN);
  await workbench.pick('small:1b');
  await isSet(`${server.url}#small:1b`);
});

test('a server of this machine answers without a question, and the header says where the text went', async () => {
  const question = 'How many days may a reader keep a book?';
  expect(await asked(question)).toBe('answered');
  expect(await chat().answer(question)).toContain('A reader keeps a book for');
  expect(await header(question)).toBe(`Answered by small:1b at ${server.address}`);
  expect(server.seen.at(-1)?.body).toContain('LOAN_DAYS');
  await inThemes('answered-by-server');
});

test('a model that the server has not is not chosen, and the list of those that it has is said', async () => {
  const { workbench } = code();
  await choose('Enter an address…');
  await workbench.enter(`${server.url}#none`);
  const text = `The server at ${server.address} has no model none, but small:1b. Choose one of these.`;
  await workbench.notification(text);
  await workbench.answerNotification(text, 'Choose Answer Model…');
  await listed(BUILT_IN);
  await workbench.page.keyboard.press('Escape');
  expect(setting()).toBe(`${server.url}#small:1b`);
});

test('a server that vanishes is one sentence with one button, and the files are shown all the same', async () => {
  const [cut, gone] = ['After how many days is a late fee due?', 'What does a late fee cost?'];
  routes[CHAT] = stream(['A late fee '], 'cut');
  expect(await asked(cut)).toBe('failed');
  expect(await failure(cut)).toContain(`The server at ${server.address} stopped in mid-answer. Ask again.`);
  server.close();
  expect(await asked(gone)).toBe('failed');
  expect(await failure(gone)).toContain(`No server answers at ${server.address}. Start it and ask again`);
  for (const question of [cut, gone]) {
    expect((await chat().ranked(question)).length).toBeGreaterThan(0);
    expect(await chat().exchange(question).locator('.note.failed button').count()).toBe(1);
  }
  expect(setting()).toBe(`${server.url}#small:1b`);
  await code().workbench.screenshot('server-gone');
});

test('a model of the editor is asked about once, then answers, and the header says where the text went', async () => {
  const { workbench } = code();
  await choose('Counter');
  expect(await modal().innerText()).toContain('Send questions and lines of your files to fixture?');
  await modal().getByRole('button', { name: 'Cancel', exact: true }).click();
  expect(setting()).toBe(`${server.url}#small:1b`);
  await choose('Counter');
  await modal().waitFor();
  await workbench.page.waitForTimeout(SETTLED);
  await workbench.screenshot('editor-model-consent');
  await modal().getByRole('button', { name: 'Send', exact: true }).click();
  await isSet('editor:fixture/counter');
  const question = 'Where is the late fee computed?';
  expect(await asked(question)).toBe('answered');
  expect(await chat().answer(question)).toContain('The model of the editor was sent lines of');
  expect(await chat().answer(question)).toContain('src/loans.ts');
  expect(await header(question)).toBe(
    'Answered by Counter: the question and lines of files were sent to fixture through the editor',
  );
  await inThemes('answered-by-editor');
});

test('a file that is no whole model is refused, and the model before stays in use', async () => {
  const file = join(temporary('cut-model'), 'cut.gguf');
  writeFileSync(file, ggufBytes(madeModel('qwen2')).subarray(0, 50_000));
  await choose('Add a model file (GGUF)…');
  await code().workbench.pickFile(file, 'Add');
  await told('This model cannot be used. The log says why; the one before stays in use.');
  await until('The reason', () => (code().log().includes('cut.gguf is cut short') ? true : undefined));
  expect(setting()).toBe('editor:fixture/counter');
});

test('a model file is added after a question, answers on this machine, and stays in the list', async () => {
  const { workbench } = code();
  const file = join(temporary('tiny-model'), 'Tiny.gguf');
  writeFileSync(file, ggufBytes(madeModel('qwen2')));
  await choose('Add a model file (GGUF)…');
  await code().workbench.pickFile(file, 'Add');
  expect(await modal().innerText()).toContain('Add Made Up?');
  await workbench.screenshot('add-model');
  await modal().getByRole('button', { name: 'Go On', exact: true }).click();
  await isSet('tiny');
  expect(existsSync(join(code().profile.memory, 'models/tiny/manifest.json'))).toBe(true);
  const question = 'What does a reader pay for a late book?';
  expect(await asked(question)).toBe('answered');
  expect(await header(question)).toBe('Answered by Made Up on this machine');
  await workbench.screenshot('answered-by-added');
});

test('an added model is removed from the list, after which the built-in one answers', async () => {
  const { workbench } = code();
  await list('Made Up');
  const row = workbench.page.locator('.quick-input-widget:visible .monaco-list-row', { hasText: 'Made Up' });
  await row.hover();
  await workbench.screenshot('remove-model');
  await row.locator('.codicon-trash').click();
  expect(await modal().innerText()).toContain('Remove Made Up from this machine?');
  await modal().getByRole('button', { name: 'Remove', exact: true }).click();
  await isSet('built-in');
  expect(existsSync(join(code().profile.memory, 'models/tiny'))).toBe(false);
  const question = 'How many days may a reader keep a book before a late fee is due?';
  expect(await asked(question)).toBe('answered');
  expect(await header(question)).toBe(`Answered by ${BUILT_IN} on this machine`);
  await code().workbench.screenshot('answered-by-built-in');
});

test('before text goes to another machine its user is asked, and nothing goes where that is refused', async () => {
  const { workbench } = code();
  await code().set('askCodebase.answerModel', 'http://192.0.2.1:8080#m');
  await isSet('http://192.0.2.1:8080#m');
  const question = 'Which books are in the catalogue?';
  await chat().ask(question);
  expect(await modal().innerText()).toContain('Send questions and lines of your files to 192.0.2.1:8080?');
  await workbench.screenshot('network-consent');
  await modal().getByRole('button', { name: 'Cancel', exact: true }).click();
  expect(await chat().ended(question)).toBe('failed');
  expect(await failure(question)).toContain('Nothing was sent to 192.0.2.1:8080.');
});
