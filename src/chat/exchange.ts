import type { Answer, AnswerEvent } from '../answer/answer.ts';
import type { Question } from '../service/protocol.ts';
import { fill } from './strings.ts';
import type { Strings } from './strings.ts';
import { TRANSCRIPT } from './transcript.ts';
import type { Evidence, Exchange } from './transcript.ts';

/** Characters that an answer ends before: the rest would be more than a page is let in with. */
const END = '…';

/** A question as somebody puts it; what was asked before it is the conversation's. */
export type NewQuestion = Omit<Question, 'history'>;

export function newExchange(
  id: string,
  { question, scope, selection, evidenceKind }: NewQuestion,
  strings: Strings,
): Exchange {
  return {
    id,
    question: question.slice(0, TRANSCRIPT.question),
    scope,
    selection,
    evidenceKind,
    asked: Date.now(),
    text: '',
    state: { kind: 'waiting', message: strings.waiting },
  };
}

/** The event with no more in it than an exchange keeps and a page is let in with. */
export function withinLimits(event: AnswerEvent): AnswerEvent {
  switch (event.kind) {
    case 'preliminary':
    case 'recalled': {
      const files = event.files.slice(0, TRANSCRIPT.ranked).map(({ path, share, lines }) => ({
        path: short(path),
        share: part(share),
        lines: lines.slice(0, TRANSCRIPT.lines).map((own) => ({ ...own, share: part(own.share) })),
      }));
      return { ...event, files };
    }
    case 'evidence': {
      const items = event.evidence.items.slice(0, TRANSCRIPT.evidence).map(({ label, path, lines, text, note }) => ({
        label,
        path: short(path),
        lines,
        text: text.slice(0, TRANSCRIPT.evidenceText),
        note: short(note),
      }));
      return { ...event, evidence: { ...event.evidence, items } };
    }
    case 'read': {
      const places = event.places.slice(0, TRANSCRIPT.places).map((place) => ({ ...place, path: short(place.path) }));
      return { ...event, places };
    }
    case 'answered': {
      const text = event.answer.text.slice(0, TRANSCRIPT.answer);
      const sentences = event.answer.sentences
        .slice(0, TRANSCRIPT.sentences)
        .map((own) => (own.unknown ? { ...own, unknown: own.unknown.slice(0, TRANSCRIPT.names).map(short) } : own));
      return { ...event, answer: { ...event.answer, text, sentences } };
    }
    case 'model':
      return { ...event, name: short(event.name) };
    case 'partial':
    case 'embedded':
    case 'prefilled':
    case 'token':
    case 'checking':
    case 'unknown':
      return event;
  }
}

/**
 * An exchange after one more event, in the host and in the page alike. A token costs the same however long the answer
 * is. `seconds` since the question was put.
 */
export function withEvent(exchange: Exchange, event: AnswerEvent, seconds: number, strings: Strings): Exchange {
  switch (event.kind) {
    case 'partial': {
      const percent = Math.floor(event.percent);
      return { ...exchange, partial: percent < 1 ? strings.begun : fill(strings.partial, percent) };
    }
    case 'embedded': {
      // Files that are not indexed at all weigh more than missing vectors.
      if (exchange.partial !== undefined) return exchange;
      const percent = Math.floor((100 * event.segments) / event.ofSegments);
      return { ...exchange, partial: fill(strings.embedded, percent) };
    }
    case 'preliminary': {
      const percent = Math.floor(event.percent);
      const message = percent < 100 ? fill(strings.sortingPart, percent) : strings.sorting;
      return { ...exchange, ranked: event.files, state: { kind: 'recalling', message } };
    }
    case 'recalled':
      return { ...exchange, ranked: event.files, state: { kind: 'recalling', message: strings.recalling } };
    case 'evidence':
      return { ...exchange, evidence: event.evidence };
    case 'read': {
      const { places, stale } = event;
      const message = places.length === 1 ? strings.readingPlace : fill(strings.reading, places.length);
      return { ...exchange, read: { places, stale }, state: { kind: 'reading', message, percent: 0 } };
    }
    case 'model':
      return { ...exchange, model: { name: event.name, destination: event.destination } };
    case 'prefilled': {
      const percent = event.of > 0 ? Math.min(100, Math.round((100 * event.tokens) / event.of)) : 100;
      const message = fill(strings.readingPercent, percent);
      return { ...exchange, state: { kind: 'reading', message, percent } };
    }
    case 'token':
      return {
        ...exchange,
        text: exchange.text + fitting(exchange.text.length, event.text),
        state: { kind: 'writing', message: strings.writing },
      };
    case 'checking': {
      const { sentences, of } = event;
      const message = fill(strings.checking, Math.min(sentences + 1, of), of);
      return { ...exchange, state: { kind: 'checking', message, percent: of > 0 ? (100 * sentences) / of : 0 } };
    }
    case 'unknown': {
      const [message, action] =
        event.reason === 'far' ? ([strings.far, 'none'] as const) : ([strings.changed, 'refresh'] as const);
      return { ...exchange, state: { kind: 'unknown', message, action, seconds } };
    }
    case 'answered': {
      const { text, sentences, leftOut, ending, tokens, decodeMs } = event.answer;
      const rate = decodeMs > 0 ? (1_000 * tokens) / decodeMs : 0;
      return { ...exchange, text, state: { kind: 'answered', sentences, leftOut, ending, seconds, tokens, rate } };
    }
  }
}

/**
 * The notes below an answer: whether lines without a sentence are all of it or were chosen, which names stand in no
 * file, and how many sentences were left out.
 */
export function answerNotes(
  { sentences, leftOut }: Pick<Answer, 'sentences' | 'leftOut'>,
  evidence: Evidence | undefined,
  strings: Pick<Strings, 'leftOutCount' | 'leftOutOne' | 'linesAlone' | 'linesChosen' | 'unknownNames'>,
): string[] {
  const alone = evidence?.kind === 'lines' ? strings.linesChosen : strings.linesAlone;
  const unknown = [...new Set(sentences.flatMap((found) => found.unknown ?? []))];
  return [
    ...(sentences.length === 0 && (evidence ? evidence.count > 0 : leftOut === 0) ? [alone] : []),
    ...(unknown.length > 0 ? [fill(strings.unknownNames, unknown.join(', '))] : []),
    ...(leftOut === 1 ? [strings.leftOutOne] : leftOut > 1 ? [fill(strings.leftOutCount, leftOut)] : []),
  ];
}

/** What of `more` goes behind an answer of `length` characters. */
export function fitting(length: number, more: string): string {
  if (length >= TRANSCRIPT.answer) return '';
  const room = TRANSCRIPT.answer - length;
  return more.length <= room ? more : more.slice(0, room - 1) + END;
}

const part = (share: number) => (Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0);
const short = (text: string) => text.slice(0, TRANSCRIPT.line);
