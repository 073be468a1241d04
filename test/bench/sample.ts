/** One measurement. Seconds of the CPU count every thread of this process, so they suffer less from a busy machine. */
export interface Sample {
  readonly tokens: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** The middle of some rounds, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Runs `work`, which gives the tokens that it did. Nothing else may run in this process meanwhile. */
export async function timed(work: () => Promise<number>): Promise<Sample> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const tokens = await work();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { tokens, seconds, cpuSeconds: (user + system) / 1e6 };
}

export const rate = ({ tokens, seconds }: Sample): number => tokens / seconds;
export const cpuRate = ({ tokens, cpuSeconds }: Sample): number => tokens / cpuSeconds;

/** Median, least and most. Throws a RangeError for no values. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.ceil((sorted.length - 1) / 2)];
  const least = sorted[0];
  const most = sorted.at(-1);
  if (low === undefined || high === undefined || least === undefined || most === undefined) {
    throw new RangeError('There is no median of nothing.');
  }
  return { median: (low + high) / 2, least, most };
}

/**
 * The spread of a/b over pairs of the same round. Both of a pair saw about the same load, which the ratio of two
 * medians does not promise.
 */
export function pairedRatio(a: readonly number[], b: readonly number[]): Spread {
  return spread(a.map((value, round) => value / (b[round] ?? NaN)));
}
