import type { Corpus } from './corpus.ts';
import { cpuRate, pairedRatio, rate, spread, timed } from './sample.ts';
import type { Sample, Spread } from './sample.ts';
import type { System } from './system.ts';

/** Sizes of one round, in tokens. */
export const SIZES = {
  prefill: 512,
  prompt: 256,
  decode: 64,
  /** Segments that are taken in, about 256 tokens each. */
  segments: 4,
} as const;

export const kinds = ['prefill', 'decode', 'ingest'] as const;
export type Kind = (typeof kinds)[number];

/** Tokens per second of the clock, and per second of the CPU over all threads. */
export interface Speed {
  readonly clock: Spread;
  readonly cpu: Spread;
}

/**
 * How many times as fast as the peer in the same round, and our fastest round over its fastest: the least disturbed.
 */
export interface Ratio extends Speed {
  readonly best: number;
}

export interface Speeds {
  readonly ours: Readonly<Record<Kind, Speed>>;
  readonly against?: {
    readonly peer: Readonly<Record<Kind, Speed>>;
    readonly ratios: Readonly<Record<Kind | 'ingestToPrefill', Ratio>>;
    /** Of the decode steps of a round, after how many both name the same token as the likeliest. */
    readonly sameTokens: Spread;
  };
}

interface Round {
  readonly prefill: Sample;
  readonly decode: Sample;
  readonly ingest: Sample;
  /** What was likeliest after each step. */
  readonly likeliest: readonly number[];
}

export interface SpeedOptions {
  readonly ours: System;
  readonly peer: System | undefined;
  readonly corpus: Corpus;
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly print: (message: string) => void;
}

/**
 * Measures both systems in turn, kind by kind and round by round, on the same tokens, so that the load of the machine
 * falls on both. Who goes first changes every round. A round before them all is thrown away: first runs allocate.
 */
export async function measureSpeeds(options: SpeedOptions): Promise<Speeds> {
  const { ours, peer, rounds, print } = options;
  const found = { ours: new Array<Round>(), peer: new Array<Round>() };
  for (let round = 0; round <= rounds; round += 1) {
    print(round === 0 ? 'Warming up …' : `Round ${round} of ${rounds} …`);
    const both = peer ? [ours, peer] : [ours];
    const results = await measureRound(round % 2 === 0 ? both : both.toReversed(), round, options);
    if (round === 0) continue;
    found.ours.push(...results.filter(({ system }) => system === ours).map((one) => one.round));
    found.peer.push(...results.filter(({ system }) => system === peer).map((one) => one.round));
  }
  const own = { ours: speedsOf(found.ours) };
  return peer ? { ...own, against: compare(found.ours, found.peer) } : own;
}

async function measureRound(systems: readonly System[], number: number, options: SpeedOptions) {
  const { corpus, signal } = options;
  const window = corpus.window(number, SIZES.prefill);
  const segments = corpus.segments(number, SIZES.segments);
  const prefill = await each(systems, (system) =>
    timed(async () => {
      signal.throwIfAborted();
      await system.prefill(window, signal);
      return window.length;
    }),
  );
  const decoded = await each(systems, (system) => decode(system, window, signal));
  const ingest = await each(systems, (system) =>
    timed(async () => {
      for (const segment of segments) {
        signal.throwIfAborted();
        await system.takeIn(segment);
      }
      return segments.reduce((sum, { ids }) => sum + ids.length, 0);
    }),
  );
  return systems.flatMap((system, at) => {
    const [first, second, third] = [prefill[at], decoded[at], ingest[at]];
    if (!first || !second || !third) return [];
    return [{ system, round: { prefill: first, decode: second.sample, ingest: third, likeliest: second.likeliest } }];
  });
}

/**
 * The prompt does not count. Both systems are led along the code as it stands, whatever they find likeliest: their own
 * answers would part after a few tokens, and then they could not be compared any more.
 */
async function decode(system: System, window: readonly number[], signal: AbortSignal) {
  const decoding = await system.decode(window.slice(0, SIZES.prompt), signal);
  try {
    const likeliest: number[] = [];
    const sample = await timed(async () => {
      for (const token of window.slice(SIZES.prompt, SIZES.prompt + SIZES.decode)) {
        signal.throwIfAborted();
        likeliest.push(await decoding.step(token));
      }
      return likeliest.length;
    });
    return { sample, likeliest };
  } finally {
    await decoding.end();
  }
}

async function each<T>(systems: readonly System[], work: (system: System) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (const system of systems) results.push(await work(system));
  return results;
}

function speedsOf(rounds: readonly Round[]): Record<Kind, Speed> {
  const speed = (kind: Kind): Speed => ({
    clock: spread(rounds.map((round) => rate(round[kind]))),
    cpu: spread(rounds.map((round) => cpuRate(round[kind]))),
  });
  return { prefill: speed('prefill'), decode: speed('decode'), ingest: speed('ingest') };
}

function compare(ours: readonly Round[], peer: readonly Round[]): NonNullable<Speeds['against']> {
  const ratio = (kind: Kind, other: Kind): Ratio => {
    const by = (measure: (sample: Sample) => number) =>
      pairedRatio(
        ours.map((round) => measure(round[kind])),
        peer.map((round) => measure(round[other])),
      );
    const fastest = (rounds: readonly Round[], of: Kind) => Math.max(...rounds.map((round) => rate(round[of])));
    return { clock: by(rate), cpu: by(cpuRate), best: fastest(ours, kind) / fastest(peer, other) };
  };
  return {
    peer: speedsOf(peer),
    ratios: {
      prefill: ratio('prefill', 'prefill'),
      decode: ratio('decode', 'decode'),
      ingest: ratio('ingest', 'ingest'),
      ingestToPrefill: ratio('ingest', 'prefill'),
    },
    sameTokens: spread(ours.map((round, at) => same(round.likeliest, peer[at]?.likeliest ?? []))),
  };
}

function same(a: readonly number[], b: readonly number[]): number {
  return a.filter((token, at) => token === b[at]).length;
}
