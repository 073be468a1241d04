import type { AnswerEvent } from '../../answer/answer.ts';
import type { Attributed } from '../../answer/citation.ts';
import type { PlacedLines } from '../../answer/excerpt.ts';
import { exactPercent } from '../../common/number-format.ts';
import { isAppError } from '../../common/app-error.ts';
import { answeredBy, code } from '../../chat/markdown.ts';
import { harmless, literal } from '../../chat/harmless-markdown.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import type { ToolName } from '../../library/tool-inputs.ts';
import type { Turn } from '../../retrieve/multi-folder-search.ts';
import type { RankedFile } from '../../retrieve/ranked-files.ts';
import type { Question, QuestionScope, ToolOutcome } from '../../service/protocol.ts';
import { answerNotes } from '../../chat/exchange.ts';
import { fill } from '../../chat/strings.ts';
import { lineNumbers } from '../place.ts';
import { BlockWriter } from './block-writer.ts';
import type { ParticipantStrings } from './strings.ts';

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
  /** Files and folders that were attached, by their paths as they are shown. */
  readonly paths: readonly string[];
  /** Lines that were attached. */
  readonly selection: PlacedLines | undefined;
}

/** Where an answer is written. Markdown is harmless when it comes here. */
export interface TurnOutput {
  readonly progress: (sentence: string) => void;
  readonly markdown: (markdown: string) => void;
  /** What was used, in the list above the answer. */
  readonly reference: (place: PlacedLines) => void;
  /** A link to lines in the text. */
  readonly link: (place: PlacedLines, label: string) => void;
  /** A button that opens lines. */
  readonly button: (place: PlacedLines, label: string) => void;
}

/** What a turn needs of the window. */
export interface TurnHost {
  readonly folders: () => { readonly all: number; readonly onDisk: number };
  readonly ask: (question: Question, onEvent: (event: AnswerEvent) => void, signal: AbortSignal) => Promise<void>;
  readonly recall: (question: string, scope: QuestionScope, signal: AbortSignal) => Promise<readonly RankedFile[]>;
  readonly tool: (name: ToolName, input: unknown, signal: AbortSignal) => Promise<ToolOutcome>;
  readonly strings: ParticipantStrings;
}

/** What became of a turn: kept with it, and read by the next one and by the suggestions. */
export type TurnResult =
  | { readonly kind: 'answered' | 'listed' | 'compared' | 'quoted'; readonly question: string; readonly terms: string }
  | { readonly kind: 'scoped'; readonly terms: string }
  | { readonly kind: 'nothing'; readonly message: string; readonly terms: string };

