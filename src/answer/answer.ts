import type { AnswerModel, Destination } from '../answer-model/answer-model.ts';
import { EngineModel } from '../answer-model/engine-model.ts';
import { defaultSampling } from '../engine/generate/sampler.ts';
import type { Sampling } from '../engine/generate/sampler.ts';
import { CONTEXT_TOKENS } from '../engine/settings.ts';
import type { FinishReason, GenerateEvent } from '../engine/protocol.ts';
import type { Attributed } from './citation.ts';
import type { MultiFolderSearch, RecallOptions, Turn } from '../retrieve/multi-folder-search.ts';
import type { Evidence, EvidenceChoice } from '../evidence/evidence.ts';
import { evidenceFor } from '../evidence/gather.ts';
import { beside, readEvidence } from './evidence-excerpt.ts';
import { overlaps, readSelection, loadExcerpts } from './excerpt.ts';
import type { PlacedLines } from './excerpt.ts';
import { KnownNames } from './known-names.ts';
import type { LastPrompt } from './last-prompt.ts';
import { promptFor } from './prompt.ts';
import type { RankedFile, RankedFiles } from '../retrieve/ranked-files.ts';
import { Sources } from './sources.ts';
import { areLinesTheAnswer, leastSupport } from './small-model.ts';
import { soundAnswer } from './sound-answer.ts';

export interface AnswerOptions {
  /** Who writes the answer; the built-in model where it is left out. */
  readonly model?: AnswerModel;
  readonly history?: readonly Turn[];
  /** Where the prompts of a conversation are kept, so that its next question goes on behind them. */
  readonly lastPrompt?: LastPrompt;
  readonly scope?: RecallOptions['scope'];
  /** The question is about the files of the scope, as "what could these changes break?": none is too far from it. */
  readonly isAboutScope?: boolean;
  /** Lines that the question is about: they are read whatever the memory says. */
  readonly selection?: PlacedLines;
  /** The kind of question, where somebody chose it; told by its words where it is left out. */
  readonly evidenceKind?: EvidenceChoice;
  readonly sampling?: Sampling;
  readonly maxTokens?: number;
  /** Milliseconds that are spent on vectors which the best candidates have not yet. */
  readonly embedMs?: RecallOptions['embedMs'];
  readonly signal?: AbortSignal | undefined;
}

/**
 * What happens on the way to an answer, in this order, from here to the page and the terminal: plain data that crosses
 * threads as it is. `prefilled` and `token` come many times; `unknown` or `answered` is the last. Failures reject the
 * call.
 */
export type AnswerEvent =
  /** The first indexing goes on meanwhile: so many percent of the files are searched, 0..100. */
  | { readonly kind: 'partial'; readonly percent: number }
  /**
   * Best first by words, while words are read or vectors of the best are made: of `percent` of the files, 0..100.
   * `recalled` takes its place. Not told where neither is done. Told again as more words are read, then before
   * `partial`. The last says 100 of what is there: no more words are waited for.
   */
  | { readonly kind: 'preliminary'; readonly files: readonly RankedFile[]; readonly percent: number }
  /** So many of the segments had vectors for this question; the others are ranked by their words. */
  | { readonly kind: 'embedded'; readonly segments: number; readonly ofSegments: number }
  /** Best first. */
  | { readonly kind: 'recalled'; readonly files: readonly RankedFile[] }
  /** What answers a question of a known kind by itself; not there for other questions. */
  | { readonly kind: 'evidence'; readonly evidence: Evidence }
  /** What enters the prompt; so many segments were left out, because their file has changed. */
  | { readonly kind: 'read'; readonly places: readonly PlacedLines[]; readonly stale: number }
  /** Who writes the answer and where the prompt goes: told before it goes there. */
  | { readonly kind: 'model'; readonly name: string; readonly destination: Destination }
  | GenerateEvent
  /** The answer's words are all there; `of` sentences are being looked up in the lines that were read. */
  | { readonly kind: 'checking'; readonly sentences: number; readonly of: number }
  | { readonly kind: 'unknown'; readonly reason: UnknownReason }
  | { readonly kind: 'answered'; readonly answer: Answer };

