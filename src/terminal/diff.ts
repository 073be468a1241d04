import type { AnswerModel } from '../answer-model/answer-model.ts';
import { AppError } from '../common/app-error.ts';
import { counted } from '../common/number-format.ts';
import { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import { revisionDifference } from '../index/revision-difference.ts';
import type { FileDifference, RevisionDifference } from '../index/revision-difference.ts';
import { commitOf } from '../workspace/git/revision.ts';
import { withAnswerModel } from './answer-model.ts';
import { printAnswer } from './ask.ts';
import { EXIT } from './exit.ts';
import { out } from './output.ts';
import { printRanking } from './recall.ts';
import { refresh, withFolderIndex } from './session.ts';
import type { CommonOptions } from './session.ts';

export interface DiffCommand extends CommonOptions {
  readonly ask?: string;
  readonly recall?: string;
}

/**
 * The signed memory of what changed between two commits, or between a commit and the files on disk. A question is put
 * to the changed files alone, as they stand in the later of the two.
 */
export async function diffCommand(base: string, head: string | undefined, options: DiffCommand): Promise<number> {
  if (options.ask !== undefined && options.recall !== undefined) {
    throw new AppError('command/usage', 'Give --ask or --recall, not both.');
  }
  // It is opened only where something is asked of it.
  if (options.ask === undefined) return differ(base, head, options, undefined);
  return withAnswerModel(options, (model) => differ(base, head, options, model));
}

async function differ(
  base: string,
  head: string | undefined,
  options: DiffCommand,
  model: AnswerModel | undefined,
): Promise<number> {
  return withFolderIndex(options, async (session) => {
    const { index, signal } = session;
    // A slip in a name is told before anything is read.
    for (const name of head === undefined ? [base] : [base, head]) await commitOf(index.root, name, signal);
    await refresh(session, options);
    const found = await revisionDifference(index, { base, head, signal });
    const question = options.ask ?? options.recall;
    if (options.json !== true) out.rows(...rows(found, base, head));
    else if (question === undefined) out.json(report(found));
    if (question === undefined) return EXIT.done;
    // The text of a commit is laid over the memory in RAM, as unsaved text is.
    const readable = found.files.filter((file) => file.text !== undefined);
    if (head !== undefined) for (const file of readable) await index.overlay(file.path, file.text, signal, 'commit');
    const scope = new Set(readable.map(({ path }) => path));
    const how = { ...options, signal, scope: () => scope, ...(model && { model }) };
    const search = MultiFolderSearch.of(index);
    return options.ask === undefined ? printRanking(search, question, how) : printAnswer(search, question, how);
  });
}

function sums(files: readonly FileDifference[], what: 'segments' | 'tokens') {
  return {
    added: files.reduce((sum, file) => sum + file[what].added, 0),
    removed: files.reduce((sum, file) => sum + file[what].removed, 0),
  };
}

function report({ base, head, files, unread, difference, encoded }: RevisionDifference) {
  return {
    base,
    head,
    segments: sums(files, 'segments'),
    tokens: sums(files, 'tokens'),
    files: files.map(({ path, kind, segments, tokens }) => ({ path, kind, segments, tokens })),
    unread,
    encoded,
    setHash: difference.setHash.hex(),
  };
}

function rows({ files, unread, difference, encoded }: RevisionDifference, base: string, head = 'the files on disk') {
  const segments = sums(files, 'segments');
  const tokens = sums(files, 'tokens');
  const changed = files.map(
    ({ path, kind, segments: { added, removed } }) =>
      `  ${kind.padEnd(7)}  ${`+${added}`.padStart(4)} ${`-${removed}`.padStart(4)}  ${path}`,
  );
  const others = unread.length > 0 ? [`  ${counted(unread.length, 'changed file')} not indexed.`] : [];
  return [
    `${base} to ${head}: ${counted(files.length, 'file')}, +${segments.added} -${segments.removed} segments ` +
      `(+${tokens.added} -${tokens.removed} tokens)`,
    ...changed,
    ...others,
    `${encoded} segments were encoded for it.`,
    `  set hash of the difference ${difference.setHash.hex()}`,
  ];
}
