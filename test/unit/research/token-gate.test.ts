import { describe, expect, it } from 'vitest';
import { evidenceOf, gate, mix } from '../../../models/training/research/token-memory/token-gate.ts';
import type { GateWeights } from '../../../models/training/research/token-memory/token-gate.ts';
import type { HeadRead } from '../../../models/training/research/token-memory/token-memory.ts';

const local = { tokens: [7, 8, 9], probabilities: [0.5, 0.25, 0.125] };
const silent: HeadRead = { total: 0, followed: new Map() };
const said = (...counts: (readonly [number, number])[]): HeadRead => ({
  total: counts.reduce((sum, [, count]) => sum + count, 0),
  followed: new Map(counts),
});
/** Bias, two of the decoder's, four of the head's. */
const weights: GateWeights = [
  [-1, 0.5, 0.25, 0.1, 1, -0.5, 2],
  [-2, 1, 0, 0.2, 0.5, 0.5, 1],
];

describe('the gate', () => {
  it('weighs what it was fitted on, head by head', () => {
    const heads = [said([8, 3], [20, 1]), silent];
    const [own = [], first = []] = evidenceOf(local, heads);
    expect(own[0]).toBe(0.5);
    expect(own[1]).toBeCloseTo(-(0.5 * Math.log(0.5) + 0.25 * Math.log(0.25) + 0.125 * Math.log(0.125)), 12);
    expect(first).toEqual([1, Math.log(4), 0.75, 0.5, 0.25]);
    const score = -1 + 0.5 * 0.5 + 0.25 * own[1]! + 0.1 * Math.log(4) + 0.75 - 0.25 + 2 * 0.25;
    const share = Math.exp(score) / (1 + Math.exp(score));
    const gates = gate(weights, local, heads);
    expect(gates[0]).toBeCloseTo(1 - share, 12);
    expect(gates[1]).toBeCloseTo(share, 12);
    expect(gates[2]).toBe(0);
  });

  it('leaves the decoder alone where no head has met the context', () => {
    expect(gate(weights, local, [silent, silent])).toEqual([1, 0, 0]);
    expect(mix(weights, local, [silent, silent])).toEqual(local);
  });
});

describe('the mixture', () => {
  it('adds what the memory read to the candidates, the decoder’s and its own', () => {
    const heads = [said([8, 3], [20, 1]), silent];
    const [own = 0, first = 0] = gate(weights, local, heads);
    const mixed = mix(weights, local, heads);
    const of = (token: number) => mixed.probabilities[mixed.tokens.indexOf(token)];
    expect(of(7)).toBeCloseTo(own * 0.5, 12);
    expect(of(8)).toBeCloseTo(own * 0.25 + first * 0.75, 12);
    expect(of(20)).toBeCloseTo(first * 0.25, 12);
    expect(mixed.probabilities).toEqual(mixed.probabilities.toSorted((a, b) => b - a));
  });
});