/** Files of a list, buttons below it, and lines of each that are linked. */
const LISTED = { files: 8, buttons: 3, ranges: 3 } as const;
/** Tokens of a comparison, and of what a commit has. */
const QUOTED_TOKENS = 4_000;
const LONGEST_TERMS = 1_000;

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

  constructor(request: TurnRequest, host: TurnHost, out: TurnOutput, signal: AbortSignal) {
    this.#request = request;
    this.#host = host;
    this.#out = out;
    this.#signal = signal;
    this.#strings = host.strings;
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
    this.#files(this.#strings.relevant, files);
    return { kind: 'listed', question, terms: scope.terms };
  }

  /** Two commits, a commit and the files, or a question about what has changed. */
  async #diff(text: string): Promise<TurnResult> {
    const revisions = text.split(/\s+|\.{2,3}/).filter((part) => part !== '');
    if (revisions.length > 2 || text.includes('?')) {
      const scope: QuestionScope = { base: { kind: 'changed' }, terms: this.#request.terms };
      return this.#answer({ ...this.#question(text), scope });
    }
    const [base, head] = revisions;
    const { paths, terms } = this.#request;
    const input = {
      ...(base === undefined ? {} : { base }),
      ...(head === undefined ? {} : { head }),
      ...(paths.length > 0 ? { paths } : {}),
      tokens: QUOTED_TOKENS,
    };
    const outcome = await this.#host.tool('what_changed', input, this.#signal);
    if (outcome.kind === 'refused') return { kind: 'nothing', message: outcome.message, terms };
    this.#out.markdown(harmless(`\`\`\`\`\`diff\n${outcome.text}\n\`\`\`\`\``));
    for (const item of outcome.parts.items) {
      const [, path, first] = /^(.+) \((?:added|changed)\)\n(?:@@ -\S+ \+(\d+))?/.exec(item) ?? [];
      if (path === undefined) continue;
      const line = Math.max(1, Number(first ?? 1));
      this.#out.reference({ path, start: line, end: line });
    }
    return { kind: 'compared', question: text, terms };
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
    this.#out.markdown(harmless(`\`\`\`\`\`text\n${outcome.text}\n\`\`\`\`\``));
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
    const writer = new BlockWriter(this.#out.markdown);
    let ranked: readonly RankedFile[] = [];
    let result: TurnResult = { kind: 'answered', ...done };
    this.#out.progress(this.#strings.searching);
    const onEvent = (event: AnswerEvent) => {
      switch (event.kind) {
        case 'partial':
          this.#out.progress(fill(this.#strings.partial, Math.floor(event.percent)));
          break;
        case 'recalled':
          ranked = event.files;
          break;
        case 'evidence':
          this.#commits(event.evidence);
          break;
        case 'read':
          for (const place of event.places) this.#out.reference(place);
          this.#out.progress(fill(this.#strings.reading, event.places.length));
          break;
        case 'model': {
          const { name, destination } = event;
          const by = answeredBy({ model: { name, destination } }, this.#strings);
          if (by !== undefined) this.#out.markdown(`_${literal(by)}_\n\n`);
          break;
        }
        case 'token':
          writer.add(event.text);
          break;
        case 'unknown':
          this.#out.markdown(`${literal(event.reason === 'far' ? this.#strings.far : this.#strings.changed)}\n\n`);
          this.#files(this.#strings.nearest, ranked);
          result = { kind: 'listed', ...done };
          break;
        case 'answered':
          writer.end();
          this.#sources(event.answer.sentences);
          for (const note of answerNotes(event.answer, this.#strings)) this.#out.markdown(`\n\n_${literal(note)}_\n\n`);
          break;
        default:
      }
    };
    await this.#host.ask(question, onEvent, this.#signal);
    return result;
  }

  /** Ranked files with links to their lines, and buttons for the best. */
  #files(title: string, files: readonly RankedFile[]): void {
    if (files.length === 0) {
      this.#out.markdown(literal(this.#strings.far));
      return;
    }
    this.#out.markdown(`**${literal(title)}**\n\n`);
    const places = files.slice(0, LISTED.files).map(({ path, share, lines }) => {
      this.#out.markdown(`\n- ${exactPercent(share)} ${code(path)} `);
      const shown = lines.slice(0, LISTED.ranges).map(({ start, end }) => ({ path, start, end }));
      for (const place of shown) this.#out.link(place, lineNumbers(place));
      return shown[0] ?? { path, start: 1, end: 1 };
    });
    this.#out.markdown('\n\n');
    for (const place of places) this.#out.reference(place);
    for (const place of places.slice(0, LISTED.buttons)) {
      this.#out.button(place, fill(this.#strings.open, `${place.path}:${lineNumbers(place)}`));
    }
  }

  /** The commits that wrote the lines in question: shown at once, because the model only puts them into words. */
  #commits({ kind, items }: Evidence): void {
    if (this.#request.command !== 'why' || kind !== 'history') return;
    const commits = items.filter(({ label }) => label === 'commit' || label === 'added');
    if (commits.length === 0) {
      this.#out.markdown(`_${literal(this.#strings.noCommits)}_\n\n`);
      return;
    }
    const rows = commits.map(({ note, text }) => `- ${code(note)} ${literal(text.split('\n', 1)[0] ?? '')}`);
    this.#out.markdown(`**${literal(this.#strings.commits)}**\n\n${rows.join('\n')}\n\n`);
  }

  /** Each sentence with the lines that it rests on, or the word that it rests on none. */
  #sources(sentences: readonly Attributed[]): void {
    if (sentences.length === 0) return;
    this.#out.markdown(`\n\n**${literal(this.#strings.sources)}**\n\n`);
    for (const found of sentences) {
      if (found.kind === 'unsupported') {
        this.#out.markdown(`\n- _${literal(this.#strings.unsupported)}_: ${literal(found.sentence.text)}`);
        continue;
      }
      const { path, start, end, cells } = found.citation;
      this.#out.markdown('\n- ');
      this.#out.link({ path, start, end }, `${path}:${cells ?? lineNumbers({ start, end })}`);
      this.#out.markdown(` ${literal(found.sentence.text)}`);
    }
    this.#out.markdown('\n\n');
    const first = sentences.find((found) => found.kind === 'supported');
    if (first === undefined) return;
    const { path, start, end } = first.citation;
    this.#out.button({ path, start, end }, fill(this.#strings.open, `${path}:${lineNumbers({ start, end })}`));
  }
}
