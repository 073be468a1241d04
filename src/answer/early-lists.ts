import { setTimeout as pause } from 'node:timers/promises';
import { isAppError } from '../common/app-error.ts';
import { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import type { IndexedFolder, RecallOptions } from '../retrieve/multi-folder-search.ts';
import type { AnswerEvent } from './answer.ts';

/** Milliseconds before a list and, at the least, between two. */
const EVERY = 1_500;
/** A list is made in the thread that reads: so many times as long as one took, reading goes on before the next. */
const READING = 15;

export type EarlyList = Extract<AnswerEvent, { kind: 'preliminary' }>;

interface EarlyListOptions {
  readonly members: () => readonly IndexedFolder[];
  readonly scope?: (() => Promise<RecallOptions['scope']>) | undefined;
  readonly history?: RecallOptions['history'];
  /** Files whose words are read, 0..100. */
  readonly percent: () => number;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds before the first list, where words were read before the question, and between two lists. */
  readonly first?: number;
  readonly every?: number;
}

/**
 * While words are read, tells the files by those that are there, now and then until `ready` is settled: who has just
 * opened a large folder waits three seconds for a place to look at, not for all of its files.
 *
 * @throws an AbortError whose cause is the signal's reason; an AppError is told when the question is asked
 */
export async function listEarly(
  question: string,
  ready: Promise<unknown>,
  { members, scope, history, percent, signal, every = EVERY, first = every }: EarlyListOptions,
  emit: (list: EarlyList) => void,
): Promise<void> {
  const settled = ready.then(
    () => 'ready',
    () => 'ready',
  );
  const waiting = (milliseconds: number) => pause(milliseconds, 'waiting', { ref: false, signal });
  let took = 0;
  const next = () => Math.max(every, READING * took);
  for (let wait = first; (await Promise.race([settled, waiting(wait)])) === 'waiting'; wait = next()) {
    const began = performance.now();
    try {
      const search = new MultiFolderSearch(members());
      const ranking = await search.recallByWords(question, { history, scope: await scope?.(), signal });
      if (ranking && ranking.files.length > 0) emit({ kind: 'preliminary', files: ranking.files, percent: percent() });
    } catch (error) {
      // Told when the question is asked; as long as no file of the scope is read, it is no error then.
      if (!isAppError(error)) throw error;
    }
    took = performance.now() - began;
  }
}
