import type { HeadRead } from './token-memory.ts';

/** The decoder's own view of the next token: its best candidates with their probabilities, best first. */
export interface Local {
  readonly tokens: readonly number[];
  readonly probabilities: readonly number[];
}

/**
 * Numbers that the gate weighs: first the decoder's own, [p of its first choice, entropy], then for each head [whether
 * its context stands in memory, log of how often, p of its first choice, how many different tokens followed beside how
 * often, the decoder's p of that first choice]; zeros where a head has nothing to say.
 */
export function evidenceOf(local: Local, heads: readonly HeadRead[]): number[][] {
  const best = local.probabilities[0] ?? 0;
  const entropy = local.probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
  const own = new Map(local.tokens.map((token, at) => [token, local.probabilities[at] ?? 0]));
  return [
    [best, entropy],
    ...heads.map(({ total, followed }) => {
      if (total === 0) return [0, 0, 0, 0, 0];
      let [most, first] = [0, -1];
      for (const [token, count] of followed) if (count > most) [most, first] = [count, token];
      return [1, Math.log(total), most / total, followed.size / total, own.get(first) ?? 0];
    }),
  ];
}

/** Weights of a gate, a row for each head: its bias, two for the decoder's numbers, four for the head's own. */
export type GateWeights = readonly (readonly number[])[];

/**
 * The learned gate (models/training/research/token_gate.py): g [1 + heads], not negative, sum 1; the first is the
 * decoder's. Infini-attention gates each head by one learned number; here it is a softmax over linear scores, because
 * how much a read is worth depends on what it met. Heads without a match get nothing, so with an empty memory the
 * decoder is left exactly as it was.
 */
export function gate(weights: GateWeights, local: Local, heads: readonly HeadRead[]): number[] {
  const [own = [], ...each] = evidenceOf(local, heads);
  const scores = each.map(([stands = 0, ...numbers], head) => {
    const [bias = 0, ...rest] = weights[head] ?? [];
    if (stands === 0 || weights[head] === undefined) return -Infinity;
    return [...own, ...numbers].reduce((sum, x, at) => sum + x * (rest[at] ?? 0), bias);
  });
  const highest = Math.max(0, ...scores);
  const parts = [0, ...scores].map((score) => Math.exp(score - highest));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
}

/**
 * The decoder's candidates and the memory's read as one distribution, p = g_0 p_local + Σ g_h φ_h(q)M / φ_h(q)z, best
 * first. Tokens that the memory alone knows join the candidates.
 */
export function mix(weights: GateWeights, local: Local, heads: readonly HeadRead[]): Local {
  const [own = 1, ...gates] = gate(weights, local, heads);
  const mixed = new Map(local.tokens.map((token, at) => [token, own * (local.probabilities[at] ?? 0)]));
  for (const [head, { total, followed }] of heads.entries()) {
    const part = gates[head] ?? 0;
    if (part === 0) continue;
    for (const [token, count] of followed) mixed.set(token, (mixed.get(token) ?? 0) + (part * count) / total);
  }
  const sorted = [...mixed].sort(([a, p], [b, q]) => q - p || a - b);
  return { tokens: sorted.map(([token]) => token), probabilities: sorted.map(([, p]) => p) };
}