/**
 * Why a question is not answered.
 * - `far`     nothing that was read comes near it
 * - `changed` the relevant files are not on disk as they were indexed
 */
export type UnknownReason = 'far' | 'changed';

export interface Answer {
  readonly text: string;
  readonly ending: FinishReason;
  readonly sentences: readonly Attributed[];
  /** Sentences that had no source, or named what stands nowhere, and are not part of the text. */
  readonly leftOut: number;
  readonly promptTokens: number;
  readonly tokens: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
}

/**
 * Cosine and coverage below which nothing is answered. Questions about a repository lie above, questions about taxes or
 * football below (test/eval/README.md).
 */
const ABSTAIN = {
  foreign: { cosine: 0.378, coverage: 0.5 },
  vague: { cosine: 0.281, coverage: 0.51 },
} as const;

/** Segments that evidence is looked for in: lines of the best, names in the files of all. */
const RECALLED = 24;
/** No model is asked. */
const LINES_ALONE: Answer = {
  ...{ text: '', ending: 'stop', sentences: [], leftOut: 0 },
  ...{ promptTokens: 0, tokens: 0, prefillMs: 0, decodeMs: 0 },
};
/** A question that goes on. */
const GOING_ON = {
  /** Its part of the tokens of new file text. */
  part: 0.4,
  /** What may have been said and read before, in the most tokens of file text that a prompt has. */
  most: 2,
  /** Part of that which the model has to keep: what it does not keep is read once more, beside what is new. */
  kept: 0.5,
  /** Tokens of the question, its notes, the frame around them, and a run of lines that is longer than was left. */
  frame: 1_000,
} as const;
const NO_EVIDENCE = { excerpts: [], tokens: 0, notes: [] } as const;

/**
 * Question → recall → evidence → excerpts read again from disk → streamed answer → sentences attributed to lines.
 *
 * Citations are computed, not hoped for: a model of this size seldom cites when it is told to. Where the memory points
 * nowhere, nothing is generated: the nearest files are shown and that is said.
 */
