import fc from 'fast-check';
import { parentPort, workerData } from 'node:worker_threads';
import { inputs } from './inputs.ts';
import { mutated } from './mutation.ts';
import { Slot } from './slot.ts';
import { TARGETS } from './targets.ts';
import type { TargetName } from './targets.ts';

/** What the thread of one target is started with. */
export interface Order {
  readonly target: TargetName;
  readonly seed: number;
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly shared: SharedArrayBuffer;
}

export type Report =
  | { readonly kind: 'ended'; readonly runs: number }
  | { readonly kind: 'failed'; readonly input: Uint8Array; readonly error: string };

/** Runs in a round of fast-check, which shrinks what fails in it. */
const ROUND = 200;

const { target: name, seed, until, shared } = workerData as Order;
const target = await TARGETS[name]();
const slot = new Slot(shared);
const report = (message: Report) => parentPort?.postMessage(message);

let runs = 0;
const run = async (input: Uint8Array) => {
  slot.begin(input);
  runs += 1;
  await target.run(input);
  slot.end();
};

const seeds = await inputs(target);
for (const input of seeds) await run(input);
for (let round = 0; Date.now() < until; round += 1) {
  const property = fc.asyncProperty(mutated(seeds, target.dictionary), run);
  const limits = { interruptAfterTimeLimit: Math.max(1, until - Date.now()), markInterruptAsFailure: false };
  const found = await fc.check(property, { numRuns: ROUND, seed: seed + round, ...limits });
  const [input] = found.counterexample ?? [];
  if (found.failed && input) {
    const { errorInstance } = found;
    report({
      kind: 'failed',
      input,
      error: errorInstance instanceof Error ? (errorInstance.stack ?? '') : String(errorInstance),
    });
    break;
  }
}
await target.end?.();
report({ kind: 'ended', runs });
