import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LIMITS, until } from './driver/limits.ts';
import { commit, libraryRepository } from './driver/repository.ts';
import { useCode } from './driver/use-code.ts';

/** What a person asks in the editor's own chat, where no other extension brings a model. */
const SIZE = { width: 1200, height: 860 } as const;
/** Milliseconds until colors have faded into each other and tooltips are gone. */
const SETTLED = 600;

const code = useCode(() => ({
  folder: repository(),
  settings: { 'askCodebase.device': 'cpu', 'editor.minimap.enabled': false },
  size: SIZE,
}));

/** Two commits: what the second one changes can be asked about. */
function repository(): string {
  const folder = libraryRepository();
  writeFileSync(
    join(folder, 'src/fines.ts'),
    "import { lateFee } from './loans.ts';\n\nexport const fine = lateFee;\n",
  );
  commit(folder, 'Fines are late fees');
  return folder;
}

const session = () => code().workbench.page.locator('.interactive-session').first();
const lastAnswer = () => session().locator('.interactive-response').last();
const plain = (text: string) => text.replaceAll(/\s+/g, ' ');

/** The answer to a request, once it holds what it has to; the list holds no more rows than are seen. */
function answered(request: string, expected: RegExp): Promise<string> {
  return until(
    `${String(expected)} in the chat`,
    async () => {
      const asked = await session().locator('.interactive-request').allInnerTexts();
      if (!plain(asked.at(-1) ?? '').includes(request) || (await lastAnswer().count()) === 0) return undefined;
      const text = plain(await lastAnswer().innerText());
      return expected.test(text) ? text : undefined;
    },
    LIMITS.answer,
  );
}

/** Sends a request in the chat, as somebody who pastes it. */
async function ask(request: string, expected: RegExp): Promise<string> {
  const { page } = code().workbench;
  await session().locator('.interactive-input-part .monaco-editor').first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(request);
  // The list of what may follow would take the Enter.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  return answered(request, expected);
}

/** A suggestion; a screen reader is told what it asks. */
const offered = (label: string) => session().locator('.interactive-followup-reply', { hasText: label });

test('the participant answers where no other model is there, and keeps a scope', async () => {
  const { workbench } = code();
  await workbench.openContainer('Ask Codebase');
  await workbench.run('Chat: Open Chat');
  await workbench.page.locator('.interactive-input-part').getByText('Ask Codebase').waitFor();
  await ask('@codebase-memory /scope +src -tests', /This conversation is about: \+src -tests/);
});

test('/where gives files with links, references and buttons, and a button opens the lines', async () => {
  const { workbench } = code();
  const text = await ask('@codebase-memory /where are late fees computed', /Open src\/loans\.ts/);
  expect(text).toMatch(/Relevant files.*% src\/loans\.ts loans\.ts:1-13/);
  // The steps are folded once more while the end of the answer is drawn.
  const used = session().getByRole('button', { name: /^Used \d+ references/ });
  const isShown = () =>
    used.waitFor({ timeout: 3_000 }).then(
      () => true,
      () => undefined,
    );
  await until('The references', async () => {
    await session()
      .getByText(/^Completed \d+ steps/)
      .click();
    return isShown();
  });
  // Without a command, or it would only be listed again.
  await offered('Explain these places')
    .and(session().getByLabel(/^@codebase-memory are late fees/))
    .waitFor();
  for (const theme of ['light', 'contrast', 'dark'] as const) {
    await code().theme(theme);
    await workbench.page.mouse.move(SIZE.width / 2, SIZE.height - 8);
    await workbench.page.waitForTimeout(SETTLED);
    await workbench.screenshot(`participant-${theme}`);
  }
  await session().getByRole('button', { name: 'Open src/loans.ts:1-13' }).click();
  await until('The file', async () => ((await workbench.place()).tab === 'loans.ts' ? true : undefined));
});

test('/why, as it is suggested, shows the commits and then an answer', async () => {
  await offered('Why is it like that?').click();
  // The answer's sources, or that no sentence of it had one.
  const text = await answered('/why are late fees computed', /Commits.*(?:Sources|left out)/);
  expect(text).toMatch(/Ask Codebase (?:Fines are late fees|A library)/);
});
