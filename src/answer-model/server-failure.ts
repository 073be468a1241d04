import * as l10n from '@vscode/l10n';
import { AppError } from '../common/app-error.ts';
import { printable } from '../common/printable.ts';
import { RedirectError, SilenceError } from './direct-fetch.ts';
import type { ServerChoice } from './chosen-model.ts';
import { offeredName } from './server-card.ts';
import type { CardFailure, ServedModel, ServerCard } from './server-card.ts';

/*
 * What can go wrong with a server, each in one sentence with what to do. (Complaint: tools show their HTTP library's
 * own error, or wait for ever.)
 */

/** Holds the key of a server for the terminal; the editor keeps keys in its secret storage. */
export const KEY_VARIABLE = 'ASK_CODEBASE_SERVER_KEY';
/** The address that the key is meant for, with its scheme: it goes nowhere else. */
export const KEY_ADDRESS_VARIABLE = 'ASK_CODEBASE_SERVER_KEY_FOR';
/** Characters of what a server says about itself. */
const SAID = 200;

export interface FailedReply {
  readonly address: string;
  readonly model: string;
  /** What the server said that its model reads; undefined where it did not. */
  readonly contextTokens: number | undefined;
  /** Whether the reply had begun. */
  readonly hasBegun: boolean;
  /** Of HTTP, where it came so far. */
  readonly status: number | undefined;
  /** Whether the error is one that the server told. */
  readonly isTold: boolean;
}

/** The model of a server that was chosen, as the server lists it. Throws `answer-model/…` where it is not to be had. */
export function servedModel(card: ServerCard | CardFailure, { address, model }: ServerChoice): ServedModel {
  if (card.kind !== 'card') throw failureOfCard(card, address);
  const offered = card.models.map(({ id }) => id);
  const name = model === undefined ? offered[0] : offeredName(model, offered);
  const served = card.models.find(({ id }) => id === name);
  if (!served) throw noModel(address, model, offered);
  return served;
}

/** Why a server told nothing of itself. */
function failureOfCard(failure: CardFailure, address: string): AppError {
  switch (failure.kind) {
    case 'not-running':
      return notRunning(address);
    case 'key':
      return keyWanted(address);
    case 'redirected':
      return redirected(address, failure.to);
    case 'not-chat':
      return notChat(address);
  }
}

/** What ended a reply, or kept it from beginning. */
export function failureOfReply(error: unknown, reply: FailedReply): AppError {
  const { address, model, hasBegun, status, isTold } = reply;
  const cause = rootOf(error);
  if (cause instanceof RedirectError) return redirected(address, cause.location, error);
  if (cause instanceof SilenceError) return silent(address, cause.milliseconds, error);
  const said = saidBy(error);
  if (saysTooLong(said)) return tooLong(reply, error);
  if (hasBegun) return stopped(address, error);
  if (status === undefined && !isTold) return notRunning(address, error);
  if (status === 401 || status === 403) return keyWanted(address, error);
  if (status === 404) return /model/iu.test(said) ? noModel(address, model, [], error) : notChat(address, error);
  const message = l10n.t(
    'The server at {0} could not answer: {1}. Choose another answer model, or look at its log.',
    address,
    said,
  );
  return new AppError('answer-model/refused', message, error);
}

function noModel(address: string, model: string | undefined, offered: readonly string[], cause?: unknown): AppError {
  const names = offered.slice(0, 5).join(', ');
  const message =
    model === undefined
      ? l10n.t('The server at {0} has no model. Load one there, and ask again.', address)
      : names === ''
        ? l10n.t('The server at {0} has no model {1}. Load it there, or choose another answer model.', address, model)
        : l10n.t('The server at {0} has no model {1}, but {2}. Choose one of these.', address, model, names);
  return new AppError('answer-model/no-model', message, cause);
}

export function notChat(address: string, cause?: unknown): AppError {
  const message = l10n.t(
    'What answers at {0} does not speak OpenAI’s chat completions. Choose another answer model.',
    address,
  );
  return new AppError('answer-model/not-chat', message, cause);
}

export function stopped(address: string, cause?: unknown): AppError {
  const message = l10n.t('The server at {0} stopped in mid-answer. Ask again.', address);
  return new AppError('answer-model/stopped', message, cause);
}

/** A model that thinks first may have spent its whole length on that. */
export function emptyAnswer(model: string): AppError {
  const message = l10n.t(
    '{0} ended without an answer. Ask again, or choose a model that answers without thinking first.',
    model,
  );
  return new AppError('answer-model/refused', message);
}

function notRunning(address: string, cause?: unknown): AppError {
  const message = l10n.t('No server answers at {0}. Start it and ask again, or choose another answer model.', address);
  return new AppError('answer-model/not-running', message, cause);
}

function redirected(address: string, to: string, cause?: unknown): AppError {
  const message = l10n.t(
    '{0} sends requests on to {1}, and nothing was sent there. Choose that address if you trust it.',
    address,
    to,
  );
  return new AppError('answer-model/not-chat', message, cause);
}

function keyWanted(address: string, cause?: unknown): AppError {
  const message = l10n.t(
    '{0} asks for a key, or does not take the one it was given. Choose the model again, or in a terminal set {1}, and {2} to its address, such as https://models.example.org.',
    address,
    KEY_VARIABLE,
    KEY_ADDRESS_VARIABLE,
  );
  return new AppError('answer-model/key', message, cause);
}

function silent(address: string, milliseconds: number, cause: unknown): AppError {
  const message = l10n.t(
    'The server at {0} has said nothing for {1} s. Ask again, or choose another answer model.',
    address,
    milliseconds / 1_000,
  );
  return new AppError('answer-model/stopped', message, cause);
}

function tooLong({ address, contextTokens }: FailedReply, cause: unknown): AppError {
  const message =
    contextTokens === undefined
      ? l10n.t('The question and its excerpts are too long for the model at {0}. Give it a longer context.', address)
      : l10n.t(
          'The question and its excerpts are longer than the {0} tokens that the model at {1} reads. Give it a longer context.',
          contextTokens,
          address,
        );
  return new AppError('answer-model/context', message, cause);
}

/** How llama.cpp, vLLM, LM Studio and OpenAI say it. */
function saysTooLong(said: string): boolean {
  return /exceed_context_size|context_length_exceeded|context (?:size|length|window)|maximum context/iu.test(said);
}

/** What a server says about an error, on one line. */
function saidBy(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = printable(message.replace(/\s+/gu, ' ').trim());
  return line.length <= SAID ? line : `${line.slice(0, SAID - 1)}…`;
}

function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  return root;
}
