import fc from 'fast-check';
import type * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';

import { featureSize } from '../../../kernels/feature-map.ts';
import { infiniDefaults, infiniGraph } from '../../../kernels/infini-attention.ts';
import { groupedAttention, rotate } from './reference/decoder-block.ts';
import { emptyMemory, infiniAttention } from './reference/infini-attention.ts';
import { Matrix } from './reference/matrix.ts';
import { DocumentStream, part, randomSegment } from './segment.ts';
import type { Segment } from './segment.ts';
import {
  CONFIG,
  cpuSession,
  deviation,
  FEATURES,
  generator,
  label,
  RULES,
  temporaryFolder,
  TOLERANCE,
} from './support.ts';

const folder = temporaryFolder();
const { heads, kvHeads, headDim } = CONFIG;
const GATES = [-1.5, 0, 0.7, 3].map(Math.fround);

/** A_local of the reference, over one segment. */
const localAttention = (segment: Segment) =>
  groupedAttention(
    rotate(segment.query, heads, CONFIG.ropeTheta),
    rotate(segment.key, kvHeads, CONFIG.ropeTheta),
    segment.value,
    CONFIG,
  );

const cases = FEATURES.flatMap((features) => RULES.map((rule) => [label(features), rule, features] as const));

describe.each(cases)('Infini-attention with %s and the %s rule', (_, rule, features) => {
  const size = featureSize(features, headDim);
  const empty = emptyMemory(kvHeads, size, headDim);
  let session: ort.InferenceSession;
  beforeAll(async () => {
    session = await cpuSession(infiniGraph(CONFIG, features, rule), folder);
  });

  /** Runs segments one after the other, each on the memory that the one before left. */
  const stream = (segments: readonly Segment[], gates: readonly number[] = GATES) =>
    new DocumentStream(session, gates, size).run(segments);

  it('is the reference over three segments of 1 to 9 tokens', async () => {
    const normal = generator(11);
    for (const lengths of [
      [1, 2, 3],
      [9, 4, 7],
      [5, 1, 8],
      [6, 6, 6],
    ]) {
      const segments = lengths.map((length) => randomSegment(length, normal));
      const runs = await stream(segments);
      let memory = empty;
      segments.forEach((segment, at) => {
        const local = localAttention(segment);
        const inputs = { ...segment, local, gate: GATES, read: memory };
        const expected = infiniAttention(CONFIG, features, rule, infiniDefaults.epsilon, inputs);
        memory = expected.memory;
        expect(deviation(runs[at]!.local!, local.data)).toBeLessThan(TOLERANCE.float);
        expect(deviation(runs[at]!.attended!, expected.attended.data)).toBeLessThan(TOLERANCE.float);
        const matrix = memory.flatMap((head) => [...head.matrix.data]);
        const norm = memory.flatMap((head) => [...head.norm.data]);
        expect(deviation(runs[at]!['after.0.matrix']!, matrix)).toBeLessThan(TOLERANCE.float);
        expect(deviation(runs[at]!['after.0.norm']!, norm)).toBeLessThan(TOLERANCE.float);
      });
    }
  });

  it('gives local attention alone where the gate is closed, and memory alone where it is open', async () => {
    const [, second] = await stream(
      [randomSegment(4, generator(12)), randomSegment(5, generator(13))],
      [-50, -50, 50, 50],
    );
    const ofHead = (x: Float32Array, head: number) =>
      new Matrix(5, heads * headDim, x).slice(head * headDim, headDim).data;
    for (const head of [0, 1]) {
      expect(deviation(ofHead(second!.attended!, head), ofHead(second!.local!, head))).toBeLessThan(1e-6);
    }
    for (const head of [2, 3]) {
      expect(deviation(ofHead(second!.attended!, head), ofHead(second!.local!, head))).toBeGreaterThan(1e-2);
    }
  });

  it('reads 0 from an empty memory', async () => {
    const [only] = await stream([randomSegment(5, generator(14))], [50, 50, 50, 50]);
    expect(Math.max(...only!.attended!.map(Math.abs))).toBe(0);
  });

  it('is the same in several calls: all read the segment before, and write their own', async () => {
    const normal = generator(16);
    const segments = [7, 9, 5].map((length) => randomSegment(length, normal));
    const whole = await stream(segments);
    const streamed = new DocumentStream(session, GATES, size);
    for (const [at, segment] of segments.entries()) {
      const cuts = [0, 2, 3, segment.query.rows];
      const calls: Record<string, Float32Array>[] = [];
      for (let call = 1; call < cuts.length; call += 1) {
        calls.push(await streamed.call(part(segment, cuts[call - 1]!, cuts[call]!)));
      }
      streamed.endSegment();
      for (const name of ['attended', 'local']) {
        expect(
          deviation(
            calls.flatMap((run) => [...run[name]!]),
            whole[at]![name]!,
          ),
        ).toBeLessThan(TOLERANCE.float);
      }
      for (const name of ['after.0.matrix', 'after.0.norm']) {
        expect(deviation(calls.at(-1)![name]!, whole[at]![name]!)).toBeLessThan(TOLERANCE.float);
      }
    }
  });

  it('attends locally to its own segment alone', async () => {
    const [other, same] = [randomSegment(6, generator(17)), randomSegment(5, generator(18))];
    const [, second] = await stream([other, same]);
    expect(deviation(second!.local!, localAttention(same).data)).toBeLessThan(TOLERANCE.float);
    // The control: a cache that goes on past the segment's end attends to more.
    const joined = new DocumentStream(session, GATES, size);
    await joined.call(other);
    expect(deviation((await joined.call(same)).local!, second!.local!)).toBeGreaterThan(1e-2);
  });

  it('starts a document from nothing', async () => {
    const [first, second] = [randomSegment(6, generator(19)), randomSegment(5, generator(20))];
    const streamed = new DocumentStream(session, GATES, size);
    const fresh = (await streamed.run([second]))[0]!;
    const [, after] = await streamed.run([first, second]);
    expect(deviation(after!.attended!, fresh.attended!)).toBeGreaterThan(1e-2);
    expect((await streamed.run([second]))[0]).toEqual(fresh);
  });

  it('grows z by the same for both rules: the sum of φ(k)', async () => {
    const segments = [3, 5].map((length, at) => randomSegment(length, generator(20 + at)));
    const [, last] = await stream(segments);
    let expected = empty;
    for (const segment of segments) {
      const inputs = { ...segment, local: segment.query, gate: GATES, read: expected };
      expected = infiniAttention(CONFIG, features, 'linear', infiniDefaults.epsilon, inputs).memory;
    }
    expect(
      deviation(
        last!['after.0.norm']!,
        expected.flatMap((head) => [...head.norm.data]),
      ),
    ).toBeLessThan(TOLERANCE.float);
  });

  if (rule === 'linear') {
    it('leaves a memory that is the sum over segments, in any order', async () => {
      const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 3 });
      await fc.assert(
        fc.asyncProperty(lengths, fc.integer(), async (tokens, seed) => {
          const normal = generator(seed);
          const segments = tokens.map((length) => randomSegment(length, normal));
          const whole = (await stream(segments)).at(-1)!;
          const turned = (await stream(segments.toReversed())).at(-1)!;
          const apart = await Promise.all(segments.map(async (segment) => (await stream([segment]))[0]!));
          for (const name of ['after.0.matrix', 'after.0.norm']) {
            const sum = whole[name]!.map((_, at) => apart.reduce((total, run) => total + run[name]![at]!, 0));
            expect(deviation(whole[name]!, sum)).toBeLessThan(TOLERANCE.float);
            expect(deviation(turned[name]!, sum)).toBeLessThan(TOLERANCE.float);
          }
        }),
        { numRuns: 10 },
      );
    });
  } else {
    it('adds nothing for what the memory already answers: one token written twice', async () => {
      const once = randomSegment(1, generator(31));
      const [first, second] = await stream([once, once]);
      // φ(k) M / φ(k) z is v up to ε / φ(k) z, so the second write is of v − v.
      const before = first!['after.0.matrix']!;
      expect(deviation(second!['after.0.matrix']!, before)).toBeLessThan(TOLERANCE.float);
      expect(Math.max(...before.map(Math.abs))).toBeGreaterThan(0.1);
    });
  }
});
