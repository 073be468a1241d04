import * as ort from 'onnxruntime-node';
import { probeGraph } from '../../../kernels/probe.ts';
import type { Device } from './session.ts';
import { exactPercent } from '../../common/number-format.ts';
import type { DeviceChoice } from '../settings.ts';

/** What was chosen, and a sentence that says why. */
export interface Chosen {
  readonly device: Device;
  readonly because: string;
}

const PROBE = {
  /** Largest difference, relative to the largest value, between CPU and GPU that still counts as the same. */
  tolerance: 2e-2,
  tokens: 128,
  runs: 5,
} as const;

/**
 * `cpu` and `webgpu` are taken at their word; `auto` takes the GPU where a small decoder layer gives the same numbers
 * on it and is faster. The provider has no fallback of its own: without an adapter, creating a session throws.
 */
export async function chooseDevice(choice: DeviceChoice, threads: number): Promise<Chosen> {
  if (choice === 'cpu') return { device: 'cpu', because: 'The CPU was asked for.' };
  if (choice === 'webgpu') return { device: 'webgpu', because: 'WebGPU was asked for.' };
  const cpu = await probe('cpu', threads);
  if (cpu.kind === 'failed') return { device: 'cpu', because: `The probe did not run: ${cpu.message}` };
  const gpu = await probe('webgpu', threads);
  if (gpu.kind === 'failed') return { device: 'cpu', because: `No GPU can be used: ${gpu.message}` };
  const difference = relativeDifference(cpu.values, gpu.values);
  if (!(difference <= PROBE.tolerance)) {
    return { device: 'cpu', because: `The GPU's numbers differ from the CPU's by ${exactPercent(difference)}.` };
  }
  if (gpu.milliseconds >= cpu.milliseconds) {
    return { device: 'cpu', because: `The GPU is slower than the CPU (${ratio(gpu, cpu)} times its time).` };
  }
  return { device: 'webgpu', because: `The GPU gives the same numbers ${ratio(cpu, gpu)} times as fast.` };
}

type Probed =
  | { readonly kind: 'ran'; readonly values: Float32Array; readonly milliseconds: number }
  | { readonly kind: 'failed'; readonly message: string };

async function probe(device: Device, threads: number): Promise<Probed> {
  const { graph, feeds } = probeGraph(PROBE.tokens);
  try {
    const session = await ort.InferenceSession.create(graph.serialize(), {
      executionProviders: [device],
      intraOpNumThreads: threads,
      logSeverityLevel: 4,
    });
    const inputs = Object.fromEntries(
      Object.entries(feeds).map(([name, { data, shape }]) => [name, new ort.Tensor('float32', data, shape)]),
    );
    let values = new Float32Array();
    let milliseconds = Infinity;
    for (let run = 0; run < PROBE.runs; run += 1) {
      const began = performance.now();
      const { y } = await session.run(inputs);
      milliseconds = Math.min(milliseconds, performance.now() - began);
      if (y?.data instanceof Float32Array) values = Float32Array.from(y.data);
    }
    await session.release();
    return { kind: 'ran', values, milliseconds };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? firstLine(error.message) : String(error) };
  }
}

function relativeDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  let difference = 0;
  for (const [index, value] of a.entries()) {
    largest = Math.max(largest, Math.abs(value));
    difference = Math.max(difference, Math.abs(value - (b[index] ?? NaN)));
  }
  return difference / largest;
}

function ratio(slow: { milliseconds: number }, fast: { milliseconds: number }): string {
  return (slow.milliseconds / fast.milliseconds).toFixed(1);
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}
