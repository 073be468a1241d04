import { Code } from '/tmp/w/agents2/test/vscode/driver/code.ts';
import { libraryRepository } from '/tmp/w/agents2/test/vscode/driver/repository.ts';
const code = await Code.start({
  folder: libraryRepository(),
  beside: ['/tmp/w/agents2/test/vscode/fixtures/agent'],
  settings: { 'askCodebase.device': 'cpu' },
});
try {
  const { workbench } = code;
  await workbench.openContainer('Ask Codebase');
  await workbench.page.waitForTimeout(8000);
  await workbench.run('Chat: Open Chat').catch((e) => console.log(String(e).slice(0, 300)));
  await workbench.page.waitForTimeout(3000);
  console.log(await workbench.screenshot('try-chat', '/tmp/w/agents2.tmp'));
  await workbench.page.keyboard.type('@codebase-memory /where are late fees', { delay: 30 });
  await workbench.page.waitForTimeout(2000);
  await workbench.screenshot('try-typed', '/tmp/w/agents2.tmp');
  await workbench.page.keyboard.press('Escape');
  await workbench.page.keyboard.press('Enter');
  await workbench.page.waitForTimeout(8000);
  await workbench.screenshot('try-sent', '/tmp/w/agents2.tmp');
} finally {
  await code.stop();
}
