import * as ort from 'onnxruntime-node';
import { lowerGraph } from '../../../kernels/decoder.ts';
import type { Graph } from '../../../kernels/graph.ts';
import type { Manifest } from '../../../kernels/manifest.ts';
import { floats, keyValueCache, runDecoder } from '../../../src/engine/runtime/decoder.ts';

const IDS = [0, 29, 30, 49, 12, 31];

/** The first block of a tiny decoder. */
export function tinyGraph(manifest: Manifest): Graph {
  return lowerGraph(manifest, 1, { accuracyLevel: 0, candidates: 5 });
}

/** The states that it computes for a few tokens. */
export async function runTiny(session: ort.InferenceSession, { config }: Manifest): Promise<number[]> {
  const ids = new ort.Tensor('int64', BigInt64Array.from(IDS, BigInt), [1, IDS.length]);
  const run = await runDecoder(session, { ids }, keyValueCache(config, [0, 1], 'once'), IDS.length, ['states']);
  return [...floats(run, 'states')];
}
