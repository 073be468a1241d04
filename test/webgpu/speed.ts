import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as ort from 'onnxruntime-node';
import { decoderDefaults, lowerGraph, upperGraph } from '../../kernels/decoder.ts';
import type { Manifest } from '../../kernels/manifest.ts';
import { mulberry32 } from '../../src/common/random.ts';
import { floats, integers, keyValueCache, runDecoder } from '../../src/engine/runtime/decoder.ts';
import type { KeyValueCache } from '../../src/engine/runtime/decoder.ts';
import { createSession } from '../../src/engine/runtime/session.ts';
import type { Device } from '../../src/engine/runtime/session.ts';
import { SIZES, writeRandomBase } from './random-base.ts';

/**
 * The engine's graphs on a real card beside the CPU: whether they give the same numbers, and how fast each is, in one
 * run and in turn. Weights are random and of the shipped base's sizes, so that nothing has to be brought along.
 *
 *     node test/webgpu/speed.ts [--size base|tiny] [--rounds 3] [--threads N] [--out FILE.json]
 *
 * | row     | what is timed                                                        |
 * | ------- | -------------------------------------------------------------------- |
 * | reading | 256 tokens through the lower sixth of the blocks, as a segment is    |
 * | prefill | 512 tokens through all blocks in runs of 128, as a prompt is         |
 * | decode  | 32 tokens, one a run, after that prompt                              |
 */
const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'base' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(Math.min(8, availableParallelism())) },
    out: { type: 'string' },
  },
});

const ROWS = ['reading', 'prefill', 'decode'] as const;
type Row = (typeof ROWS)[number];
const TOKENS: Readonly<Record<Row, number>> = { reading: 256, prefill: 512, decode: 32 };
const RUN = 128;

/** One device's sessions, and what they gave last. */
interface Side {
  readonly device: Device;
  readonly lower: ort.InferenceSession;
  readonly upper: ort.InferenceSession;
  states: Float32Array;
  logits: number[];
  best: number[];
  readonly milliseconds: Record<Row, number[]>;
}

const config = SIZES[values.size === 'tiny' ? 'tiny' : 'base'];
/** The encoder's blocks: four of the shipped base's 24. */
const split = Math.round(config.layers / 6);
const folder = mkdtempSync(join(tmpdir(), 'ask-codebase-webgpu-'));
try {
  const manifest = writeRandomBase(folder, config);
  const random = mulberry32(3);
  const ids = Array.from({ length: TOKENS.prefill + TOKENS.decode }, () => Math.floor(random() * config.vocab));
  const sides = [await open('cpu', manifest), await open('webgpu', manifest)];
  // The first round is thrown away: first runs allocate, and compile shaders.
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) await measure(side, ids, round > 0);
    console.log(`round ${round} of ${values.rounds}`);
  }
  report(sides);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function open(device: Device, manifest: Manifest): Promise<Side> {
  const onCpu = { isRunInvariant: true, cache: 'rows' } as const;
  const options = { ...decoderDefaults, ...(device === 'cpu' && onCpu) };
  const how = { device, threads: Number(values.threads) };
  const lower = await createSession(lowerGraph(manifest, split, options), folder, how);
  const upper = await createSession(upperGraph(manifest, split, options), folder, how);
  const milliseconds = { reading: [], prefill: [], decode: [] };
  return { device, lower, upper, states: new Float32Array(), logits: [], best: [], milliseconds };
}

async function measure(side: Side, ids: readonly number[], isCounted: boolean): Promise<void> {
  const took: Record<Row, number> = { reading: 0, prefill: 0, decode: 0 };
  const timed = async (row: Row, work: () => Promise<void>) => {
    const began = performance.now();
    await work();
    took[row] = performance.now() - began;
  };
  await timed('reading', async () => {
    const once = keyValueCache(config, [0, split], 'once');
    const part = ids.slice(0, TOKENS.reading);
    side.states = floats(
      await runDecoder(side.lower, { ids: idTensor(part) }, once, part.length, ['states']),
      'states',
    );
  });
  const kind = side.device === 'cpu' ? 'rows' : 'grown';
  const below = keyValueCache(config, [0, split], kind, ids.length + 1);
  const above = keyValueCache(config, [split, config.layers], kind, ids.length + 1);
  [side.logits, side.best] = [[], []];
  await timed('prefill', async () => {
    for (let at = 0; at < TOKENS.prefill; at += RUN) await next(side, below, above, ids.slice(at, at + RUN));
  });
  await timed('decode', async () => {
    for (const id of ids.slice(TOKENS.prefill)) await next(side, below, above, [id]);
  });
  if (isCounted) for (const row of ROWS) side.milliseconds[row].push(took[row]);
}

async function next(side: Side, below: KeyValueCache, above: KeyValueCache, ids: readonly number[]): Promise<void> {
  const { states } = await runDecoder(side.lower, { ids: idTensor(ids) }, below, ids.length, ['states']);
  if (!states) throw new Error('The lower half gave no states.');
  const feeds = { states, first: new ort.Tensor('int64', BigInt64Array.of(-1n), [1]) };
  const found = await runDecoder(side.upper, feeds, above, ids.length, ['logits', 'tokens']);
  side.logits.push(...floats(found, 'logits'));
  side.best.push(integers(found, 'tokens')[0] ?? -1);
}

function idTensor(ids: readonly number[]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);
}

function report(sides: readonly Side[]): void {
  const [cpu, gpu] = sides;
  if (!cpu || !gpu) return;
  const rate = (side: Side, row: Row) => (1_000 * TOKENS[row]) / Math.min(...side.milliseconds[row]);
  const rows = ROWS.map((row) => {
    const [one, other] = [Math.round(rate(cpu, row)), Math.round(rate(gpu, row))];
    return { row, cpu: one, webgpu: other, times: Number((rate(gpu, row) / rate(cpu, row)).toFixed(2)) };
  });
  const same = cpu.best.filter((token, at) => token === gpu.best[at]).length;
  const parity = {
    states: relative(gpu.states, cpu.states),
    logits: relative(gpu.logits, cpu.logits),
    'the same best token': `${same} of ${cpu.best.length}`,
  };
  console.log(`\n| tokens/s | CPU, ${values.threads} threads | WebGPU | times |\n| --- | ---: | ---: | ---: |`);
  for (const { row, cpu: one, webgpu, times } of rows) console.log(`| ${row} | ${one} | ${webgpu} | ${times} |`);
  console.log(`\nWebGPU against CPU: ${JSON.stringify(parity)}`);
  if (values.out !== undefined) {
    const result = { size: values.size, threads: Number(values.threads), rows, parity };
    writeFileSync(values.out, `${JSON.stringify(result, undefined, 1)}\n`);
  }
}

/** The root of the mean square difference over that of the numbers. */
function relative(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let at = 0; at < other.length; at += 1) {
    difference += ((one[at] ?? NaN) - (other[at] ?? NaN)) ** 2;
    size += (other[at] ?? NaN) ** 2;
  }
  return Number(Math.sqrt(difference / size).toExponential(2));
}
