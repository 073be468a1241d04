import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { LIMITS, until } from './limits.ts';
import { SCREENSHOTS } from './places.ts';

/** The names that VS Code's own themes have in settings. */
export const THEMES = {
  light: 'Default Light Modern',
  dark: 'Default Dark Modern',
  contrast: 'Default High Contrast',
} as const;
export type Theme = keyof typeof THEMES;

/**
 * One window of VS Code, worked as a person works it: with the palette, the mouse and the keyboard. What it reads is
 * what stands on the screen.
 */
export class Workbench {
  /**
   * Addresses outside this machine that the window asked for. The names under vscode-cdn.net are left out: a webview's
   * service worker answers them itself, with files that the workbench hands it.
   */
  readonly foreign: string[] = [];
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(LIMITS.action);
    page.on('request', (request) => {
      const { protocol, hostname, href } = new URL(request.url());
      const outside = hostname !== '127.0.0.1' && !hostname.endsWith('.vscode-resource.vscode-cdn.net');
      if (/^(https?|wss?):$/.test(protocol) && outside) this.foreign.push(href);
    });
  }

  /** Opens the window and waits until the workbench is drawn and its extension host runs. */
  async open(address: string): Promise<void> {
    await this.page.goto(address, { timeout: LIMITS.workbench });
    await this.page.locator('.monaco-workbench .statusbar').waitFor({ timeout: LIMITS.workbench });
    await this.page
      .locator('.monaco-workbench .activitybar')
      .or(this.page.locator('.monaco-workbench .sidebar'))
      .first()
      .waitFor();
  }

  /** Runs the command that the palette lists as `title`, its category included: `Ask Codebase: Ask…`. */
  async run(title: string, limit: number = LIMITS.action): Promise<void> {
    const row = this.page
      .locator('.quick-input-widget:visible .monaco-list-row')
      .filter({ has: this.page.getByText(title, { exact: true }) })
      .first();
    // A command of an extension that is still being registered is not listed yet; the palette does not add it later.
    const chosen = async () => {
      await this.page.keyboard.press('F1');
      const input = this.page.locator('.quick-input-widget:visible input[type="text"]');
      // What has just been opened may take the focus, and the palette closes under the hand: it is opened again.
      const found = await input
        .fill(`>${title}`, { timeout: 3_000 })
        .then(() => row.click({ timeout: 3_000 }))
        .then(
          () => true,
          () => undefined,
        );
      if (!found) await this.page.keyboard.press('Escape');
      return found;
    };
    await until(`The command ${title}`, chosen, limit);
    // The palette closes, or gives way to what the command asks; its own rows must not be read for those.
    const palette = this.page.locator('.quick-input-widget:visible input[type="text"]');
    await until('The end of the palette', async () => {
      const typed = await palette.evaluateAll((inputs: HTMLInputElement[]) => inputs.map(({ value }) => value));
      return typed.some((value) => value.startsWith('>')) ? undefined : true;
    });
  }

  /** The texts of the status bar's items, icons left out; of those that are icons alone, what a screen reader says. */
  async status(): Promise<string[]> {
    const items = await this.page.locator('.statusbar-item:visible').evaluateAll((found: HTMLElement[]) =>
      found.map((item) => {
        const text = item.innerText.replace(/[\s\u{e000}-\u{f8ff}]+/gu, ' ').trim();
        return text === '' ? (item.querySelector('a')?.getAttribute('aria-label') ?? '') : text;
      }),
    );
    return items.filter((text) => text !== '');
  }

  /** Waits for a status bar item that holds `text`, and gives it. */
  statusItem(text: string | RegExp, limit: number = LIMITS.action): Promise<string> {
    const matches = (item: string) => (typeof text === 'string' ? item.includes(text) : text.test(item));
    return until(`“${String(text)}” in the status bar`, async () => (await this.status()).find(matches), limit);
  }

  async clickStatus(text: string): Promise<void> {
    await this.page.locator('.statusbar-item', { hasText: text }).first().click();
  }

  /** The texts of all notifications, the hidden ones of the notification centre included. */
  async notifications(): Promise<string[]> {
    const toasts = await this.page.locator('.notification-toast .notification-list-item-message').allInnerTexts();
    const bell = await this.page.locator('#status\\.notifications a').getAttribute('aria-label');
    const hidden = Number(/(\d+) (new )?notification/i.exec(bell ?? '')?.[1] ?? 0);
    return [...toasts, ...Array.from({ length: Math.max(0, hidden - toasts.length) }, () => '(in the centre)')];
  }

  notification(text: string): Promise<string> {
    return until(`The notification “${text}”`, async () =>
      (await this.notifications()).find((shown) => shown.includes(text)),
    );
  }

  /** Presses a button of a notification. */
  async answerNotification(text: string, button: string): Promise<void> {
    const toast = this.page.locator('.notification-toast', { hasText: text });
    await toast.getByRole('button', { name: button, exact: true }).click();
  }

  /** Shows the view container with this title in the activity bar. */
  async openContainer(title: string): Promise<void> {
    const tab = this.page.locator(`.activitybar .action-item:has(a[aria-label^="${title}"])`).first();
    await tab.waitFor();
    if ((await tab.getAttribute('aria-expanded')) !== 'true' && !(await this.#shows(title))) await tab.click();
    await until(`The view container ${title}`, async () => ((await this.#shows(title)) ? true : undefined));
  }

  /** The page inside a webview of the extension `id`; `nth` counts its webviews in this window. */
  webview(id: string, nth = 0): FrameLocator {
    return this.page
      .locator(`iframe.webview.ready[src*="extensionId=${id}"]`)
      .nth(nth)
      .contentFrame()
      .locator('#active-frame')
      .contentFrame();
  }

  /** The rows of the tree view with this title, as they are shown. */
  async rows(view: string): Promise<string[]> {
    const texts = await this.pane(view).locator('.monaco-list-row').allInnerTexts();
    return texts.map((text) => text.replace(/\s+/g, ' ').trim());
  }

  /** A view inside the side bar by its title: its header and its body. */
  pane(view: string): Locator {
    return this.page.locator(`.pane:has(.pane-header[aria-label^="${view}"])`);
  }

  /** The rows of the open quick pick. */
  async picks(): Promise<string[]> {
    await this.page.locator('.quick-input-widget:visible .monaco-list-row').first().waitFor();
    const labels = this.page.locator('.quick-input-widget:visible .monaco-list-row .quick-input-list-label');
    return (await labels.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
  }

  /** Picks a row of the open quick pick, and sees the list go. */
  async pick(label: string): Promise<void> {
    const row = this.page.locator('.quick-input-widget:visible .monaco-list-row', { hasText: label }).first();
    await row.waitFor();
    await this.#untilGone(row, `The end of the list with ${label}`, () => row.click({ timeout: 3_000 }));
  }

  /** Fills the open input box and accepts it; a list that is about to give way to the box is not typed into. */
  async enter(text: string): Promise<void> {
    const box = this.page
      .locator('.quick-input-widget:visible')
      .filter({ hasNot: this.page.locator('.quick-input-list:visible') });
    const input = box.locator('input[type="text"]');
    await input.fill(text);
    await input.press('Enter');
  }

  /** Picks a file in the editor's own dialog, whose button says `button`. */
  async pickFile(file: string, button: string): Promise<void> {
    const box = this.page
      .locator('.quick-input-widget:visible')
      .filter({ has: this.page.getByRole('button', { name: button, exact: true }) });
    const input = box.locator('input[type="text"]');
    const row = box.locator('.monaco-list-row', { hasText: basename(file) });
    await box.waitFor();
    await this.#untilGone(box, `The end of the dialog with ${file}`, async () => {
      // A dialog that has just opened may put its own folder over the path, and lists a folder only some moments later.
      await input.fill(file, { timeout: 3_000 });
      await row.waitFor({ timeout: 3_000 });
      await input.press('Enter', { timeout: 3_000 });
    });
  }

  /** Opens a file of the workspace by its path through quick open. */
  async openFile(path: string): Promise<void> {
    await this.page.keyboard.press('Control+P');
    await this.page.locator('.quick-input-widget:visible input[type="text"]').fill(path);
    const name = path.split('/').at(-1) ?? path;
    await this.page.locator('.quick-input-widget:visible .monaco-list-row', { hasText: name }).first().waitFor();
    await this.page.keyboard.press('Enter');
    await this.#tab(name).waitFor();
  }

  /** Types at the top of the file in the active editor. */
  async typeAtTop(text: string): Promise<void> {
    await this.page.locator('.editor-instance .view-lines').first().click();
    await this.page.keyboard.press('Control+Home');
    await this.page.keyboard.insertText(text);
  }

  async save(): Promise<void> {
    await this.page.keyboard.press('Control+S');
    await this.page.locator('.tab.active:not(.dirty)').waitFor();
  }

  /** The active editor's tab, and the line and column of its cursor as the status bar tells them. */
  async place(): Promise<{ readonly tab: string; readonly cursor: string }> {
    const tab = await this.page.locator('.tab.active').first().getAttribute('data-resource-name');
    const cursor = await this.page.locator('#status\\.editor\\.selection').innerText();
    return { tab: tab ?? '', cursor: cursor.trim() };
  }

  /** A picture under test/vscode/screenshots, or at `path` below the folder given. Gives the file's place. */
  async screenshot(name: string, folder: string = SCREENSHOTS): Promise<string> {
    const path = join(folder, `${name.replace(/[^\w-]+/g, '-').toLowerCase()}.png`);
    mkdirSync(dirname(path), { recursive: true });
    await this.page.screenshot({ path });
    return path;
  }

  /**
   * Does something until the workbench has taken it: a list that is drawn anew loses the click, and a dialog that still
   * looks for files loses the key.
   */
  async #untilGone(shown: Locator, what: string, act: () => Promise<void>): Promise<void> {
    await until(what, async () => {
      // It may have gone in this very moment.
      await act().catch(() => undefined);
      return shown.waitFor({ state: 'hidden', timeout: 2_000 }).then(
        () => true,
        () => undefined,
      );
    });
  }

  #tab(name: string): Locator {
    return this.page.locator(`.tab.active[data-resource-name="${name}"]`);
  }

  async #shows(title: string): Promise<boolean> {
    const heading = this.page.locator('.sidebar .composite.title h2, .auxiliarybar .composite.title h2');
    const texts = await heading.allInnerTexts();
    return texts.some((text) => text.trim().toLowerCase().startsWith(title.toLowerCase()));
  }
}
