import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputs } from '../../fuzz/inputs.ts';
import { mutated } from '../../fuzz/mutation.ts';
import { promised } from '../../fuzz/target.ts';
import { TARGETS } from '../../fuzz/targets.ts';
import type { TargetName } from '../../fuzz/targets.ts';

const isWindows = process.platform === 'win32';
const names = (Object.keys(TARGETS) as TargetName[]).filter((name) => !(isWindows && name === 'repository'));

/** A short look at each target, so that they go with the code; `npm run fuzz` looks for as long as one wants. */
describe.each(names)('what comes from somebody else: %s', (name) => {
  it('keeps its promises for what is in the corpus, and for some hundred changes of it', async () => {
    const target = await TARGETS[name]();
    const seeds = await inputs(target);
    expect(seeds.length).toBeGreaterThan(0);
    for (const seed of seeds) await target.run(seed);
    const numRuns = name === 'repository' ? 20 : 300;
    await fc.assert(
      fc.asyncProperty(mutated(seeds, target.dictionary), async (input) => target.run(input)),
      { numRuns },
    );
    await target.end?.();
  });
});

describe('the fuzzer', () => {
  it('finds a promise that is broken far from every seed, and shrinks what broke it', async () => {
    const seeds = [new TextEncoder().encode('name = value\n')];
    const run = (input: Uint8Array) => {
      promised(!Buffer.from(input).includes('[[['), 'Nobody nests three brackets.');
    };
    const found = await fc.check(
      fc.asyncProperty(mutated(seeds, ['[', ']']), async (input) => {
        run(input);
        await Promise.resolve();
      }),
      {
        numRuns: 20_000,
      },
    );
    expect(found.failed).toBe(true);
    expect(Buffer.from(found.counterexample?.[0] ?? []).toString()).toContain('[[[');
    expect(found.counterexample?.[0].length).toBeLessThan(40);
  });
});
