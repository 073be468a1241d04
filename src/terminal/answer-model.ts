import { allowAddress, isAllowedAddress } from '../answer-model/allowed-addresses.ts';
import type { AnswerModel } from '../answer-model/answer-model.ts';
import { chosenModel } from '../answer-model/chosen-model.ts';
import type { ServerChoice } from '../answer-model/chosen-model.ts';
import { KEY_VARIABLE } from '../answer-model/server-failure.ts';
import { ServerModel } from '../answer-model/server-model.ts';
import { AppError } from '../common/app-error.ts';
import { homeFolder } from '../index/storage-path.ts';
import { confirm } from './confirm.ts';

/**
 * The model that `--model` names; undefined for the built-in one, which the memory's own engine runs. Whoever names a
 * server elsewhere is asked once whether text may go there.
 *
 * @throws `answer-model/…`
 */
export async function openAnswerModel(text: string, signal: AbortSignal): Promise<AnswerModel | undefined> {
  const choice = chosenModel(text);
  switch (choice.kind) {
    case 'built-in':
      return undefined;
    case 'server':
      await agreeTo(choice, signal);
      return new ServerModel(choice, { key: process.env[KEY_VARIABLE] });
    case 'local':
      throw new AppError('answer-model/choice', `There is no local model "${choice.name}".`);
    case 'editor':
      throw new AppError('answer-model/choice', 'A model of the editor answers in the editor alone.');
  }
}

async function agreeTo({ address, isLoopback, baseUrl }: ServerChoice, signal: AbortSignal): Promise<void> {
  const home = homeFolder();
  if (isLoopback || (await isAllowedAddress(home, address))) return;
  const open = baseUrl.startsWith('http:') ? ' They are not encrypted on the way.' : '';
  const question = `${address} is not this machine. Your questions and lines of your files will be sent there.${open} Allow it?`;
  const isAgreed = await confirm(question, signal);
  if (isAgreed === true) {
    await allowAddress(home, address);
    return;
  }
  throw new AppError(
    'answer-model/not-allowed',
    isAgreed === false
      ? `Nothing was sent to ${address}.`
      : `${address} is not this machine, so nothing was sent. Run this once in a terminal, which asks whether it may be.`,
  );
}
