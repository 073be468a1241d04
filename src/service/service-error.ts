import type { Action } from './protocol.ts';

/** A failure that a person reads: one sentence, and the one thing that mends it. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly action: Action;

  constructor(sentence: string, action: Action) {
    super(sentence);
    this.action = action;
  }
}
