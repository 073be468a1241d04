import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as ort from 'onnxruntime-node';

import { Graph } from '../../kernels/graph.ts';

/** Whether this machine has a device for the WebGPU provider, and why not. */
export type Adapter = { readonly kind: 'found' } | { readonly kind: 'none'; readonly reason: string };

/** Asks by making a session; any failure but a missing adapter is thrown, because it would be a fault. */
export async function findAdapter(): Promise<Adapter> {
  const graph = new Graph('adapter');
  graph.output('y', graph.node('Neg', [graph.input('x', 'float32', [1])]), 'float32', [1]);
  try {
    const session = await ort.InferenceSession.create(graph.serialize(), {
      executionProviders: ['webgpu'],
      logSeverityLevel: 4,
    });
    await session.release();
    return { kind: 'found' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!reason.includes('Failed to get a WebGPU adapter')) throw error;
    return { kind: 'none', reason: `${reason.trim()}. test/webgpu/setup.sh fetches one that runs on the processor.` };
  }
}

/** A session in which every node runs on WebGPU: one that would fall back to the CPU makes this throw. */
export async function webgpuSession(graph: Graph, folder: string): Promise<ort.InferenceSession> {
  const path = join(folder, `${graph.name}.webgpu.onnx`);
  writeFileSync(path, graph.serialize());
  return ort.InferenceSession.create(path, {
    executionProviders: ['webgpu'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  });
}
