import type { Destination } from '../answer-model/answer-model.ts';
import { BUILT_IN } from '../answer-model/engine-model.ts';
import { answer } from '../answer/answer.ts';
import type { Answer, AnswerEvent, AnswerOptions, UnknownReason } from '../answer/answer.ts';
import type { EarlyList } from '../answer/early-lists.ts';
import { citationText } from '../answer/citation.ts';
import { checkedQuestion } from '../retrieve/multi-folder-search.ts';
import type { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import type { Evidence, EvidenceChoice } from '../evidence/evidence.ts';
import type { RankedFile } from '../retrieve/ranked-files.ts';
import type { Embedded } from '../retrieve/missing-vectors.ts';
import type { FinishReason } from '../engine/protocol.ts';
import { defaultSampling } from '../engine/generate/sampler.ts';
import { tellOfLarger, withAnswerModel } from './answer-model.ts';
import { evidenceRows } from './evidence.ts';
import { blamedFields, changeRows, lastChanges } from './last-changes.ts';
import type { FoundChanges } from './last-changes.ts';
import { EXIT } from './exit.ts';
import { err, out } from './output.ts';
import type { Row } from './output.ts';
import { exactPercent } from '../common/number-format.ts';
import { byWords, milliseconds, notEmbedded } from './embedded.ts';
import { scopeOf } from './scope.ts';
import { commitFields, withMembers } from './session.ts';
import type { AskedCommit } from './session.ts';
import type { QuestionOptions } from './session.ts';

interface Generation {
  readonly temperature?: number;
  readonly seed?: number;
  readonly maxTokens?: number;
  readonly json?: boolean;
}

export type AskCommand = QuestionOptions &
  Generation & {
    readonly kind?: EvidenceChoice;
    /** Who answers, as `chosenModel` reads it. */
    readonly model?: string;
  };

const UNKNOWN: Readonly<Record<UnknownReason, string>> = {
  far: 'No relevant code found for this question.',
  changed:
    'The relevant files are not here as they were indexed. Ask again; files that only a snapshot knows have to be fetched first.',
};

/** Files that are listed above an answer. */
const LISTED = 6;

/**
 * Indexes what changed, then prints the relevant files, the answer as it streams, and the source of each sentence.
 */
export async function askCommand(question: string, options: AskCommand): Promise<number> {
  checkedQuestion(question);
  // A slip in its name, and the question about another machine, come before anything is read.
  return withAnswerModel(options, (model) =>
    withMembers(
      options,
      question,
      async ({ members, search, commits, signal }) => {
        const scope = scopeOf(options.scope, members);
        const { temperature, seed, maxTokens, json, kind, embedFor, blame } = options;
        const embedMs = milliseconds(embedFor);
        const exitCode = await printAnswer(search, question, {
          commits,
          blame,
          temperature,
          seed,
          maxTokens,
          json,
          embedMs,
          signal,
          ...(model && { model }),
          ...(scope && { scope }),
          ...(kind && { evidenceKind: kind }),
          terms: options.scope,
        });
        if (model === undefined && json !== true && exitCode === EXIT.done) await tellOfLarger();
        return exitCode;
      },
      showDraft,
    ),
  );
}

type PrintOptions = { readonly [Name in keyof Generation]: Generation[Name] | undefined } & Pick<
  AnswerOptions,
  'model' | 'scope' | 'signal' | 'evidenceKind'
> & {
    readonly embedMs?: number | undefined;
    readonly commits?: readonly AskedCommit[];
    readonly blame?: boolean | undefined;
    /** The scope as it was typed. */
    readonly terms?: string | undefined;
  };

/** Prints an answer as it comes about. The exit code. */
export async function printAnswer(search: MultiFolderSearch, given: string, options: PrintOptions): Promise<number> {
  const question = checkedQuestion(given);
  const { temperature, seed, maxTokens, json, embedMs, model, scope, evidenceKind, signal } = options;
  const page = { kind: evidenceKind, scope: options.terms };
  const view = json === true ? jsonView(options.commits) : textView(page);
  const sampling =
    temperature === undefined
      ? defaultSampling
      : {
          kind: 'nucleus' as const,
          temperature,
          topP: 0.9,
          seed: seed ?? 1,
          repetitionPenalty: defaultSampling.repetitionPenalty,
        };
  const how = {
    sampling,
    ...(embedMs !== undefined && { embedMs }),
    signal,
    ...(model && { model }),
    ...(maxTokens && { maxTokens }),
    ...(scope && { scope }),
    ...(evidenceKind && { evidenceKind }),
  };
  let ranked: readonly RankedFile[] = [];
  await answer(search, question, how, (event) => {
    if (event.kind === 'recalled') ranked = event.files;
    view.event(event);
  });
  // Only now: an answer does not wait for git.
  return view.end(options.blame === true ? await lastChanges(search, ranked, signal) : undefined);
}

interface View {
  readonly event: (event: AnswerEvent) => void;
  readonly end: (changes: FoundChanges | undefined) => number;
}

function textView(page: Parameters<typeof evidenceRows>[1]): View {
  let known = true;
  let listed = 0;
  let evidence: Evidence | undefined;
  return {
    event: (event) => {
      switch (event.kind) {
        case 'preliminary':
          showDraft(event);
          break;
        case 'embedded':
          notEmbedded(event).forEach((row) => {
            err.rows(row);
          });
          break;
        case 'recalled':
          listed = event.files.length;
          if (listed > 0) out.rows([{ style: 'bold', text: 'Relevant files' }], ...fileRows(event.files), '');
          break;
        case 'evidence':
          ({ evidence } = event);
          out.rows(...evidenceRows(event.evidence, page), '');
          break;
        case 'read':
          if (event.stale > 0)
            out.rows(
              `${event.stale} places are not here as they were read (changed since, or only in a snapshot) and are left out.`,
            );
          break;
        case 'model':
          answeredBy(event).forEach((row) => {
            out.rows(row, '');
          });
          break;
        case 'partial':
        case 'prefilled':
          break;
        case 'token':
          out.text(event.text);
          break;
        case 'checking':
          if (event.sentences === 0) out.rows('');
          // On the error stream, so that a pipe holds the answer alone.
          err.status(`Checking sentence ${event.sentences + 1} of ${event.of} against the files`);
          break;
        case 'unknown':
          known = false;
          out.rows(`${UNKNOWN[event.reason]}${listed > 0 ? ' The nearest files are listed above.' : ''}`);
          break;
        case 'answered':
          err.status();
          // A blank row; before it the end of the last line, where no sentence has ended it. Without an answer, the row
          // above is blank already.
          if (event.answer.text !== '') out.rows(...(event.answer.sentences.length === 0 ? ['', ''] : ['']));
          out.rows(...restRows(event.answer, evidence));
          break;
      }
    },
    end: (changes) => {
      if (changes) out.rows('', ...changeRows(changes));
      return known ? EXIT.done : EXIT.unknown;
    },
  };
}

function showDraft({ files, percent }: EarlyList): void {
  out.draft([{ style: 'bold', text: 'Relevant files' }, `  ${byWords(percent)}`], ...fileRows(files));
}

function fileRows(files: readonly RankedFile[]): Row[] {
  return files.slice(0, LISTED).map(({ path, share, lines }) => {
    const [best] = lines;
    return `  ${exactPercent(share).padStart(6)}  ${best ? citationText({ path, ...best }) : path}`;
  });
}

/** Nothing where the model that is always there answers. */
function answeredBy({ name, destination }: Extract<AnswerEvent, { kind: 'model' }>): Row[] {
  switch (destination.kind) {
    case 'process':
      return name === BUILT_IN ? [] : [`Answered by ${name} on this machine`];
    case 'loopback':
      return [`Answered by ${name} at ${destination.address}`];
    case 'network':
    case 'editor': {
      const where = destination.kind === 'network' ? destination.address : destination.vendor;
      return [`Answered by ${name} at ${where}: the question and lines of files were sent there`];
    }
  }
}

const NOTES: Readonly<Record<FinishReason, readonly string[]>> = {
  stop: [],
  repeated: ['The answer ends where it began to repeat itself.'],
  length: ['The answer was cut at its longest length; ask for more with --max-tokens.'],
  context: [],
};

const ALONE = {
  complete: 'The lines above are the answer; the model adds nothing to them.',
  chosen: 'The lines above say most about the question; the model adds nothing to them.',
} as const;

function restRows({ text, sentences, leftOut, ending }: Answer, evidence: Evidence | undefined): Row[] {
  const rows = sentences.map((found): Row => {
    const text = shortened(found.sentence.text);
    return found.kind === 'supported'
      ? ['  ', { style: 'green', text: citationText(found.citation) }, `  ${text}`]
      : ['  ', { style: 'yellow', text: 'no source found' }, `  ${text}`];
  });
  const unknown = [...new Set(sentences.flatMap((found) => found.unknown ?? []))];
  return [
    ...(text === '' ? [] : [[{ style: 'bold', text: 'Sources' } as const], ...rows]),
    ...(unknown.length > 0 ? [`Names that stand in no file: ${unknown.join(', ')}`] : []),
    ...(text === '' && (evidence ? evidence.count > 0 : leftOut === 0)
      ? [evidence?.kind === 'lines' ? ALONE.chosen : ALONE.complete]
      : []),
    ...leftOutRows(leftOut),
    ...NOTES[ending],
  ];
}

/** A sentence that is not shown was said all the same: how many is part of the answer. */
function leftOutRows(leftOut: number): Row[] {
  if (leftOut === 0) return [];
  return [
    leftOut === 1
      ? '1 sentence of the model had no source and was left out.'
      : `${leftOut} sentences of the model had no source and were left out.`,
  ];
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= 90 ? line : `${line.slice(0, 89)}…`;
}

function jsonView(commits: readonly AskedCommit[] = []): View {
  let ranked: readonly RankedFile[] | undefined;
  let embedded: Embedded | undefined;
  let evidence: Evidence | undefined;
  let found: Answer | undefined;
  let model: { readonly name: string; readonly destination: Destination } | undefined;
  return {
    event: (event) => {
      if (event.kind === 'recalled') ranked = event.files;
      if (event.kind === 'embedded') embedded = { segments: event.segments, ofSegments: event.ofSegments };
      if (event.kind === 'evidence') evidence = event.evidence;
      if (event.kind === 'model') model = { name: event.name, destination: event.destination };
      if (event.kind === 'answered') found = event.answer;
    },
    end: (blamed) => {
      const files = ranked?.map(({ path, share, lines }) => ({
        path,
        share,
        segments: lines.map(({ start, end, share: own }) => ({ start, end, share: own })),
      }));
      out.json({
        ...commitFields(commits),
        known: found !== undefined,
        embedded,
        files,
        evidence,
        model,
        answer: found,
        ...blamedFields(blamed),
      });
      return found ? EXIT.done : EXIT.unknown;
    },
  };
}
