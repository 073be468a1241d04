import type { Corpus } from './corpus.ts';
import { cpuRate, pairedRatio, rate, spread, timed } from './sample.ts';
import type { Sample, Spread } from './sample.ts';
import type { System } from './system.ts';

/** Sizes of one round, in tokens. */
export const SIZES = {
  prefill: 512,
  /** As long as an answer's prompt: what the first token waits for. */
  first: 1_400,
  prompt: 256,
  decode: 64,
  /** Segments that are taken in, about 256 tokens each. */
  segments: 4,
} as const;

export const kinds = ['prefill', 'first', 'decode', 'ingest'] as const;
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

/** Of a model that only answers there is no ingest. */
type Of<Name extends string, Value> = Readonly<Partial<Record<Name, Value>>>;

export interface Speeds {
  readonly ours: Of<Kind, Speed>;
  readonly against?: {
    readonly peer: Of<Kind, Speed>;
    readonly ratios: Of<Kind | 'ingestToPrefill', Ratio>;
    /** Of the decode steps of a round, after how many both name the same token as the likeliest. */
    readonly sameTokens: Spread;
  };
}

interface Round extends Of<Kind, Sample> {
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
  const reads = (ids: readonly number[]) => (system: System) =>
    timed(async () => {
      signal.throwIfAborted();
      await system.prefill(ids, signal);
      return ids.length;
    });
  const prefill = await each(systems, reads(window));
  const first = await each(systems, reads(corpus.window(number, SIZES.first)));
  const decoded = await each(systems, (system) => decode(system, window, signal));
  const isTakenIn = systems.every(({ takeIn }) => takeIn !== undefined);
  const ingest = await each(isTakenIn ? systems : [], (system) =>
    timed(async () => {
      for (const segment of segments) {
        signal.throwIfAborted();
        await system.takeIn?.(segment);
      }
      return segments.reduce((sum, { ids }) => sum + ids.length, 0);
    }),
  );
  return systems.flatMap((system, at) => {
    const [short, long, written, taken] = [prefill[at], first[at], decoded[at], ingest[at]];
    if (!short || !long || !written) return [];
    const { sample, likeliest } = written;
    const round = { prefill: short, first: long, decode: sample, ...(taken && { ingest: taken }), likeliest };
    return [{ system, round }];
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

/** The samples of a kind, one of each round; none where it was not measured. */
function samplesOf(rounds: readonly Round[], kind: Kind): readonly Sample[] {
  return rounds.map((round) => round[kind]).filter((sample) => sample !== undefined);
}

function speedsOf(rounds: readonly Round[]): Of<Kind, Speed> {
  const entries = kinds.flatMap((kind): [Kind, Speed][] => {
    const samples = samplesOf(rounds, kind);
    return samples.length === 0
      ? []
      : [[kind, { clock: spread(samples.map(rate)), cpu: spread(samples.map(cpuRate)) }]];
  });
  return Object.fromEntries(entries);
}

function compare(ours: readonly Round[], peer: readonly Round[]): NonNullable<Speeds['against']> {
  const ratio = (kind: Kind, other: Kind): Ratio | undefined => {
    const [own, theirs] = [samplesOf(ours, kind), samplesOf(peer, other)];
    if (own.length === 0 || theirs.length === 0) return undefined;
    const by = (measure: (sample: Sample) => number) => pairedRatio(own.map(measure), theirs.map(measure));
    const fastest = (samples: readonly Sample[]) => Math.max(...samples.map(rate));
    return { clock: by(rate), cpu: by(cpuRate), best: fastest(own) / fastest(theirs) };
  };
  const pairs = [
    ...kinds.map((kind) => [kind, kind, kind] as const),
    ['ingestToPrefill', 'ingest', 'prefill'] as const,
  ];
  const ratios = pairs.flatMap(([name, kind, other]): [Kind | 'ingestToPrefill', Ratio][] => {
    const found = ratio(kind, other);
    return found ? [[name, found]] : [];
  });
  return {
    peer: speedsOf(peer),
    ratios: Object.fromEntries(ratios),
    sameTokens: spread(ours.map((round, at) => same(round.likeliest, peer[at]?.likeliest ?? []))),
  };
}

function same(a: readonly number[], b: readonly number[]): number {
  return a.filter((token, at) => token === b[at]).length;
}
