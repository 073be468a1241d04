import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allowAddress, isAllowedAddress } from '../answer-model/allowed-addresses.ts';
import { archiveBytes, CATALOG } from '../answer-model/catalog.ts';
import type { AnswerModel } from '../answer-model/answer-model.ts';
import { chosenModel } from '../answer-model/chosen-model.ts';
import type { ServerChoice } from '../answer-model/chosen-model.ts';
import { editorAlone, isFirstTold, openLocalModel, usedModel } from '../answer-model/local-models.ts';
import type { OpenedModel } from '../answer-model/local-models.ts';
import { KEY_ADDRESS_VARIABLE, KEY_VARIABLE } from '../answer-model/server-failure.ts';
import { ServerModel } from '../answer-model/server-model.ts';
import { AppError } from '../common/app-error.ts';
import { amounts } from '../common/number-format.ts';
import type { EngineSettings } from '../engine/settings.ts';
import { homeFolder } from '../index/storage-path.ts';
import { confirm } from './confirm.ts';
import { stopping } from './interrupt.ts';
import { err } from './output.ts';

interface NamedModel extends Pick<EngineSettings, 'device'> {
  readonly model?: string;
  readonly threads?: number;
}

/**
 * The model that `--model` names, or that `models use` chose; undefined for the built-in one, which the memory's own
 * engine runs. Whoever names a server elsewhere is asked once whether text may go there.
 *
 * @throws `answer-model/…`
 */
export async function openAnswerModel(
  { model, device, threads }: NamedModel,
  signal: AbortSignal,
): Promise<OpenedModel | undefined> {
  const home = homeFolder();
  const choice = chosenModel(model ?? (await usedModel(home)) ?? '');
  switch (choice.kind) {
    case 'built-in':
      return undefined;
    case 'server':
      await agreeTo(choice, home, signal);
      return {
        model: new ServerModel(choice, { key: keyFor(choice) }),
        forgetPrompt: () => Promise.resolve(),
        close: () => undefined,
      };
    case 'local':
      return openLocalModel(home, choice.name, {
        script: join(dirname(fileURLToPath(import.meta.url)), 'engine.js'),
        settings: { device, ...(threads === undefined ? {} : { threads }) },
        isAllowedTight: async (sentence) => (await confirm(`${sentence} Load it all the same?`, signal)) === true,
      });
    case 'editor':
      throw editorAlone();
  }
}

/** As `openAnswerModel`, and closes it after the work whatever happens. */
export async function withAnswerModel<T>(
  named: NamedModel,
  work: (model: AnswerModel | undefined) => Promise<T>,
): Promise<T> {
  const opened = await openAnswerModel(named, stopping);
  try {
    return await work(opened?.model);
  } finally {
    opened?.close();
  }
}

/** Says once, after an answer of the model that is always there, how to get a larger one. */
export async function tellOfLarger(): Promise<void> {
  const home = homeFolder();
  const [larger] = CATALOG;
  if (larger === undefined || !(await isFirstTold(home))) return;
  const size = amounts('en').bytes(archiveBytes(larger.parts));
  err.rows(
    '',
    `A larger model says more: \`${program()} models add ${larger.name}\` downloads one (${size}) after you agree.`,
  );
}

/**
 * The key of the environment, where it is meant for this server: any address may be named in a command or a script, and
 * a key belongs to one.
 *
 * @throws `command/environment`
 */
function keyFor({ origin }: ServerChoice): string | undefined {
  const key = process.env[KEY_VARIABLE];
  const meantFor = process.env[KEY_ADDRESS_VARIABLE];
  if (key === undefined || key === '' || meantFor === undefined || meantFor === '') return undefined;
  const url = URL.parse(meantFor);
  if (url !== null && /^https?:$/.test(url.protocol)) return url.origin === origin ? key : undefined;
  throw new AppError(
    'command/environment',
    `${KEY_ADDRESS_VARIABLE} must be an address such as https://models.example, and "${meantFor}" is not.`,
  );
}

async function agreeTo(
  { address, origin, isLoopback, baseUrl }: ServerChoice,
  home: string,
  signal: AbortSignal,
): Promise<void> {
  if (isLoopback || (await isAllowedAddress(home, origin))) return;
  const open = baseUrl.startsWith('http:') ? ' They are not encrypted on the way.' : '';
  const question = `${address} is not this machine. Your questions and lines of your files will be sent there.${open} Allow it?`;
  const isAgreed = await confirm(question, signal);
  if (isAgreed === true) {
    await allowAddress(home, origin);
    return;
  }
  throw new AppError(
    'answer-model/not-allowed',
    isAgreed === false
      ? `Nothing was sent to ${address}.`
      : `${address} is not this machine, so nothing was sent. Run this once in a terminal, which asks whether it may be.`,
  );
}

/** What a user types to start this program: npm says which of its scripts runs. */
function program(): string {
  return ['ask', 'cli'].includes(process.env['npm_lifecycle_event'] ?? '') ? 'npm run cli --' : 'ask-codebase';
}
