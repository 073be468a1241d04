import { AppError } from '../common/app-error.ts';
import type { MultiFolderSearch, RecallOptions } from '../retrieve/multi-folder-search.ts';
import { filesWithSegments } from '../retrieve/ranked-files.ts';
import type { RecallBy, RankedFiles } from '../retrieve/ranked-files.ts';
import { listSegments } from '../retrieve/segment-list.ts';
import { EXIT } from './exit.ts';
import { byWords, milliseconds, notEmbedded } from './embedded.ts';
import { blamedFields, changeRows, lastChanges } from './last-changes.ts';
import { err, out } from './output.ts';
import { exactPercent } from '../common/number-format.ts';
import { readQuestions } from './questions.ts';
import type { ListedQuestion } from './questions.ts';
import { scopeOf } from './scope.ts';
import { commitFields, withMembers } from './session.ts';
import type { AskedCommit } from './session.ts';
import type { QuestionOptions } from './session.ts';

export interface RecallCommand extends QuestionOptions {
  readonly questions?: string;
  readonly by: RecallBy;
}

/** Segments that are listed under each file. */
const LISTED = { files: 10, segments: 3 } as const;
/** Lines in the one list that `--json` prints for programs. */
const LISTED_LINES = 50;

/** Ranks files without generating anything; reads first what is missing. */
export async function recallCommand(question: string | undefined, options: RecallCommand): Promise<number> {
  const questions = await questionsOf(question, options);
  // Many questions are asked for a measurement: all of them see the same index.
  const how = options.questions === undefined ? options : { ...options, complete: true };
  return withMembers(how, questions[0]?.question, async ({ members, search, commits, signal }) => {
    const scope = scopeOf(options.scope, members);
    for (const { id, question: text } of questions) {
      const { by, json } = options;
      const embedMs = milliseconds(options.embedFor);
      await printRanking(search, text, { id, by, json, signal, embedMs, scope, commits, blame: options.blame });
    }
    return EXIT.done;
  });
}

interface PrintOptions extends RecallOptions {
  readonly id?: string;
  readonly json?: boolean | undefined;
  readonly commits?: readonly AskedCommit[];
  readonly blame?: boolean | undefined;
}

/** Prints what a question brings back. */
export async function printRanking(
  search: MultiFolderSearch,
  question: string,
  options: PrintOptions,
): Promise<number> {
  const { id = 'question', json, by, embedMs, scope, commits = [], blame, signal } = options;
  const onRankedByWords = (ranked: RankedFiles) => {
    if (json !== true) out.draft(byWords(100), ...table(ranked));
  };
  const ranking = await search.recall(question, { embedMs, by, scope, signal, onRankedByWords });
  const changes = blame === true ? await lastChanges(search, ranking.files, signal) : undefined;
  if (json === true) out.json({ ...commitFields(commits), ...report(id, ranking), ...blamedFields(changes) });
  else {
    out.rows(...table(ranking), ...(changes ? changeRows(changes) : []));
    notEmbedded(ranking.embedded).forEach((row) => {
      err.rows(row);
    });
  }
  return EXIT.done;
}

async function questionsOf(
  question: string | undefined,
  { questions }: RecallCommand,
): Promise<readonly ListedQuestion[]> {
  if (questions === undefined) {
    if (question === undefined || question.trim() === '') {
      throw new AppError('ask/empty-question', 'There is no question. Give one, or a file of them with --questions.');
    }
    return [{ id: 'question', question }];
  }
  return readQuestions(questions);
}

function report(id: string, ranking: RankedFiles) {
  const ranked = filesWithSegments(ranking);
  return {
    id,
    embedded: ranking.embedded,
    files: ranked.map((file) => ({
      ...file,
      segments: file.segments.map(({ start, end, share, score }) => ({ start, end, share, score })),
    })),
    segments: listSegments(ranked)
      .slice(0, LISTED_LINES)
      .map(({ path, start, end, share }) => ({ path, start, end, share })),
  };
}

function table({ files }: RankedFiles): string[] {
  const lines = files
    .slice(0, LISTED.files)
    .flatMap(({ path, share, lines: best }) => [
      `${exactPercent(share).padStart(6)}  ${path}`,
      ...best
        .slice(0, LISTED.segments)
        .map(
          ({ start, end, cells, share: own }) =>
            `        ${exactPercent(own).padStart(6)}  ${cells ?? `lines ${start}-${end}`}`,
        ),
    ]);
  return lines.length > 0 ? lines : ['Nothing that was read matches.'];
}
