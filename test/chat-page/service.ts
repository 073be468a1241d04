import type { AnswerEvent } from '../../src/answer/answer.ts';
import type { RankedFile } from '../../src/retrieve/ranked-files.ts';
import type { Evidence } from '../../src/evidence/evidence.ts';
import type { EvidencePage, Question } from '../../src/service/protocol.ts';
import type { ChatService } from '../../src/chat/dependencies.ts';

/** One thing that a scripted service does: an event, a pause in milliseconds, or a failure. */
export type Step =
  | { readonly kind: 'event'; readonly event: AnswerEvent }
  | { readonly kind: 'pause'; readonly milliseconds: number }
  | { readonly kind: 'failure'; readonly error: Error };

/** A service that plays a script for each question, in order; the last one again and again. */
export class ScriptedService implements ChatService {
  readonly asked: Question[] = [];
  /** Pages of evidence that were asked for, and what is given for each. */
  readonly pages: EvidencePage[] = [];
  page: Evidence | undefined;
  readonly #scripts: readonly (readonly Step[])[];

  constructor(...scripts: readonly (readonly Step[])[]) {
    this.#scripts = scripts;
  }

  async ask(question: Question, onEvent: (event: AnswerEvent) => void, signal?: AbortSignal): Promise<void> {
    const script = this.#scripts[Math.min(this.asked.length, this.#scripts.length - 1)] ?? [];
    this.asked.push(question);
    for (const step of script) {
      signal?.throwIfAborted();
      if (step.kind === 'failure') throw step.error;
      if (step.kind === 'event') onEvent(step.event);
      else await pause(step.milliseconds, signal);
    }
  }

  recall(): Promise<readonly RankedFile[]> {
    return Promise.resolve([]);
  }

  evidence(page: EvidencePage): Promise<Evidence | undefined> {
    this.pages.push(page);
    return Promise.resolve(this.page);
  }

  warm(): Promise<void> {
    return Promise.resolve();
  }
}

/** An answer as the service tells it: `words` of it before it halts, all and its end when left out. */
export function told(events: readonly AnswerEvent[], text: string, words = Infinity): Step[] {
  const pieces = text.match(/\S+\s*|\s+/g) ?? [];
  return [...events, ...pieces.slice(0, words).map((piece) => ({ kind: 'token', text: piece }) as const)].map(
    (event) => ({ kind: 'event', event }),
  );
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('It was cancelled.', 'AbortError'));
    });
  });
}
