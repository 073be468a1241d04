import { expect, test } from 'vitest';
import { PROBE } from './driver/places.ts';
import { extensionId } from './driver/profile.ts';
import { libraryRepository } from './driver/repository.ts';
import { until } from './driver/limits.ts';
import { useCode } from './driver/use-code.ts';

/** The driver against the smallest extension: where this fails, no other test of this folder can be believed. */
const code = useCode(() => ({ folder: libraryRepository(), extension: PROBE }));

test('a clean start shows the extension’s status and no notification', async () => {
  await code().workbench.statusItem('probe plain');
  expect(await code().workbench.notifications()).toEqual([]);
  await until('The log', () => (code().log().includes('The probe is active.') ? true : undefined));
});

test('a command runs by its title, and its notification is read and counted', async () => {
  const { workbench } = code();
  await workbench.run('Probe: Show a Notification');
  await workbench.notification('A word from the probe.');
  expect(await workbench.notifications()).toHaveLength(1);
});

test('a quick pick and an input box are answered', async () => {
  const { workbench } = code();
  await workbench.run('Probe: Pick One');
  expect(await workbench.picks()).toEqual(['first', 'second']);
  await workbench.pick('second');
  await workbench.statusItem('probe picked second');
  await workbench.run('Probe: Ask for a Word');
  await workbench.enter('harbour');
  await workbench.statusItem('probe heard harbour');
});

test('the page in a webview is typed into, clicked and read, and the tree beside it too', async () => {
  const { workbench, view } = code();
  await workbench.openContainer('Probe');
  await view.getByRole('textbox', { name: 'Question' }).fill('where is the harbour?');
  await view.getByRole('button', { name: 'Send' }).click();
  await view.getByText('heard: where is the harbour?').waitFor();
  await until('Two rows', async () => ((await workbench.rows('Rows')).length === 2 ? true : undefined));
  expect(await workbench.rows('Rows')).toEqual(['alpha', 'beta']);
});

test('a setting reaches the extension', async () => {
  await code().set('probe.word', 'first');
  await code().workbench.statusItem('probe first');
  await code().set('probe.word', 'changed');
  await code().workbench.statusItem('probe changed');
});

test.each(['light', 'contrast', 'dark'] as const)('the %s theme is put on', async (theme) => {
  await code().theme(theme);
  await code().workbench.screenshot(`probe-${theme}`);
});

test('a file is opened, typed into and saved', async () => {
  const { workbench } = code();
  await workbench.openFile('src/loans.ts');
  await workbench.typeAtTop('const first = 1;\n');
  await workbench.save();
  // The status bar follows the cursor a moment later.
  await until('The cursor', async () => ((await workbench.place()).cursor === 'Ln 2, Col 1' ? true : undefined));
  expect((await workbench.place()).tab).toBe('loans.ts');
});

test('a child of the extension is found and killed', async () => {
  const { workbench } = code();
  expect(code().engines()).toEqual([]);
  await workbench.run('Probe: Start a Child');
  await workbench.statusItem('probe child runs');
  await code().killEngine();
  await workbench.statusItem('probe child ended by SIGKILL');
});

test('a second window has an extension host of its own', async () => {
  const second = await code().openWindow();
  await second.statusItem('probe changed');
  await code().closeWindow(second);
});

test('an unknown command fails with a sentence', async () => {
  await expect(code().workbench.run('Probe: Nothing of the Kind', 1_000)).rejects.toThrow(/did not come about/);
});

test('the identity of the extension is its manifest’s', () => {
  expect(code().extension).toBe(extensionId(PROBE));
});
