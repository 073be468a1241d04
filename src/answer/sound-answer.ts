import type { AnswerModel } from '../answer-model/answer-model.ts';
import type { GenerateOptions } from '../engine/client/engine.ts';
import type { Message } from '../engine/generate/tokenizer.ts';
import type { Generated, GenerateEvent } from '../engine/protocol.ts';
import type { Sentence } from './sentence.ts';
import { SentenceGate } from './sentence-gate.ts';

/** A generated answer, and how many of its sentences are no part of the text. */
type SoundAnswer = Generated & { readonly leftOut: number };

interface SoundOptions extends GenerateOptions {
  readonly question: string;
  /** Sentences, at most. */
  readonly most: number;
  readonly isSound: (sentence: Sentence) => boolean;
  readonly onEvent: (event: GenerateEvent) => void;
}

/** Streams the sound sentences of a model's answer, and stops the model after so many of them. */
export async function soundAnswer(
  model: AnswerModel,
  prompt: readonly Message[],
  options: SoundOptions,
): Promise<SoundAnswer> {
  const { question, most, isSound, signal, onEvent, ...asked } = options;
  const full = new AbortController();
  const began = performance.now();
  const measured = { promptTokens: 0, tokens: 0, prefillMs: 0 };
  const gate = new SentenceGate({
    question,
    most,
    isSound,
    onText: (text) => {
      onEvent({ kind: 'token', text });
    },
    onFull: () => {
      full.abort();
    },
  });
  try {
    const generated = await model.generate(prompt, {
      ...asked,
      signal: signal ? AbortSignal.any([signal, full.signal]) : full.signal,
      onEvent: (event) => {
        if (event.kind === 'token') {
          measured.tokens += 1;
          gate.push(event.text);
          return;
        }
        measured.promptTokens = event.of;
        measured.prefillMs = performance.now() - began;
        onEvent(event);
      },
    });
    const { isWhole, ...ended } = gate.end(generated.ending !== 'stop');
    // What was cut ends at a sentence all the same.
    return { ...generated, ...ended, ending: isWhole ? 'stop' : generated.ending };
  } catch (error) {
    if (!full.signal.aborted || signal?.aborted === true) throw error;
    const decodeMs = performance.now() - began - measured.prefillMs;
    const { text, leftOut } = gate.end(true);
    return { ...measured, decodeMs, ending: 'stop', text, leftOut };
  }
}
