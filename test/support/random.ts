import { mulberry32 } from '../../src/common/random.ts';

/** Whole numbers below a limit that look random and are the same in every run, so that a failure can be repeated. */
export function dice(seed: number): (below: number) => number {
  const uniform = mulberry32(seed);
  return (below) => Math.floor(below * uniform());
}
