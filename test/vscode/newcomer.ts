import { parseArgs } from 'node:util';
import { Chat } from './driver/chat.ts';
import { Code } from './driver/code.ts';
import { LIMITS, until } from './driver/limits.ts';

/**
 * A newcomer's way to the first answer over a real repository: a clean profile, the folder opened, nothing remembered
 * yet. Says how many clicks it took, whether any dialog or notification came, and how long the words took to come.
 *
 *     node esbuild.js --quiet && node test/vscode/newcomer.ts --repo PATH "How is a route matched?"
 */
const { values, positionals } = parseArgs({
  options: { repo: { type: 'string', default: '.' } },
  allowPositionals: true,
});
const question = positionals[0] ?? 'What does this project do?';

let clicks = 0;
const code = await Code.start({ folder: values.repo, settings: { 'askCodebase.device': 'cpu' } });
try {
  const { page } = code.workbench;
  // Counted where they arrive, in the window and in every frame that is made from here on.
  await page.context().exposeBinding('clicked', () => (clicks += 1));
  const counting = 'addEventListener("pointerdown", () => globalThis.clicked(), true)';
  await page.context().addInitScript(counting);
  await page.evaluate(counting);

  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
  const dialogs = new Set<string>();
  const watched = setInterval(() => {
    void page
      .locator('.monaco-dialog-box:visible, .notification-toast:visible')
      .allInnerTexts()
      .then((texts) => {
        for (const text of texts) dialogs.add(text);
      })
      .catch(() => undefined);
  }, 200);

  await page.locator('.activitybar .action-item:has(a[aria-label^="Ask Codebase"])').first().click();
  const chat = new Chat(code.view);
  await chat.composer.waitFor();
  console.log(`the chat is open after ${seconds()}, clicks: ${clicks}`);
  // Where the composer has the focus already there is nothing to click.
  if (!(await chat.composer.evaluate((box) => box.ownerDocument.activeElement === box))) await chat.composer.click();
  await page.keyboard.type(question);
  await page.keyboard.press('Enter');
  console.log(`asked after ${seconds()}, clicks: ${clicks}`);
  const asked = Date.now();
  const first = await until(
    'A first file',
    async () => {
      const files = await chat.ranked(question).catch(() => []);
      return files.length > 0 ? files : undefined;
    },
    LIMITS.answer,
  );
  const waited = ((Date.now() - asked) / 1000).toFixed(1);
  console.log(`the first files stand after ${seconds()}, ${waited} s from the question: ${first.join('; ')}`);
  await code.workbench.screenshot('newcomer-first-files');
  await until(
    'A first word',
    async () => ((await chat.answer(question).catch(() => '')) !== '' ? true : undefined),
    LIMITS.answer,
  );
  console.log(`the first words stand after ${seconds()}: ${JSON.stringify(await chat.answer(question))}`);
  await code.workbench.screenshot('newcomer-first-words');
  console.log(`${await chat.ended(question)} after ${seconds()}, clicks: ${clicks}`);
  await code.workbench.screenshot('newcomer');
  console.log(`\n${await chat.answer(question)}\n\npointed to: ${(await chat.ranked(question)).join('; ')}`);
  console.log(`rests on: ${(await chat.citations(question)).join(', ')}`);
  console.log(`status bar: ${(await code.workbench.status()).join(' | ')}`);
  clearInterval(watched);
  console.log(`clicks: ${clicks}; dialogs and notifications: ${dialogs.size} ${[...dialogs].join(' / ')}`);
} finally {
  await code.stop();
}
