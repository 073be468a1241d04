import type { AnswerEvent } from '../../answer/answer.ts';
import type { PlacedLines } from '../../answer/excerpt.ts';
import { isAppError } from '../../common/app-error.ts';
import { printable } from '../../common/printable.ts';
import { answeredBy, code } from '../../chat/markdown.ts';
import { fenced, literal } from '../../chat/harmless-markdown.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import type { ToolName } from '../../library/tool-inputs.ts';
import type { Turn } from '../../retrieve/multi-folder-search.ts';
import type { RankedFile } from '../../retrieve/ranked-files.ts';
import type { Question, QuestionScope, ToolOutcome } from '../../service/protocol.ts';
import { fill } from '../../chat/strings.ts';
import type { WindowFolders } from '../tools/folder-refusal.ts';
import { BlockWriter } from './block-writer.ts';
import type { ParticipantStrings } from './strings.ts';
import type { TurnResult } from './turn-result.ts';
import { isCommit, TurnWriter } from './turn-writer.ts';
import type { TurnOutput } from './turn-writer.ts';

/** The commands of the manifest; no command asks and answers. */
export const COMMANDS = ['where', 'why', 'diff', 'at', 'scope'] as const;
export type ParticipantCommand = (typeof COMMANDS)[number];

/** One request to the participant, as the editor's chat gives it. */
export interface TurnRequest {
  readonly command: ParticipantCommand | undefined;
  readonly prompt: string;
  /** Exchanges of this conversation with the participant, oldest first. */
  readonly history: readonly Turn[];
  /** Terms that an earlier /scope of this conversation has set. */
  readonly terms: string;
  /** Files that the last /diff of this conversation has compared, by their paths as they are shown. */
  readonly compared: readonly string[];
  /** Files and folders that were attached, by their paths as they are shown. */
  readonly paths: readonly string[];
  /** Lines that were attached. */
  readonly selection: PlacedLines | undefined;
}

/** What a turn needs of the window. */
export interface TurnHost {
  readonly folders: () => WindowFolders;
  readonly ask: (question: Question, onEvent: (event: AnswerEvent) => void, signal: AbortSignal) => Promise<void>;
  readonly recall: (question: string, scope: QuestionScope, signal: AbortSignal) => Promise<readonly RankedFile[]>;
  readonly tool: (name: ToolName, input: unknown, signal: AbortSignal) => Promise<ToolOutcome>;
  readonly strings: ParticipantStrings;
}

/** Tokens of a comparison, and of what a commit has. */
const QUOTED_TOKENS = 4_000;
const LONGEST_TERMS = 1_000;
/** Files that one line of progress names. */
const FIRST_FILES = 3;

/**
 * Answers one request. What fails is a sentence of the result, as nobody reads a stack in a chat.
 *
 * @throws nothing but the signal's reason
 */
export async function answerTurn(
  request: TurnRequest,
  host: TurnHost,
  out: TurnOutput,
  signal: AbortSignal,
): Promise<TurnResult> {
  const { strings } = host;
  const { all, onDisk } = host.folders();
  if (onDisk === 0) {
    return { kind: 'nothing', message: all === 0 ? strings.noFolder : strings.virtual, terms: request.terms };
  }
  try {
    return await new ParticipantTurn(request, host, out, signal).run();
  } catch (error) {
    signal.throwIfAborted();
    if (!isAppError(error)) throw error;
    return { kind: 'nothing', message: error.message, terms: request.terms };
  }
}

class ParticipantTurn {
  readonly #request: TurnRequest;
  readonly #host: TurnHost;
  readonly #out: TurnOutput;
  readonly #signal: AbortSignal;
  readonly #strings: ParticipantStrings;
  readonly #writer: TurnWriter;

