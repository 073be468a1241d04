import { homeFolder } from '../index/storage-path.ts';
import { removeStored, storedMemories } from '../index/stored-memories.ts';
import type { StoredMemory } from '../index/stored-memories.ts';
import { AppError } from '../common/app-error.ts';
import { amounts } from '../common/number-format.ts';
import { EXIT } from './exit.ts';
import { out } from './output.ts';

export interface MemoriesCommand {
  /** Names, titles or working folders. */
  readonly remove?: readonly string[];
  /** Remove all whose working folders are gone. */
  readonly gone?: boolean;
  /** Remove all that nobody has used for so many days. */
  readonly unused?: number;
  /** Without it, what would be removed is shown. */
  readonly yes?: boolean;
  readonly json?: boolean;
}

const DAY = 86_400_000;
const english = amounts('en');

/** Lists the memories on this machine, or removes some of them: shown first, done with `--yes`. */
export function memoriesCommand(options: MemoriesCommand): number {
  const home = homeFolder();
  const all = storedMemories(home);
  const isCleaning = options.remove !== undefined || options.gone === true || options.unused !== undefined;
  const meant = isCleaning ? chosen(all, options) : all;
  if (!isCleaning || options.yes !== true) {
    if (options.json === true) out.json({ home, memories: meant });
    else out.rows(...listed(home, meant), ...(isCleaning ? wouldRemove(meant) : []));
    return EXIT.done;
  }
  const removals = removeStored(
    home,
    meant.map(({ name }) => name),
  );
  const failed = removals.filter(({ kind }) => kind !== 'removed');
  if (options.json === true) out.json({ home, removals });
  else {
    const freed = removals.reduce((sum, one) => sum + (one.kind === 'removed' ? one.bytes : 0), 0);
    const messages = removals.flatMap((one) => (one.kind === 'removed' ? [] : [one.message]));
    const done = memoryCount(removals.length - failed.length);
    out.rows(`Removed: ${done}, ${english.bytes(freed)}.`, ...messages);
  }
  return failed.length > 0 ? EXIT.failed : EXIT.done;
}

function chosen(all: readonly StoredMemory[], { remove = [], gone, unused }: MemoriesCommand): StoredMemory[] {
  const isNamed = (memory: StoredMemory, name: string) =>
    memory.name === name || memory.title === name || memory.folders.some(({ path }) => path === name);
  const unknown = remove.find((name) => !all.some((memory) => isNamed(memory, name)));
  if (unknown !== undefined) {
    throw new AppError('command/usage', `There is no memory "${unknown}". \`memories\` lists them.`);
  }
  const several = remove.find((name) => all.filter(({ title }) => title === name).length > 1);
  if (several !== undefined) {
    throw new AppError('command/usage', `Several memories are called "${several}". Give the name in brackets.`);
  }
  const before = unused === undefined ? undefined : Date.now() - unused * DAY;
  return all.filter(
    (memory) =>
      remove.some((name) => isNamed(memory, name)) ||
      (gone === true && memory.state === 'gone') ||
      (before !== undefined && memory.usedMs < before),
  );
}

function listed(home: string, memories: readonly StoredMemory[]): string[] {
  const bytes = memories.reduce((sum, memory) => sum + memory.bytes, 0);
  return [
    `${memoryCount(memories.length)} in ${home}, ${english.bytes(bytes)}`,
    ...memories.flatMap(({ name, title, folders, files, forgotten, bytes: own, createdMs, usedMs, state }) => [
      `${title} (${name})`,
      `  ${fileCount(files)}, ${english.bytes(own)}, begun ${dateOf(createdMs)}, last used ${dateOf(usedMs)}`,
      ...(forgotten > 0 ? [`  ${fileCount(forgotten)} forgotten on request`] : []),
      ...(state === 'unreadable' ? ['  cannot be read: damaged, or made by another version'] : []),
      ...folders.map(({ path, isThere }) => `  ${path}${isThere ? '' : ' (gone)'}`),
    ]),
  ];
}

function wouldRemove(memories: readonly StoredMemory[]): string[] {
  if (memories.length === 0) return [];
  const forgotten = memories.reduce((sum, memory) => sum + memory.forgotten, 0);
  return [
    ...(forgotten === 1 ? ['1 file was forgotten on request. After removal it is indexed again.'] : []),
    ...(forgotten > 1
      ? [`${fileCount(forgotten)} were forgotten on request. After removal they are indexed again.`]
      : []),
    'Nothing is removed yet. Add --yes to remove these; no file of a folder is touched.',
  ];
}

const memoryCount = (count: number) => (count === 1 ? '1 memory' : `${english.count(count)} memories`);
const fileCount = (count: number) => (count === 1 ? '1 file' : `${english.count(count)} files`);

const dateOf = (time: number) => new Date(time).toISOString().slice(0, 10);
