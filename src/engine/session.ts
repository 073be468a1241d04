import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import type { Graph } from '../../kernels/graph.ts';

export type Device = 'cpu' | 'webgpu';

export interface SessionOptions {
  readonly device: Device;
  /** Threads of one run on the CPU. */
  readonly threads: number;
}

/**
 * A session for `graph`, whose external data lies in `folder`. The graph is written beside its shards, because the runtime
 * maps external data only below the graph's own folder; a read-only folder falls back to handing the bytes over.
 */
export async function createSession(
  graph: Graph,
  folder: string,
  options: SessionOptions,
): Promise<ort.InferenceSession> {
  const bytes = graph.serialise();
  const settings: ort.InferenceSession.SessionOptions = {
    executionProviders: [options.device],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // Idle threads must sleep: a spinning pool would burn the user's cores between questions.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  try {
    return await ort.InferenceSession.create(await writeBeside(bytes, graph.name, folder), settings);
  } catch (error) {
    if (!isReadOnly(error)) throw error;
    const externalData = await Promise.all(
      graph.externalFiles().map(async (path) => ({ path, data: await readFile(join(folder, path)) })),
    );
    return await ort.InferenceSession.create(bytes, { ...settings, externalData });
  }
}

async function writeBeside(bytes: Uint8Array, name: string, folder: string): Promise<string> {
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const path = join(folder, `.${name}-${digest}.onnx`);
  if (!existsSync(path)) {
    const partial = `${path}.${process.pid}`;
    await writeFile(partial, bytes);
    await rename(partial, path);
  }
  return path;
}

function isReadOnly(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EACCES', 'EROFS', 'EPERM'].includes(String(error.code));
}