  constructor(request: TurnRequest, host: TurnHost, out: TurnOutput, signal: AbortSignal) {
    this.#request = request;
    this.#host = host;
    this.#out = out;
    this.#signal = signal;
    this.#strings = host.strings;
    this.#writer = new TurnWriter(out, host.strings, host.folders().onDisk > 1 ? 'several' : 'one');
  }

  async run(): Promise<TurnResult> {
    const { command, prompt, terms } = this.#request;
    const question = prompt.trim();
    if (command === 'diff') return this.#diff(question);
    if (command === 'at') return this.#at(question);
    if (command === 'scope') return this.#scope(question);
    if (question === '' && this.#request.selection === undefined) {
      return { kind: 'nothing', message: this.#strings.empty, terms };
    }
    if (command === 'where') return this.#where(question);
    return this.#answer({ ...this.#question(question), ...(command === 'why' ? { evidenceKind: 'history' } : {}) });
  }

  #question(question: string, terms = this.#request.terms): Question {
    const { history, paths, selection } = this.#request;
    const [path] = paths;
    const base: QuestionScope['base'] =
      path === undefined
        ? { kind: 'workspace' }
        : // A file is all that is in the folder of its name.
          paths.length === 1
          ? { kind: 'folder', path }
          : { kind: 'files', paths };
    return {
      // Lines that somebody attached without a word are to be explained.
      question: question === '' && selection ? `${selection.path}:${selection.start}-${selection.end}` : question,
      history,
      scope: { base, terms },
      ...(selection ? { selection } : {}),
    };
  }

