import { expect, test } from 'vitest';
import { Chat } from './driver/chat.ts';
import { LIMITS } from './driver/limits.ts';
import { libraryRepository } from './driver/repository.ts';
import { useCode } from './driver/use-code.ts';

/** Nothing of the folder is run, so questions are answered in Restricted Mode too. */
const code = useCode(() => ({
  folder: libraryRepository(),
  trust: 'restricted',
  settings: { 'askCodebase.device': 'cpu', 'security.workspace.trust.startupPrompt': 'never' },
}));

test('a folder that is not trusted is read and answered from', async () => {
  const { workbench } = code();
  await workbench.statusItem('Restricted Mode');
  await workbench.statusItem('4 files are remembered', LIMITS.answer);
  await workbench.openContainer('Ask Codebase');
  const chat = new Chat(code().view);
  const question = 'How is a late fee computed?';
  await chat.ask(question);
  expect(await chat.ended(question)).toBe('answered');
  await workbench.screenshot('restricted');
});
