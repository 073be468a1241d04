import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';

import { featureSize } from '../../../kernels/feature-map.ts';
import type { FeatureSpec } from '../../../kernels/feature-map.ts';
import { infiniDefaults, infiniGraph } from '../../../kernels/infini-attention.ts';
import type { UpdateRule } from '../../../kernels/infini-attention.ts';
import { groupedAttention, rotate } from './reference/decoder-block.ts';
import { emptyMemory, infiniAttention } from './reference/infini-attention.ts';
import { Matrix } from './reference/matrix.ts';
import { DocumentStream, part } from './segment.ts';
import type { Segment } from './segment.ts';
import { CONFIG, cpuSession, deviation, label, temporaryFolder, TOLERANCE } from './support.ts';

/** What `python -m models.training.papers.golden` wrote: outputs and gradients of the block in PyTorch, in float64. */
interface Case {
  readonly rule: UpdateRule;
  /** A [T, H d] over the document */
  readonly attended: readonly number[];
  /** z [G, d_φ] after it */
  readonly norm: readonly number[];
  /** Σ over an input of ∂L/∂x cos(index), L = Σ A sin(index); indices count from 1 */
  readonly slopes: Readonly<Record<keyof Document, number>>;
}
type Document = Segment & { readonly gate: Matrix };

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../golden/infini-block.json'), 'utf8'),
) as Readonly<Record<string, readonly Case[]>>;
const maps: readonly FeatureSpec[] = [
  { kind: 'elu1' },
  { kind: 'dpfp', order: 3 },
  { kind: 'topk', size: 64, keep: 8, fan: 4, seed: 7 },
];
const cases = maps.flatMap((features) =>
  golden[label(features)]!.map((expected) => [label(features), expected.rule, features, expected] as const),
);

const { heads, kvHeads, headDim } = CONFIG;
/** Calls by segment: the second segment takes two. */
const CALLS = [[3], [2, 3], [4]];
const TOKENS = 12;
const folder = temporaryFolder();

/** The formula of golden.py: numbers that look random, of float32. */
const numbers = (columns: number, rate: number) =>
  Matrix.of(TOKENS, columns, (row, column) => Math.fround(2 * Math.sin(rate * (row * columns + column + 1) ** 2)));
const DOCUMENT: Document = {
  query: numbers(heads * headDim, 0.37),
  key: numbers(kvHeads * headDim, 0.53),
  value: numbers(kvHeads * headDim, 0.71),
  gate: new Matrix(1, heads, [-1.5, 0, 0.7, 3].map(Math.fround)),
};
const INPUTS = ['query', 'key', 'value', 'gate'] as const;

/** The document with one input moved by `step` along cos(index). */
function moved(name: keyof Document, step: number): Document {
  const { rows, columns, data } = DOCUMENT[name];
  return {
    ...DOCUMENT,
    [name]: new Matrix(
      rows,
      columns,
      data.map((value, at) => value + step * Math.cos(at + 1)),
    ),
  };
}

const lossOf = (attended: readonly number[]) => attended.reduce((sum, value, at) => sum + value * Math.sin(at + 1), 0);

/** Segments with their calls, as row numbers of the document. */
function* calls(): Generator<{ segment: readonly [number, number]; call: readonly [number, number]; isLast: boolean }> {
  let start = 0;
  for (const counts of CALLS) {
    const end = start + counts.reduce((sum, count) => sum + count, 0);
    let from = start;
    for (const [at, count] of counts.entries()) {
      yield { segment: [start, end], call: [from, from + count], isLast: at === counts.length - 1 };
      from += count;
    }
    start = end;
  }
}

describe.each(cases)('PyTorch, reference and graph: %s, the %s rule', (_, rule, features, expected) => {
  const size = featureSize(features, headDim);
  let session: ort.InferenceSession;
  beforeAll(async () => {
    session = await cpuSession(infiniGraph(CONFIG, features, rule), folder);
  });

  function reference(document: Document): { attended: number[]; norm: number[] } {
    let read = emptyMemory(kvHeads, size, headDim);
    let write = read;
    const attended: number[] = [];
    for (const { segment, call, isLast } of calls()) {
      const whole = part(document, ...segment);
      const query = rotate(whole.query, heads, CONFIG.ropeTheta);
      const near = groupedAttention(query, rotate(whole.key, kvHeads, CONFIG.ropeTheta), whole.value, CONFIG);
      const [from, to] = [call[0] - segment[0], call[1] - segment[0]];
      const local = part({ query: near, key: near, value: near }, from, to).query;
      const inputs = { ...part(document, ...call), local, gate: [...document.gate.data], read, write };
      const run = infiniAttention(CONFIG, features, rule, infiniDefaults.epsilon, inputs);
      attended.push(...run.attended.data);
      write = run.memory;
      if (isLast) read = write;
    }
    return { attended, norm: write.flatMap((head) => [...head.norm.data]) };
  }

  async function graph(document: Document): Promise<{ attended: number[]; norm: number[] }> {
    const stream = new DocumentStream(session, [...document.gate.data], size);
    const attended: number[] = [];
    let norm: number[] = [];
    for (const { call, isLast } of calls()) {
      const run = await stream.call(part(document, ...call));
      attended.push(...run.attended!);
      norm = [...run['after.0.norm']!];
      if (isLast) stream.endSegment();
    }
    return { attended, norm };
  }

  it('gives the same numbers', async () => {
    const [one, other] = [reference(DOCUMENT), await graph(DOCUMENT)];
    expect(deviation(one.attended, expected.attended)).toBeLessThan(1e-9);
    expect(deviation(one.norm, expected.norm)).toBeLessThan(1e-9);
    expect(deviation(other.attended, expected.attended)).toBeLessThan(TOLERANCE.float);
    expect(deviation(other.norm, expected.norm)).toBeLessThan(TOLERANCE.float);
  });

  it.each(INPUTS)('has the same gradient of the %s, by central differences', async (name) => {
    const slope = async (run: (document: Document) => Promise<number[]> | number[], step: number) =>
      (lossOf(await run(moved(name, step))) - lossOf(await run(moved(name, -step)))) / (2 * step);
    const scale = Math.max(1, Math.abs(expected.slopes[name]));
    const exact = await slope((document) => reference(document).attended, 1e-6);
    expect(Math.abs(exact - expected.slopes[name]) / scale).toBeLessThan(1e-7);
    const single = await slope(async (document) => (await graph(document)).attended, 1e-3);
    expect(Math.abs(single - expected.slopes[name]) / scale).toBeLessThan(2e-3);
  });
});