  /** Files and lines, without a model that writes. */
  async #where(question: string): Promise<TurnResult> {
    this.#out.progress(this.#strings.searching);
    const { scope } = this.#question(question);
    const files = await this.#host.recall(question, scope, this.#signal);
    this.#writer.files(this.#strings.relevant, files);
    return { kind: 'listed', question, terms: scope.terms };
  }

  /** Two commits, a commit and the files, or a question about what has changed. */
  async #diff(text: string): Promise<TurnResult> {
    const revisions = text.split(/\s+|\.{2,3}/).filter((part) => part !== '');
    const { paths, terms, compared } = this.#request;
    if (revisions.length > 2 || text.includes('?')) {
      const base: QuestionScope['base'] =
        compared.length > 0 ? { kind: 'files', paths: compared } : { kind: 'changed' };
      return this.#answer({ ...this.#question(text), scope: { base, terms }, isAboutScope: true });
    }
    const [base, head] = revisions;
    const input = {
      ...(base === undefined ? {} : { base }),
      ...(head === undefined ? {} : { head }),
      ...(paths.length > 0 ? { paths } : {}),
      tokens: QUOTED_TOKENS,
    };
    const outcome = await this.#host.tool('what_changed', input, this.#signal);
    if (outcome.kind === 'refused') return { kind: 'nothing', message: outcome.message, terms };
    this.#out.markdown(fenced(printable(outcome.text, 'block'), 'diff'));
    const files = outcome.parts.items.flatMap((item) => {
      const [, path, first] = /^(.+) \((?:added|changed)\)\n(?:@@ -\S+ \+(\d+))?/.exec(item) ?? [];
      return path === undefined ? [] : [{ path, line: Math.max(1, Number(first ?? 1)) }];
    });
    for (const { path, line } of files) this.#out.reference({ path, start: line, end: line });
    return {
      kind: 'compared',
      question: `What differs between ${base ?? 'the last commit'} and ${head ?? 'the files on disk'}?`,
      answer: outcome.text,
      paths: files.map(({ path }) => path),
      terms,
    };
  }

  /** Files and lines as a commit has them: as a text, because the editor would open what lies on disk now. */
  async #at(text: string): Promise<TurnResult> {
    const { paths, terms } = this.#request;
    const [, at, question] = /^(\S+)\s+(\S[^]*)$/.exec(text) ?? [];
    if (at === undefined || question === undefined) return { kind: 'nothing', message: this.#strings.atWhat, terms };
    this.#out.progress(this.#strings.searching);
    const scope = { ...(terms === '' ? {} : { scope: terms }), ...(paths.length > 0 ? { paths } : {}) };
    const input = { question, at, ...scope, tokens: QUOTED_TOKENS };
    const outcome = await this.#host.tool('search_codebase', input, this.#signal);
    if (outcome.kind === 'refused') return { kind: 'nothing', message: outcome.message, terms };
    this.#out.markdown(fenced(printable(outcome.text, 'block'), 'text'));
    return { kind: 'quoted', question, terms };
  }

  /** Terms for the rest of the conversation, and what follows them as a question. */
  async #scope(text: string): Promise<TurnResult> {
    const words = text.split(/\s+/).filter((word) => word !== '');
    const until = words.findIndex((word) => !/^[+-]./.test(word));
    const terms = (until < 0 ? words : words.slice(0, until)).join(' ').slice(0, LONGEST_TERMS);
    const question = until < 0 ? '' : words.slice(until).join(' ');
    const about = terms === '' ? this.#strings.scopeWhole : fill(this.#strings.scopeIs, code(terms));
    this.#out.markdown(`${about}\n\n`);
    if (question === '') return { kind: 'scoped', terms };
    return this.#answer(this.#question(question, terms));
  }

  async #answer(question: Question): Promise<TurnResult> {
    const { scope } = question;
    const done = { question: question.question, terms: scope.terms };
    const isWhy = question.evidenceKind === 'history';
    const blocks = new BlockWriter(this.#out.markdown);
    let ranked: readonly RankedFile[] = [];
    let evidence: Evidence | undefined;
    let result: TurnResult = { kind: 'answered', ...done, answer: '' };
    this.#out.progress(this.#strings.searching);
    // The chat folds what is written before the last progress: the commits come after it, and before the model's words.
    let awaits = isWhy;
    const showCommits = () => {
      if (awaits) this.#writer.commits(evidence?.items ?? []);
      awaits = false;
    };
    const onEvent = (event: AnswerEvent) => {
      if (['model', 'token', 'unknown', 'answered'].includes(event.kind)) showCommits();
      switch (event.kind) {
        case 'partial':
          this.#out.progress(fill(this.#strings.partial, Math.floor(event.percent)));
          break;
        case 'preliminary': {
          const first = event.files.slice(0, FIRST_FILES).map(({ path }) => literal(path));
          this.#out.progress(fill(this.#strings.byWords, first.join(', ')));
          break;
        }
        case 'recalled':
          ranked = event.files;
          break;
        case 'evidence':
          ({ evidence } = event);
          break;
        case 'read':
          for (const place of event.places) this.#out.reference(place);
          this.#out.progress(
            event.places.length === 1 ? this.#strings.readingPlace : fill(this.#strings.reading, event.places.length),
          );
          break;
        case 'model': {
          const { name, destination } = event;
          const by = answeredBy({ model: { name, destination } }, this.#strings);
          if (by !== undefined) this.#out.markdown(`_${literal(by)}_\n\n`);
          break;
        }
        case 'token':
          blocks.add(event.text);
          break;
        case 'unknown':
          this.#out.markdown(`${literal(event.reason === 'far' ? this.#strings.far : this.#strings.changed)}\n\n`);
          this.#writer.files(this.#strings.nearest, ranked);
          result = { kind: 'listed', ...done };
          break;
        case 'answered':
          blocks.end();
          // Without a sentence the lines are the answer; commits are shown already.
          if (event.answer.sentences.length === 0 && evidence && !(isWhy && evidence.items.some(isCommit))) {
            this.#writer.evidence(evidence);
          }
          this.#writer.sources(event.answer, evidence);
          result = { kind: 'answered', ...done, answer: event.answer.text };
          break;
        default:
      }
    };
    await this.#host.ask(question, onEvent, this.#signal);
    return result;
  }
}
