import type * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';

import { lowerGraph, promptGraph, scoreGraph, upperGraph } from '../../../kernels/decoder.ts';
import type { Manifest } from '../../../kernels/manifest.ts';
import { decoderBlock, rmsNorm, tensor } from './reference/decoder-block.ts';
import { linear } from './reference/linear.ts';
import { Matrix } from './reference/matrix.ts';
import { floats, integers, keyValueCache, rewind, runDecoder } from '../../../src/engine/runtime/decoder.ts';
import { randomDecoder } from './shard.ts';
import type { Kind } from './shard.ts';
import { CONFIG, cpuSession, deviation, intTensor, temporaryFolder, TOLERANCE } from './support.ts';

/** Ids on both sides of the border between the two parts of the table, which is 30, and its ends. */
const IDS = [0, 29, 30, 49, 12, 31, 30, 5, 48];
/** Two borders of 64 keys are in it. */
const LONG = Array.from({ length: 130 }, (_, at) => (at * 17 + 3) % CONFIG.vocab);
const OPTIONS = { accuracyLevel: 0, candidates: 5 } as const;
const SPLIT = 1;

describe.each<Kind>(['float32', 'int4', 'int8'])('a decoder of %s weights', (kind) => {
  const folder = temporaryFolder();
  const shard = randomDecoder(kind, 5);
  const { values } = shard;
  const table = new Matrix(CONFIG.vocab, CONFIG.hidden, [
    ...values['embedding.0']!.data,
    ...values['embedding.1']!.data,
  ]);
  const embedded = new Matrix(
    IDS.length,
    CONFIG.hidden,
    IDS.flatMap((id) => [...table.row(id)]),
  );
  const lowerStates = decoderBlock(values, CONFIG, 0, embedded);
  const upperStates = decoderBlock(values, CONFIG, 1, lowerStates);
  const logits = linear(rmsNorm(upperStates, tensor(values, 'norm'), CONFIG.rmsEps), table); // [T, V]

  let manifest: Manifest;
  let lower: ort.InferenceSession;
  let upper: ort.InferenceSession;
  /** Both halves, for a cache of rows. */
  let onRows: { lower: ort.InferenceSession; upper: ort.InferenceSession };
  beforeAll(async () => {
    manifest = shard.write(folder);
    lower = await cpuSession(lowerGraph(manifest, SPLIT, OPTIONS), folder);
    upper = await cpuSession(upperGraph(manifest, SPLIT, OPTIONS), folder);
    const options = { ...OPTIONS, cache: 'rows' } as const;
    onRows = {
      lower: await cpuSession(lowerGraph(manifest, SPLIT, options), folder),
      upper: await cpuSession(upperGraph(manifest, SPLIT, options), folder),
    };
  });

  function caches(capacity: number) {
    const kind = capacity > 0 ? 'rows' : 'grown';
    return [
      keyValueCache(CONFIG, [0, SPLIT], kind, capacity),
      keyValueCache(CONFIG, [SPLIT, CONFIG.layers], kind, capacity),
    ] as const;
  }

  /**
   * Both halves over `ids` in runs of `step` tokens on caches of `capacity`: all states, and the candidates after each
   * run.
   */
  async function decode(step: number, capacity: number) {
    const [below, above] = caches(capacity);
    const halves = capacity > 0 ? onRows : { lower, upper };
    const states: number[] = [];
    const candidates: { logits: readonly number[]; tokens: readonly number[] }[] = [];
    for (let from = 0; from < IDS.length; from += step) {
      const ids = IDS.slice(from, from + step);
      const row = { ids: intTensor(ids, [1, ids.length]) };
      const middle = await runDecoder(halves.lower, row, below, ids.length, ['states']);
      states.push(...floats(middle, 'states'));
      const feeds = { states: middle.states!, first: intTensor([-1], [1]) };
      const top = await runDecoder(halves.upper, feeds, above, ids.length, ['logits', 'tokens']);
      candidates.push({ logits: [...floats(top, 'logits')], tokens: integers(top, 'tokens') });
    }
    return { states, candidates };
  }

  // Sums of floats depend on the number of rows; those of integers do not.
  const sameInAnyRun = async (cache: 'rows' | 'parts', ids: readonly number[]) => {
    const onCpu = { isRunInvariant: true, cache, tables: 'bytes' } as const;
    const options = { accuracyLevel: 4, candidates: 5, ...onCpu } as const;
    const half = await cpuSession(lowerGraph(manifest, SPLIT, options), folder);
    const rest = await cpuSession(upperGraph(manifest, SPLIT, options), folder);
    /** The candidates after each token, from runs of these lengths; `extra` tokens are run along and taken back. */
    const candidates = async (lengths: readonly number[], extra: number) => {
      const [below, above] = caches(ids.length + 4);
      const found: { logits: readonly number[]; tokens: readonly number[] }[] = [];
      let at = 0;
      for (const length of lengths) {
        const run = [...ids.slice(at, at + length), ...[7, 3, 41].slice(0, extra)];
        const middle = await runDecoder(half, { ids: intTensor(run, [1, run.length]) }, below, run.length, ['states']);
        const feeds = { states: middle.states!, first: intTensor([-run.length], [1]) };
        const top = await runDecoder(rest, feeds, above, run.length, ['logits', 'tokens']);
        const [logits, tokens] = [floats(top, 'logits'), integers(top, 'tokens')];
        expect(top['logits']!.dims).toEqual([1, run.length, 5]);
        for (let row = 0; row < length; row += 1) {
          const [from, to] = [5 * row, 5 * row + 5];
          found.push({ logits: [...logits.slice(from, to)], tokens: tokens.slice(from, to) });
        }
        at += length;
        rewind(below, at);
        rewind(above, at);
      }
      return found;
    };
    const alone = await candidates(Array<number>(ids.length).fill(1), 0);
    expect(await candidates([ids.length], 0)).toEqual(alone);
    expect(await candidates([4, 1, ids.length - 5], 3)).toEqual(alone);
    expect(await candidates(Array<number>(ids.length).fill(1), 2)).toEqual(alone);
  };
  if (kind !== 'float32') {
    describe('is the same to the bit in runs of any length, with 8-bit activations', () => {
      it('by the operator', () => sameInAnyRun('rows', IDS));
      // On both sides of the borders of KEYS_STEP.
      it('by groups of heads', () => sameInAnyRun('parts', LONG));
    });
  }

  it('attends by groups of heads as the operator does', async () => {
    const options = { ...OPTIONS, cache: 'parts' } as const;
    const inParts = await cpuSession(lowerGraph(manifest, CONFIG.layers, options), folder);
    const byOperator = await cpuSession(lowerGraph(manifest, CONFIG.layers, { ...OPTIONS, cache: 'rows' }), folder);
    const cache = () => keyValueCache(CONFIG, [0, CONFIG.layers], 'rows', LONG.length);
    const [one, other] = [cache(), cache()];
    for (let at = 0; at < LONG.length; at += 40) {
      const ids = LONG.slice(at, at + 40);
      const row = { ids: intTensor(ids, [1, ids.length]) };
      const expected = await runDecoder(byOperator, row, one, ids.length, ['states']);
      const states = await runDecoder(inParts, row, other, ids.length, ['states']);
      expect(deviation(floats(states, 'states'), floats(expected, 'states'))).toBeLessThan(1e-5);
    }
    expect(Object.keys(other.tensors)).toEqual(Object.keys(one.tensors));
    for (const [name, { data }] of Object.entries(one.tensors)) {
      expect(deviation(floats(other.tensors, name), data as Float32Array), name).toBeLessThan(1e-5);
    }
  });

  it('reads a prompt to the same keys and values as both halves, in any runs', async () => {
    const whole = await cpuSession(promptGraph(manifest, { ...OPTIONS, cache: 'rows' }), folder);
    const [below, above] = caches(IDS.length);
    const row = { ids: intTensor(IDS, [1, IDS.length]) };
    const middle = await runDecoder(onRows.lower, row, below, IDS.length, ['states']);
    const feeds = { states: middle.states!, first: intTensor([-1], [1]) };
    await runDecoder(onRows.upper, feeds, above, IDS.length, ['logits']);
    const all = keyValueCache(CONFIG, [0, CONFIG.layers], 'rows', IDS.length);
    for (const ids of [IDS.slice(0, 5), IDS.slice(5)]) {
      await runDecoder(whole, { ids: intTensor(ids, [1, ids.length]) }, all, ids.length, []);
    }
    const expected = Object.entries({ ...below.tensors, ...above.tensors });
    expect(Object.keys(all.tensors)).toEqual(expected.map(([name]) => name));
    for (const [name, { data }] of expected) {
      expect(deviation(floats(all.tensors, name), data as Float32Array), name).toBeLessThan(1e-5);
    }
  });

  it('reads a prompt in two parts to the same bits as in one', async () => {
    const options = { ...OPTIONS, cache: 'rows' } as const;
    const part = (range: readonly [number, number]) => cpuSession(promptGraph(manifest, options, range), folder);
    const [whole, first, second] = [
      await cpuSession(promptGraph(manifest, options), folder),
      await part([0, SPLIT]),
      await part([SPLIT, CONFIG.layers]),
    ];
    const all = keyValueCache(CONFIG, [0, CONFIG.layers], 'rows', IDS.length);
    const [below, above] = caches(IDS.length);
    for (const ids of [IDS.slice(0, 5), IDS.slice(5)]) {
      const row = { ids: intTensor(ids, [1, ids.length]) };
      await runDecoder(whole, row, all, ids.length, []);
      const passed = await runDecoder(first, row, below, ids.length, ['next.sum', 'next.branch']);
      const entering = { sum: passed['next.sum']!, branch: passed['next.branch']! };
      await runDecoder(second, entering, above, ids.length, []);
    }
    for (const [name, { data }] of Object.entries({ ...below.tensors, ...above.tensors })) {
      expect(data, name).toEqual(all.tensors[name]!.data);
    }
  });

  it('cannot be taken back where a cache grows, or to where it has not been', async () => {
    const grown = keyValueCache(CONFIG, [0, SPLIT], 'grown');
    await runDecoder(lower, { ids: intTensor([1, 2], [1, 2]) }, grown, 2, ['states']);
    expect(() => {
      rewind(grown, 1);
    }).toThrow('cannot be cut');
    expect(() => {
      rewind(keyValueCache(CONFIG, [0, SPLIT], 'rows', 4), 1);
    }).toThrow('cannot be cut');
  });

  function best(row: number): readonly number[] {
    const line = logits.row(row);
    return [...line.keys()].sort((a, b) => line[b]! - line[a]!).slice(0, OPTIONS.candidates);
  }

  it('gathers from both parts of the embedding', async () => {
    const graph = lowerGraph(manifest, 0, OPTIONS);
    const session = await cpuSession(graph, folder);
    const results = await runDecoder(
      session,
      { ids: intTensor(IDS, [1, IDS.length]) },
      keyValueCache(CONFIG, [0, 0], 'once'),
      IDS.length,
      ['states'],
    );
    expect(deviation(floats(results, 'states'), embedded.data)).toBeLessThan(1e-6);
  });

  it('is the reference over all tokens at once', async () => {
    const { states, candidates } = await decode(IDS.length, 0);
    expect(deviation(states, lowerStates.data)).toBeLessThan(TOLERANCE.float);
    const expected = best(IDS.length - 1);
    expect(candidates[0]!.tokens).toEqual(expected);
    const values = expected.map((token) => logits.at(IDS.length - 1, token));
    expect(deviation(candidates[0]!.logits, values)).toBeLessThan(TOLERANCE.float);
  });

  it.each([
    [1, 'rows', 16],
    [4, 'rows', 16],
    [1, 'grown', 0],
    [4, 'grown', 0],
  ] as const)('is the reference in runs of %i tokens on a %s cache', async (step, _kind, capacity) => {
    const { states, candidates } = await decode(step, capacity);
    expect(deviation(states, lowerStates.data)).toBeLessThan(TOLERANCE.float);
    candidates.forEach((run, at) => {
      const last = Math.min((at + 1) * step, IDS.length) - 1;
      expect(run.tokens).toEqual(best(last));
      expect(
        deviation(
          run.logits,
          best(last).map((token) => logits.at(last, token)),
        ),
      ).toBeLessThan(TOLERANCE.float);
    });
  });

  it('scores every position as the reference does', async () => {
    const session = await cpuSession(scoreGraph(manifest, SPLIT, OPTIONS), folder);
    const targets = [...IDS.slice(1), 7];
    const feeds = {
      states: (
        await runDecoder(
          lower,
          { ids: intTensor(IDS, [1, IDS.length]) },
          keyValueCache(CONFIG, [0, SPLIT], 'once'),
          IDS.length,
          ['states'],
        )
      ).states!,
      targets: intTensor(targets, [1, IDS.length]),
    };
    const cache = keyValueCache(CONFIG, [SPLIT, CONFIG.layers], 'once');
    const results = await runDecoder(session, feeds, cache, IDS.length, ['best', 'loss']);
    expect(integers(results, 'best')).toEqual(IDS.map((_, row) => best(row)[0]));
    const loss = targets.map((target, row) => {
      const mass = logits.row(row).reduce((sum, value) => sum + Math.exp(value), 0);
      return Math.log(mass) - logits.at(row, target);
    });
    expect(deviation(floats(results, 'loss'), loss)).toBeLessThan(TOLERANCE.float);
  });
});
