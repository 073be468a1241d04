import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hostileRepository } from '../support/hostile-repository.ts';
import { Chat } from './driver/chat.ts';
import { LIMITS, until } from './driver/limits.ts';
import { useCode } from './driver/use-code.ts';

/**
 * A repository whose every setting names a program, and whose own editor settings would hide a file and bring a model.
 * The tests go on from each other, as somebody does who opens a folder, looks around, and trusts it in the end.
 */
const hostile = hostileRepository({ hangs: ['files', 'head', 'ignore-file', 'excludes'] });
mkdirSync(join(hostile.root, '.vscode'));
const evil = { 'askCodebase.exclude': ['src/mail.ts'], 'askCodebase.modelsFolder': join(hostile.root, 'docs') };
writeFileSync(join(hostile.root, '.vscode/settings.json'), JSON.stringify(evil));
afterAll(() => {
  hostile.remove();
});

const code = useCode(() => ({
  folder: hostile.root,
  trust: 'restricted',
  settings: {
    'askCodebase.device': 'cpu',
    'security.workspace.trust.startupPrompt': 'never',
    // VS Code's own git would run what this repository names as soon as it is trusted.
    'git.enabled': false,
  },
}));

const reminder = 'How is a reminder sent to readers whose books are due soon?';
const fee = 'How is a late fee computed?';
const changed = () => code().view.locator('input[value=changed]');
/** How often the folder was read to its end so far. */
const readings = () =>
  code()
    .log()
    .match(/ files read, /g)?.length ?? 0;

test('a folder that is not trusted is read and answered from, and runs nothing', async () => {
  const { workbench } = code();
  await workbench.statusItem('Restricted Mode');
  await workbench.statusItem('files are remembered', LIMITS.answer);
  await workbench.openContainer('Ask Codebase');
  const chat = new Chat(code().view);
  await chat.ask(reminder);
  expect(await chat.ended(reminder)).toBe('answered');
  // The folder's own settings do not count: they would leave this file out.
  expect((await chat.ranked(reminder))[0]).toContain('src/mail.ts');
  await workbench.screenshot('restricted');
  expect(hostile.tripped()).toEqual([]);
});

test('the chip of the changed files says that git is not asked', async () => {
  expect(await changed().isDisabled()).toBe(true);
  expect(await changed().getAttribute('aria-label')).toContain('in Restricted Mode git is not asked');
});

test('once it is trusted git is asked, and still nothing is run', async () => {
  const { workbench } = code();
  const before = readings();
  await workbench.run('Workspaces: Manage Workspace Trust');
  await workbench.page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).click();
  await until('The end of Restricted Mode', async () => {
    const items = await workbench.status();
    return items.some((item) => item.includes('Restricted Mode')) ? undefined : true;
  });
  await until('A reading by git', () => (readings() > before ? true : undefined), LIMITS.answer);
  await until('The chip of the changed files', async () => ((await changed().isEnabled()) ? true : undefined));
  const chat = new Chat(code().view);
  await chat.ask(fee);
  expect(await chat.ended(fee)).toBe('answered');
  expect((await chat.ranked(fee))[0]).toContain('src/loans.ts');
  expect((await chat.ranked(fee)).filter((file) => file.includes('src/mail.ts'))).toEqual([]);
  expect(hostile.tripped()).toEqual([]);
});
