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

/** How many times as fast as the peer, in the same round. */
export type Ratio = Speed;

export interface Speeds {
  readonly ours: Readonly<Record<Kind, Speed>>;
  readonly against?: {
    readonly peer: Readonly<Record<Kind, Speed>>;
    readonly ratios: Readonly<Record<Kind | 'ingestToPrefill', Ratio>>;
    /** Of the greedy tokens of a round, how many are the same in both before they part. */
    readonly sameTokens: Spread;
  };
}

interface Round {
  readonly prefill: Sample;
  readonly decode: Sample;
  readonly ingest: Sample;
  readonly tokens: readonly number[];
}

export interface SpeedOptions {
  readonly ours: System;
  readonly peer: System | undefined;
  readonly corpus: Corpus;
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly say: (sentence: string) => void;
}

/**
 * Measures both systems in turn, kind by kind and round by round, on the same tokens, so that the load of the machine falls
 * on both. Who goes first changes every round. A round before them all is thrown away: first runs allocate.
 */
export async function measureSpeeds(options: SpeedOptions): Promise<Speeds> {
  const { ours, peer, rounds, say } = options;
  const found = { ours: new Array<Round>(), peer: new Array<Round>() };
  for (let round = 0; round <= rounds; round += 1) {
    say(round === 0 ? 'Warming up …' : `Round ${round} of ${rounds} …`);
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
  const prompt = window.slice(0, SIZES.prompt);
  const segments = corpus.segments(number, SIZES.segments);
  const prefill = await each(systems, (system) =>
    timed(async () => {
      signal.throwIfAborted();
      await system.prefill(window, signal);
      return window.length;
    }),
  );
  const decoded = await each(systems, (system) => decode(system, prompt, signal));
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
    return [{ system, round: { prefill: first, decode: second.sample, ingest: third, tokens: second.tokens } }];
  });
}

/** The clock runs from the first token, which comes with the prompt, to the last. */
async function decode(system: System, prompt: readonly number[], signal: AbortSignal) {
  const decoding = await system.decode(prompt, signal);
  try {
    const tokens = [await decoding.step()];
    const sample = await timed(async () => {
      while (tokens.length <= SIZES.decode) {
        signal.throwIfAborted();
        tokens.push(await decoding.step());
      }
      return SIZES.decode;
    });
    return { sample, tokens };
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
    return { clock: by(rate), cpu: by(cpuRate) };
  };
  return {
    peer: speedsOf(peer),
    ratios: {
      prefill: ratio('prefill', 'prefill'),
      decode: ratio('decode', 'decode'),
      ingest: ratio('ingest', 'ingest'),
      ingestToPrefill: ratio('ingest', 'prefill'),
    },
    sameTokens: spread(ours.map((round, at) => sameAtFirst(round.tokens, peer[at]?.tokens ?? []))),
  };
}

function sameAtFirst(a: readonly number[], b: readonly number[]): number {
  const differ = a.findIndex((token, at) => token !== b[at]);
  return differ < 0 ? a.length : differ;
}
