import { logSumExp } from '../../memory/search/similarity.ts';
import { mix } from '../../memory/algebra/token-gate.ts';
import { TokenMemory } from '../../memory/algebra/token-memory.ts';
import type { Candidates, Model } from '../runtime/model.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What the memory makes of a step's candidates; `context` are the tokens before the one that is chosen. */
type Recalling = (candidates: Candidates, context: readonly number[]) => Candidates;

/**
 * The token memory over some segments, read at every step and mixed with the decoder's candidates by the adapter's
 * gate. Without a gate or without segments the candidates pass as they are.
 */
export function remembering(
  model: Pick<Model, 'adapter'> & { readonly tokenizer: Pick<Tokenizer, 'encode'> },
  segments: readonly string[],
): Recalling {
  const weights = model.adapter.gate;
  if (weights === undefined || segments.length === 0) return (candidates) => candidates;
  const memory = new TokenMemory();
  for (const [id, text] of segments.entries()) memory.put(id, model.tokenizer.encode(text));
  return (candidates, context) => {
    const heads = memory.read(context);
    // No head has met this context: the decoder alone, to the bit.
    if (heads.every(({ total }) => total === 0)) return candidates;
    const total = logSumExp(candidates.logits);
    const probabilities = Array.from(candidates.logits, (logit) => Math.exp(logit - total));
    const mixed = mix(weights, { tokens: candidates.tokens, probabilities }, heads);
    // Back on the scale of the logits, which a repetition penalty is made for.
    return { tokens: mixed.tokens, logits: Float32Array.from(mixed.probabilities, (p) => Math.log(p) + total) };
  };
}
