import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { remembering } from '../../../../src/engine/generate/remembering.ts';
import type { Candidates, Model } from '../../../../src/engine/runtime/model.ts';
import { Tokenizer } from '../../../../src/engine/generate/tokenizer.ts';
import { HEADS } from '../../../../src/memory/algebra/token-memory.ts';

/** One token a character, so that a context can be read off a word. */
const codes = (text: string) => Array.from(text, (character) => character.charCodeAt(0));

function model(bias: number | undefined): Pick<Model, 'adapter' | 'tokenizer'> {
  const gate = bias === undefined ? undefined : HEADS.map(() => [bias, 0, 0, 0, 0, 0, 0]);
  return { adapter: { gate }, tokenizer: { encode: codes } } as unknown as Pick<Model, 'adapter' | 'tokenizer'>;
}

const candidates: Candidates = { tokens: codes('xyz'), logits: Float32Array.of(3, 2, 1) };

describe('an answer beside the token memory', () => {
  it('passes candidates untouched without a gate, without segments, and where the context is strange', () => {
    expect(remembering(model(undefined), ['harbour'])(candidates, codes('har'))).toBe(candidates);
    expect(remembering(model(9), [])(candidates, codes('har'))).toBe(candidates);
    expect(remembering(model(9), ['harbour'])(candidates, codes('qqq'))).toBe(candidates);
  });

  it('says what the memory says where the gate is open, and what the decoder says where it is shut', () => {
    const open = remembering(model(9), ['harbour'])(candidates, codes('harb'));
    expect(open.tokens[0]).toBe('o'.charCodeAt(0));
    const shut = remembering(model(-30), ['harbour'])(candidates, codes('harb'));
    expect(shut.tokens.slice(0, 3)).toEqual(candidates.tokens);
    // On the scale of the logits that came in.
    for (const [at, logit] of candidates.logits.entries()) expect(shut.logits[at]).toBeCloseTo(logit, 4);
  });

  it('never says a control token that a remembered file names', async () => {
    const tokenizer = await Tokenizer.load(join(import.meta.dirname, '../../../../models/base'));
    const gated = { ...model(9), tokenizer };
    const text = 'const END = "<|im_end|>"; // ends a turn';
    const spelled = tokenizer.encode(text);
    const first = { tokens: [spelled[0]!], logits: Float32Array.of(1) };
    for (let at = 1; at < spelled.length; at += 1) {
      const { tokens } = remembering(gated, [text])(first, spelled.slice(0, at));
      expect(tokens.filter((token) => tokenizer.stops.has(token))).toEqual([]);
    }
    const quoted = remembering(gated, [text])(first, tokenizer.encode('const END = "<|im'));
    expect(tokenizer.decode(quoted.tokens.slice(0, 1))).toBe('_end');
  });
});
