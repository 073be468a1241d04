import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADS, TokenMemory } from '../../../models/training/research/token-memory/token-memory.ts';
import type { HeadRead } from '../../../models/training/research/token-memory/token-memory.ts';

/** Few different tokens, so that contexts meet often. */
const token = fc.integer({ min: 0, max: 4 });
const segment = fc.array(token, { maxLength: 24 });
const segments = fc.array(segment, { minLength: 1, maxLength: 6 });
const context = fc.array(token, { maxLength: 8 });

/** The definition, counted one token after the other. */
function counted(all: readonly (readonly number[])[], asked: readonly number[], order: number): HeadRead {
  const followed = new Map<number, number>();
  let total = 0;
  if (asked.length < order) return { total, followed };
  const wanted = asked.slice(-order).join();
  for (const tokens of all) {
    for (let at = order; at < tokens.length; at += 1) {
      if (tokens.slice(at - order, at).join() !== wanted) continue;
      const value = tokens[at]!;
      followed.set(value, (followed.get(value) ?? 0) + 1);
      total += 1;
    }
  }
  return { total, followed };
}

function memoryOf(all: readonly (readonly number[])[]): TokenMemory {
  const memory = new TokenMemory();
  for (const [id, tokens] of all.entries()) memory.put(id, tokens);
  return memory;
}

/** Maps compare by their entries, whatever their order. */
const plain = (heads: readonly HeadRead[]) =>
  heads.map(({ total, followed }) => ({ total, followed: [...followed].sort(([a], [b]) => a - b) }));

describe('a read of the token memory', () => {
  it('is what followed the context, as counted one by one', () => {
    fc.assert(
      fc.property(segments, context, (all, asked) => {
        const expected = HEADS.map((order) => counted(all, asked, order));
        expect(plain(memoryOf(all).read(asked))).toEqual(plain(expected));
      }),
      { numRuns: 300 },
    );
  });

  it('never sees past the end of a segment', () => {
    const memory = memoryOf([
      [1, 2],
      [3, 4],
    ]);
    expect(memory.read([2])[0]).toEqual({ total: 0, followed: new Map() });
    expect(memory.read([3])[0]).toEqual({ total: 1, followed: new Map([[4, 1]]) });
  });

  it('of a sum is the sum of the reads, and of a routed sum the weighted one', () => {
    const memory = memoryOf([
      [1, 2],
      [1, 3],
      [1, 2],
    ]);
    expect(memory.read([1])[0]).toEqual({
      total: 3,
      followed: new Map([
        [2, 2],
        [3, 1],
      ]),
    });
    const routed = memory.read([1], (id) => [0.5, 0.25, 0][id] ?? 0)[0];
    expect(routed).toEqual({
      total: 0.75,
      followed: new Map([
        [2, 0.5],
        [3, 0.25],
      ]),
    });
  });
});

describe('the algebra of the token memory', () => {
  it('a segment that was added and taken out, or replaced, leaves no trace, in any order', () => {
    fc.assert(
      fc.property(segments, segments, context, fc.boolean(), (all, others, asked, backwards) => {
        const memory = memoryOf(all);
        for (const [at, tokens] of others.entries()) memory.put(100 + at, tokens);
        for (const [at, tokens] of others.entries()) memory.put(at, tokens);
        const gone = others.map((_, at) => 100 + at);
        for (const id of backwards ? gone.reverse() : gone) memory.remove(id);
        const left = [...others, ...all.slice(others.length)];
        expect(memory.tokens).toBe(left.reduce((sum, { length }) => sum + length, 0));
        expect(plain(memory.read(asked))).toEqual(plain(memoryOf(left).read(asked)));
      }),
      { numRuns: 200 },
    );
  });
});
