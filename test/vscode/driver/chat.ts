import type { FrameLocator, Locator } from 'playwright-core';
import { LIMITS, until } from './limits.ts';

/** How a question ended, as its state in the page is called. */
export type Ended = 'answered' | 'unknown' | 'stopped' | 'failed';

/** The chat's page inside its webview. */
export class Chat {
  readonly #page: FrameLocator;

  constructor(page: FrameLocator) {
    this.#page = page;
  }

  get composer(): Locator {
    return this.#page.locator('form textarea');
  }

  /** The exchanges on the page, the oldest first. */
  get exchanges(): Locator {
    return this.#page.locator('article.exchange');
  }

  /** Asks through the page, as somebody does who types. */
  async ask(question: string): Promise<void> {
    await this.composer.fill(question);
    await this.composer.press('Enter');
    await this.exchange(question).waitFor();
  }

  /** The newest exchange of this question. */
  exchange(question: string): Locator {
    return this.#page.getByRole('article', { name: question, exact: true }).last();
  }

  /** Waits until the question has ended, one way or another. */
  ended(question: string): Promise<Ended> {
    return until(
      `The end of “${question}”`,
      async () => {
        const state = await this.exchange(question).getAttribute('data-state');
        return state === 'answered' || state === 'unknown' || state === 'stopped' || state === 'failed'
          ? state
          : undefined;
      },
      LIMITS.answer,
    );
  }

  /** The answer's text as it is shown. */
  async answer(question: string): Promise<string> {
    return (await this.exchange(question).locator('.answer').innerText()).trim();
  }

  /** The files that the question brought back, the nearest first: `src/loans.ts, 87%`. */
  ranked(question: string): Promise<string[]> {
    return this.exchange(question)
      .locator('button.ranked-file')
      .evaluateAll((rows: HTMLElement[]) => rows.map((row) => row.ariaLabel ?? ''));
  }

  /** The places under “what it rests on”: `src/loans.ts:4-8`. */
  async citations(question: string): Promise<string[]> {
    return await this.citationRows(question).evaluateAll((rows: HTMLElement[]) => rows.map((row) => row.title));
  }

  citationRows(question: string): Locator {
    return this.exchange(question).locator('button.citation');
  }
}
