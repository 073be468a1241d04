import * as v from 'valibot';
import type { Report } from './report.ts';

const spread = v.object({ median: v.number(), least: v.number(), most: v.number() });
const ratio = v.object({ clock: spread, cpu: spread });
const committed = v.object({
  speeds: v.object({ against: v.object({ ratios: v.record(v.string(), ratio) }) }),
});

/** A tenth is the machine's, not ours. */
const TOLERANCE = 0.9;

/**
 * Sentences about the ratios of a committed report (the text of its file) that a new one has lost: where not even the
 * best round, by the clock or by the processor, comes near the committed median. One lucky round is enough to hold a
 * ratio, because a busy machine takes away and never gives.
 *
 * @throws where the committed report has no ratios, or the new one was made without the peer
 */
export function lostRatios(committedText: string, { speeds }: Report): readonly string[] {
  const { ratios } = v.parse(committed, JSON.parse(committedText)).speeds.against;
  const found: Readonly<Record<string, v.InferOutput<typeof ratio>>> | undefined = speeds.against?.ratios;
  if (found === undefined) throw new RangeError('Without the peer there are no ratios to check.');
  return Object.entries(ratios).flatMap(([name, { clock, cpu }]) => {
    const now = found[name];
    if (now === undefined) return [`${name}: it was not measured.`];
    const isHeld = now.clock.most >= TOLERANCE * clock.median || now.cpu.most >= TOLERANCE * cpu.median;
    const told = `${name}: ${now.clock.most.toFixed(2)} at best, where ${clock.median.toFixed(2)} is committed.`;
    return isHeld ? [] : [told];
  });
}
