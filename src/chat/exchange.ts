import type { AskedScope, AskEvent, PointedFile } from '../service/protocol.ts';
import type { PlacedLines } from '../answer/excerpt.ts';
import { othersShare } from './share.ts';
import { fill } from './strings.ts';
import type { Strings } from './strings.ts';
import { TRANSCRIPT } from './transcript.ts';
import type { Exchange } from './transcript.ts';

/** Characters that an answer ends before: the rest would be more than a page is let in with. */
const END = '…';

/** What is asked: of which files, and about which lines where some were selected. */
export interface Asked {
  readonly question: string;
  readonly scope: AskedScope;
  readonly selection?: PlacedLines | undefined;
}

export function newExchange(id: string, { question, scope, selection }: Asked, strings: Strings): Exchange {
  return {
    id,
    question: question.slice(0, TRANSCRIPT.question),
    scope,
    selection,
    asked: Date.now(),
    text: '',
    state: { kind: 'waiting', sentence: strings.waiting },
  };
}

/** An exchange after one more event of the service. `seconds` since the question was put. */
export function withEvent(exchange: Exchange, event: AskEvent, seconds: number, strings: Strings): Exchange {
  switch (event.kind) {
    case 'partial':
      return {
        ...exchange,
        partial: event.percent < 1 ? strings.begun : fill(strings.partial, Math.floor(event.percent)),
      };
    case 'recalled':
      return { ...exchange, pointed: pointed(event.files) };
    case 'read': {
      const places = event.excerpts.map(({ path, start, end }) => ({ path: short(path), start, end })).slice(0, 200);
      const sentence = places.length === 1 ? strings.readingPlace : fill(strings.reading, places.length);
      return { ...exchange, read: { places, stale: event.stale }, state: { kind: 'reading', sentence, percent: 0 } };
    }
    case 'prefilled': {
      const percent = event.of > 0 ? Math.min(100, Math.round((100 * event.tokens) / event.of)) : 100;
      const sentence = fill(strings.readingPercent, percent);
      return { ...exchange, state: { kind: 'reading', sentence, percent } };
    }
    case 'token':
      return { ...exchange, ...appended(exchange.text, event.text), state: writing(strings) };
    case 'checking': {
      const { sentences, of } = event;
      const sentence = fill(strings.checking, Math.min(sentences + 1, of), of);
      return { ...exchange, state: { kind: 'checking', sentence, percent: of > 0 ? (100 * sentences) / of : 0 } };
    }
    case 'unknown': {
      const { sentence, action } = event;
      return { ...exchange, state: { kind: 'unknown', sentence: short(sentence), action, seconds } };
    }
    case 'answered': {
      const { text, sentences, ending, tokens, decodeMs } = event.answer;
      return {
        ...exchange,
        text: text.slice(0, TRANSCRIPT.answer),
        state: {
          kind: 'answered',
          sentences,
          ending,
          seconds,
          tokens,
          rate: decodeMs > 0 ? (1_000 * tokens) / decodeMs : 0,
        },
      };
    }
  }
}

const writing = (strings: Strings) => ({ kind: 'writing', sentence: strings.writing }) as const;

function appended(text: string, more: string): { text: string } {
  if (text.length >= TRANSCRIPT.answer) return { text };
  const whole = text + more;
  return { text: whole.length <= TRANSCRIPT.answer ? whole : whole.slice(0, TRANSCRIPT.answer - 1) + END };
}

/** The best files and the share of all others; together they own 1. */
function pointed(files: readonly PointedFile[]): NonNullable<Exchange['pointed']> {
  const kept = files.slice(0, TRANSCRIPT.pointed).map(({ path, share, lines }) => ({
    path: short(path),
    share: part(share),
    lines: lines.slice(0, TRANSCRIPT.ranges).map(({ start, end, share: own }) => ({ start, end, share: part(own) })),
  }));
  return { files: kept, others: othersShare(kept) };
}

const part = (share: number) => (Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0);
const short = (text: string) => text.slice(0, TRANSCRIPT.line);
