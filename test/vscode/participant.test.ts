import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, test } from 'vitest';
import { LIMITS, until } from './driver/limits.ts';
import { commit, libraryRepository } from './driver/repository.ts';
import { useCode } from './driver/use-code.ts';

/** How an answer ends: sources, what was left out, that the lines are all, or that there is none. */
const ENDED = /Sources|left out|The lines above|No relevant code/;
/** Of the window, so that an answer and its references fit. */
const SIZE = { width: 1200, height: 860 } as const;
/** Milliseconds after which a request that still stands in the input was not sent. */
const SENT = 15_000;

const code = useCode(() => ({
  folder: repository(),
  settings: {
    'askCodebase.device': 'cpu',
    'editor.minimap.enabled': false,
    // Or the chat folds all above the end of an answer, references too, and folds it anew while it is drawn.
    'chat.agent.collapseCompletedResponses': false,
  },
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
/** The place of the last answer that was read, counted from the first row of the conversation. */
let read = -1;
const plain = (text: string) => text.replaceAll(/\s+/g, ' ');

/**
 * The answer to the last request, once it holds what it has to. The list draws the rows that are seen, in no order, and
 * the request once more where it sticks to the top.
 */
function answered(request: string, expected: RegExp): Promise<{ readonly text: string; readonly answer: Locator }> {
  const rows = '.monaco-list-rows > .monaco-list-row';
  return until(
    `${String(expected)} in the chat after “${request}”`,
    async () => {
      const asked = await session().locator('.interactive-request').allInnerTexts();
      if (!asked.some((text) => plain(text).includes(request))) return undefined;
      const drawn = await session()
        .locator(`${rows}:has(.interactive-item-container)`)
        .evaluateAll((found: HTMLElement[]) =>
          found.map((row) => ({
            at: Number(row.dataset.index),
            text: row.innerText,
            isAnswer: row.querySelector('.interactive-response') !== null,
          })),
        );
      const last = drawn.sort((a, b) => a.at - b.at).at(-1);
      if (last?.isAnswer !== true || last.at <= read || !expected.test(plain(last.text))) return undefined;
      read = last.at;
      return { text: plain(last.text), answer: session().locator(`${rows}[data-index="${last.at}"]`) };
    },
    LIMITS.answer,
  );
}

/** Sends a request in the chat, as somebody who pastes it. */
async function ask(request: string, expected: RegExp): ReturnType<typeof answered> {
  const { page } = code().workbench;
  const input = session().locator('.interactive-input-part .monaco-editor').first();
  const [, command = ''] = request.split(' ');
  const isSent = async () => ((await input.innerText()).includes(command) ? undefined : true);
  // The list of what may follow takes the Enter where it comes after the Escape: then all is done once more.
  await until(`“${request}” in the chat`, async () => {
    await input.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(request);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    return until('The empty input', isSent, SENT).catch(() => undefined);
  });
  return answered(request, expected);
}

/** A suggestion; a screen reader is told what it asks. */
const offered = (label: string) => session().locator('.interactive-followup-reply', { hasText: label });

/** The page beside it is drawn, colors have faded into each other, and no tooltip or quick pick is left. */
async function settled(): Promise<void> {
  const { page } = code().workbench;
  await code().view.getByText('5 files are remembered.').waitFor();
  await page.mouse.move(SIZE.width / 2, SIZE.height - 8);
  await until('The end of what moves', async () => {
    const moving = await page.evaluate(
      () =>
        document
          .getAnimations()
          .filter(
            ({ playState, effect }) =>
              playState === 'running' && effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY,
          ).length,
    );
    const over = await page.locator('.monaco-hover:visible, .quick-input-widget:visible').count();
    return moving + over === 0 ? true : undefined;
  });
}

test('the participant answers where no other model is there, and keeps a scope', async () => {
  const { workbench } = code();
  await workbench.openContainer('Ask Codebase');
  await workbench.run('Chat: Open Chat');
  await workbench.page.locator('.interactive-input-part').getByText('Ask Codebase').waitFor();
  await ask('@codebase-memory /scope +src -tests', /This conversation is about: \+src -tests/);
});

test('/where gives files with links, references and buttons, and a button opens the lines', async () => {
  const { workbench } = code();
  const where = () => ask('@codebase-memory /where are late fees computed', /Open src\/loans\.ts/);
  // Asked in each, because the chat draws an icon once, for the theme of then.
  for (const theme of ['light', 'contrast'] as const) {
    await code().theme(theme);
    await where();
    await settled();
    await workbench.screenshot(`participant-${theme}`);
  }
  await code().theme('dark');
  const { text, answer } = await where();
  expect(text).toMatch(/Relevant files.*% src\/loans\.ts loans\.ts:1-13/);
  const used = answer.getByRole('button', { name: /^Used \d+ references/ });
  await used.waitFor();
  // Without a command, or it would only be listed again.
  await offered('Explain these places')
    .and(session().getByLabel(/^@codebase-memory are late fees/))
    .waitFor();
  await settled();
  await workbench.screenshot('participant-dark');
  await used.click();
  await answer.locator('.chat-used-context-list').getByText('loans.ts').first().waitFor();
  await used.click();
  // The list folds up while it is clicked, and what was under the mouse has moved away.
  await until('The file', async () => {
    await answer.getByRole('button', { name: 'Open src/loans.ts:1-13' }).click();
    const tab = workbench.page.locator('.tab.active[data-resource-name="loans.ts"]');
    return tab.waitFor({ timeout: 5_000 }).then(
      () => true,
      () => undefined,
    );
  });
});

test('/why, as it is suggested, shows the commits and then an answer', async () => {
  await offered('Why is it like that?').click();
  const { text } = await answered('/why are late fees computed', ENDED);
  expect(text).toContain('Commits');
  expect(text).toMatch(/Ask Codebase (?:Fines are late fees|A library)/);
});

test('/diff compares commits, and its suggestion asks about these files', async () => {
  const { text } = await ask('@codebase-memory /diff HEAD~1 HEAD', /src\/fines\.ts \(added\)/);
  expect(text).toContain('1 file differs between HEAD~1 and HEAD.');
  await offered('What could these changes break?').click();
  const after = await answered('/diff What could these changes break?', ENDED);
  expect(after.text).not.toContain('No relevant code');
  expect(after.text).not.toContain('catalogue.ts');
});

test('what cannot be done is said in a sentence', async () => {
  const { text } = await ask('@codebase-memory /diff nowhere HEAD', /git knows no commit "nowhere"/);
  expect(text).not.toContain('log has');
});
