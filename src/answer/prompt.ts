import { printable } from '../common/printable.ts';
import type { Message } from '../engine/generate/tokenizer.ts';
import type { Turn } from '../retrieve/multi-folder-search.ts';
import type { EvidenceNote } from './evidence-excerpt.ts';
import type { Excerpt } from './excerpt.ts';

/** Fences of Markdown (CommonMark 0.31, section 4.5). What follows an opening one names its language. */
const OPENING = /^ {0,3}(?:(`{3,})[^`]*|(~{3,})(?!~).*)$/;
const CLOSING = /^ {0,3}(`{3,}|~{3,})[ \t]*$/;

/** Characters of a file's name that are shown: a path may have thousands. */
const NAME_LENGTH = 300;
/** Characters of a run of ` or ~ that are shown: a fence is longer than the longest run, and nobody needs more. */
const RUN_LENGTH = 40;

export interface PromptOptions {
  /** What the model's profile asks for: it stands last. */
  readonly task: string;
  readonly notes?: readonly EvidenceNote[];
  /** What the model has read in this conversation; the excerpts are then those that are new. */
  readonly before?: readonly Message[] | undefined;
}

/**
 * The conversation that is put to the model. File text is data: it stands between fences that it cannot close, with a
 * header of one line that it cannot forge, and what a reader would not see is spelled out. There is no system message
 * of ours: with the one that the base was tuned on (its chat template adds it), answers to questions about two projects
 * were right more often than with any that told it how to behave, and an invitation to say that the code does not show
 * it was taken too often. A conversation that goes on stands first, word for word, so that it is not read again.
 */
export function promptFor(
  question: string,
  excerpts: readonly Excerpt[],
  history: readonly Turn[],
  { task, notes = [], before }: PromptOptions,
): Message[] {
  // The best file comes last, next to the question: a small model follows what it read last.
  const byFile = [...Map.groupBy(excerpts, ({ path }) => path).values()].reverse().flat();
  const shown = byFile.map(({ path, start, end, lines }) => {
    const text = fencedText(lines.join(''));
    return `File ${shownName(path)}, lines ${start}-${end}:\n${text}`;
  });
  const noted = notes.map(({ heading, text }) => `${shownName(heading)}:\n${fencedText(text)}`);
  const told = [...shown, ...noted, `${closedQuestion(question)}\n${task}`].join('\n\n');
  const last = history.at(-1);
  if (before) return [...before, { role: 'user', content: told }];
  return [
    ...(last
      ? [
          { role: 'user' as const, content: last.question },
          { role: 'assistant' as const, content: last.answer },
        ]
      : []),
    { role: 'user', content: told },
  ];
}

/** The text between two fences, each longer than every run of its character in the text. */
function fencedText(raw: string): string {
  const text = printable(raw, 'block')
    .trimEnd()
    .replace(/`+|~+/g, (run) => run.slice(0, RUN_LENGTH));
  const fence = fenceFor(text);
  return `${fence}\n${text}\n${fence}`;
}

function fenceFor(text: string): string {
  if (!text.includes('```')) return '```';
  if (!text.includes('~~~~')) return '~~~~';
  const [backticks, tildes] = [longestRun(text, /`+/g), longestRun(text, /~+/g)];
  return backticks < tildes ? '`'.repeat(backticks + 1) : '~'.repeat(tildes + 1);
}

function longestRun(text: string, runs: RegExp): number {
  return [...text.matchAll(runs)].reduce((longest, [run]) => Math.max(longest, run.length), 0);
}

/** A path in one line, without what could end a header or open a fence. */
function shownName(path: string): string {
  const line = printable(path, 'line').replaceAll('`', '\\x60');
  const kept = Math.floor(NAME_LENGTH / 2);
  return line.length <= NAME_LENGTH ? line : `${line.slice(0, kept)}…${line.slice(-kept)}`;
}

/** The question with its last block closed: what the model is told to do must not lie inside it. */
function closedQuestion(question: string): string {
  const text = `Based on the code above, ${printable(question, 'block')}`;
  let open: string | undefined;
  for (const line of text.split('\n')) {
    if (open === undefined) open = OPENING.exec(line)?.slice(1).find(Boolean);
    else if (CLOSING.exec(line)?.[1]?.startsWith(open) === true) open = undefined;
  }
  return open === undefined ? text : `${text}\n${open}`;
}