export async function answer(
  search: MultiFolderSearch,
  question: string,
  options: AnswerOptions,
  emit: (event: AnswerEvent) => void,
): Promise<void> {
  const { signal, history = [], scope, embedMs } = options;
  const selected = options.selection && (await readSelection(search, options.selection, signal));
  const context = selected?.excerpt.lines.join('');
  const how = {
    history,
    ...(embedMs !== undefined && { embedMs }),
    ...(context && { context }),
    ...(scope && { scope }),
    onRankedByWords: ({ files }: RankedFiles) => {
      emit({ kind: 'preliminary', files, percent: 100 });
    },
    signal,
  };
  const ranking = await search.recall(question, how);
  const { segments, ofSegments } = ranking.embedded;
  if (segments < ofSegments) emit({ kind: 'embedded', segments, ofSegments });
  emit({ kind: 'recalled', files: ranking.files });
  const isFar = options.isAboutScope !== true && isOutOfScope(ranking);
  const evidence = await evidenceFor(search, question, {
    recalled: isFar ? [] : ranking.segments.slice(0, RECALLED),
    best: ranking.segments.find(({ path }) => path === ranking.files[0]?.path),
    ...(scope && { scope }),
    ...(signal && { signal }),
    ...(options.evidenceKind && { kind: options.evidenceKind }),
  });
  if (evidence) emit({ kind: 'evidence', evidence });
  if (!selected && !evidence && isFar) {
    emit({ kind: 'unknown', reason: 'far' });
    return;
  }
  const model = options.model ?? new EngineModel(search.engine);
  const { sentences: style } = model.profile;
  if (!selected && evidence && areLinesTheAnswer(evidence, question, model.profile)) {
    emit({ kind: 'answered', answer: LINES_ALONE });
    return;
  }
  const budget = await model.excerptTokens(signal);
  const added = Math.max(GOING_ON.part * budget, selected?.tokens ?? 0);
  const before = await conversationOf(search, model, added, options);
  const left = (before ? GOING_ON.part : 1) * budget - (selected?.tokens ?? 0);
  const gathered = evidence ? await readEvidence(search, evidence, left, signal) : NO_EVIDENCE;
  // Beside scripts and guides, what the ranking found most often tells of another way: how to begin with the project.
  const ranked = evidence?.kind === 'howto' && gathered.excerpts.length > 0 ? [] : ranking.segments;
  const others = selected ? ranked.filter((found) => !overlaps(found, selected.excerpt)) : ranked;
  const held = [...gathered.excerpts, ...(before?.excerpts ?? [])];
  const found = await loadExcerpts(search, beside(others, held), left - gathered.tokens);
  const { stale } = found;
  const shown = [...(selected ? [selected.excerpt] : []), ...gathered.excerpts, ...found.excerpts];
  const excerpts = [...shown, ...(before?.excerpts ?? [])];
  const notes = [...gathered.notes, ...(before?.notes ?? [])];
  emit({ kind: 'read', places: excerpts.map(({ path, start, end }) => ({ path, start, end })), stale });
  if (excerpts.length === 0) {
    emit({ kind: 'unknown', reason: 'changed' });
    return;
  }
  const { task } = model.profile;
  const prompt = promptFor(question, shown, history, { task, notes: gathered.notes, before: before?.messages });
  const prompted = { model: model.name, messages: prompt, excerpts, notes };
  // Only a process of this program keeps what it has read.
  if (model.destination.kind === 'process') options.lastPrompt?.begin(prompted);
  emit({ kind: 'model', name: model.name, destination: model.destination });
  const sources = new Sources(search, new KnownNames(search, question), excerpts, notes, question);
  const asked = {
    maxTokens: options.maxTokens ?? model.profile.answerTokens,
    sampling: options.sampling ?? defaultSampling,
    signal,
    onEvent: emit,
  };
  const written =
    style.kind === 'sourced'
      ? await soundAnswer(model, prompt, {
          ...asked,
          question,
          most: style.most,
          isSound: (sentence) => sources.isSound(sentence, leastSupport(evidence?.kind, question)),
        })
      : { ...(await model.generate(prompt, asked)), leftOut: 0 };
  const tokens = written.promptTokens + written.tokens;
  options.lastPrompt?.end(prompted, { question, answer: written.text, tokens });
  const attributed = await sources.attribute(written.text, signal, (sentences, of) => {
    emit({ kind: 'checking', sentences, of });
  });
  emit({ kind: 'answered', answer: { ...written, sentences: attributed } });
}

/**
 * What a question goes on from: with a model that keeps most of what it has read, over all files, where its context has
 * room for `added` tokens of files more.
 */
async function conversationOf(
  search: MultiFolderSearch,
  model: AnswerModel,
  added: number,
  { lastPrompt, scope, history = [], signal }: AnswerOptions,
) {
  if (scope || !lastPrompt || !model.keptTokens) return undefined;
  const { answerTokens, excerpts } = model.profile;
  const room = CONTEXT_TOKENS - GOING_ON.frame - answerTokens - added;
  const kept = await model.keptTokens(signal);
  const most = Math.min(GOING_ON.most * excerpts.most, kept / GOING_ON.kept, room);
  return lastPrompt.goingOn(search, history, { model: model.name, most });
}

/** Few of the question's words stand in the files and nothing remembered is near it. */
export function isOutOfScope({ confidence: { cosine, coverage, isAimed } }: RankedFiles): boolean {
  if (isAimed) return false;
  return Object.values(ABSTAIN).some((least) => cosine < least.cosine && coverage < least.coverage);
}
