import { addModel, planAdd } from '../answer-model/add-model.ts';
import type { AddPlan, AddProgress } from '../answer-model/add-model.ts';
import { CATALOG } from '../answer-model/catalog.ts';
import { listLocalModels, memoryNeed, removeLocalModel, useModel, usedModel } from '../answer-model/local-models.ts';
import { foundServers } from '../answer-model/found-servers.ts';
import { BUILT_IN_CHOICE, chosenModel } from '../answer-model/chosen-model.ts';
import { BUILT_IN } from '../answer-model/engine-model.ts';
import { AppError } from '../common/app-error.ts';
import { amounts } from '../common/number-format.ts';
import { homeFolder, prepareHome } from '../index/storage-path.ts';
import { confirm } from './confirm.ts';
import { EXIT } from './exit.ts';
import { stopping } from './interrupt.ts';
import { err, out } from './output.ts';
import type { Row } from './output.ts';
import { ProgressBar } from './progress.ts';

export interface ModelsCommand {
  /** Agrees to what would be asked. */
  readonly yes?: boolean;
  readonly json?: boolean;
}

interface Served {
  readonly name: string;
  readonly product: string;
  readonly contextTokens: number | undefined;
  readonly isChosen: boolean;
}

const english = amounts('en');

/** The models that can answer, the chosen one marked, and those that can be had. */
export async function modelsListCommand({ json }: ModelsCommand): Promise<number> {
  const home = homeFolder();
  const [models, used = BUILT_IN_CHOICE, servers] = await Promise.all([
    listLocalModels(home),
    usedModel(home),
    foundServers(stopping),
  ]);
  const served = servers.flatMap(({ name: product, address, models: own }) =>
    own.map(({ choice: name, contextTokens }) => ({ name, product, address, contextTokens, isChosen: name === used })),
  );
  // One that is chosen and does not listen now is named all the same.
  const isElsewhere = chosenModel(used).kind === 'server' && !served.some(({ isChosen }) => isChosen);
  const known = [
    { name: BUILT_IN_CHOICE, title: BUILT_IN, bytes: undefined },
    ...models.map(({ name, title, bytes }) => ({ name, title, bytes })),
    ...(isElsewhere ? [{ name: used, title: 'a server', bytes: undefined }] : []),
  ].map((model) => ({ ...model, isChosen: model.name === used }));
  const others = CATALOG.filter(({ name }) => !models.some((model) => model.name === name));
  if (json === true) {
    out.json({
      models: known,
      served,
      available: others.map(({ name, title, license }) => ({ name, title, license })),
    });
    return EXIT.done;
  }
  const row = ({ name, title, bytes, isChosen: isOwn }: (typeof known)[number]): Row => [
    isOwn ? { style: 'green', text: '* ' } : '  ',
    `${name.padEnd(24)} ${title}`,
    bytes === undefined ? '' : `, ${english.bytes(bytes)}`,
  ];
  out.rows([{ style: 'bold', text: 'Models that answer' }], ...known.map(row));
  if (served.length > 0) out.rows('', [{ style: 'bold', text: 'Served on this machine' }], ...served.map(servedRow));
  if (others.length === 0) return EXIT.done;
  out.rows('', [{ style: 'bold', text: 'To be had with `models add NAME`' }]);
  out.rows(...others.map(({ name, title, license }) => `  ${name.padEnd(24)} ${title}, ${license}`));
  return EXIT.done;
}

function servedRow({ name, product, contextTokens, isChosen }: Served): Row {
  const reads = contextTokens === undefined ? '' : `, reads ${english.count(contextTokens)} tokens`;
  return [isChosen ? { style: 'green', text: '* ' } : '  ', `${name}  ${product}${reads}`];
}

/** Downloads or imports a model after its user has agreed, and makes it the one that answers. */
export async function modelsAddCommand(given: string, { yes, json }: ModelsCommand): Promise<number> {
  const home = homeFolder();
  const plan = await planAdd(home, given);
  err.rows(...planRows(plan));
  if (yes !== true && !(await agreed('Go on?'))) {
    err.rows('Nothing was done.');
    return EXIT.done;
  }
  prepareHome(home);
  const bar = new ProgressBar();
  try {
    await addModel(home, plan, {
      signal: stopping,
      onProgress: (progress) => {
        bar.draw(drawn(progress));
      },
    });
  } finally {
    bar.stop();
  }
  await useModel(home, { kind: 'local', name: plan.name });
  if (json === true) out.json({ name: plan.name, title: plan.title, folder: plan.folder });
  else out.rows(`${plan.title} answers from now on. \`models use ${BUILT_IN_CHOICE}\` goes back.`);
  return EXIT.done;
}

function planRows({ title, folder, from, need, installedBytes, spaceBytes }: AddPlan): Row[] {
  const kept = `${english.bytes(installedBytes)} in ${folder}, and ${english.bytes(spaceBytes)} on the way.`;
  const tight = need.kind === 'tight' ? [{ style: 'yellow' as const, text: ' Other programs hold a part of it.' }] : [];
  const memory: Row = [`  Memory: ${need.message}`, ...tight];
  if (from.kind === 'path') {
    return [
      [{ style: 'bold', text: title }],
      `  From ${from.path}. Mind its license: it is not part of this program.`,
      `  Disk: ${kept}`,
      memory,
    ];
  }
  const { maker, license, parts } = from.model;
  return [
    [{ style: 'bold', text: title }, `, by ${maker}, license ${license}`],
    `  Download: ${english.bytes(from.bytes)} in ${parts.length} packages, looked up at ${from.index}`,
    '  Each package and the whole are compared with what this program expects. Nothing of yours is sent.',
    `  Disk: ${kept}`,
    memory,
  ];
}

function drawn(progress: AddProgress) {
  const { bytes: done, ofBytes: all } = progress;
  const counted = `${english.bytes(done)} of ${english.bytes(all)}`;
  if (progress.kind === 'converting') return { label: 'Converting', counted, done, all, note: '' };
  return { label: 'Downloading', counted, done, all, note: `package ${progress.part} of ${progress.ofParts}` };
}

/** Makes a model the one that answers where `ask` is given none. */
export async function modelsUseCommand(name: string, { json }: ModelsCommand): Promise<number> {
  const home = homeFolder();
  await useModel(home, chosenModel(name));
  const model = (await listLocalModels(home)).find((found) => found.name === name);
  const title = model?.title ?? (name === BUILT_IN_CHOICE ? BUILT_IN : name);
  if (json === true) out.json({ name, title });
  else out.rows(`${title} answers from now on.`, ...(model ? [memoryNeed(model.bytes).message] : []));
  return EXIT.done;
}

/** Takes a model off the disk; what was begun of one too. */
export async function modelsRemoveCommand(name: string, { yes, json }: ModelsCommand): Promise<number> {
  if (yes !== true && !(await agreed(`Take ${name} off the disk?`))) return EXIT.done;
  await removeLocalModel(homeFolder(), name);
  if (json === true) out.json({ removed: name });
  else out.rows(`${name} is removed.`);
  return EXIT.done;
}

/** Throws `command/usage` where nobody can be asked. */
async function agreed(question: string): Promise<boolean> {
  const isAgreed = await confirm(question, stopping);
  if (isAgreed === undefined) throw new AppError('command/usage', 'Nobody can be asked here. Add --yes to agree.');
  return isAgreed;
}
