import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { isAppError } from '../../common/app-error.ts';
import type { Graph } from '../../../kernels/graph.ts';
import { replaceFile, writing } from '../weights/replace-file.ts';

export type Device = 'cpu' | 'webgpu';

export interface SessionOptions {
  readonly device: Device;
  /** Threads of one run on the CPU. */
  readonly threads: number;
}

/**
 * A session for `graph`, whose external data lies in `folder`. The graph is written beside its shards, because the
 * runtime maps external data only below the graph's own folder; where it cannot be written, the bytes are handed over.
 * A graph on disk is used only if it holds these very bytes: one that was cut short, or is another program's, is
 * written again.
 */
export async function createSession(
  graph: Graph,
  folder: string,
  options: SessionOptions,
): Promise<ort.InferenceSession> {
  const bytes = graph.serialize();
  const settings: ort.InferenceSession.SessionOptions = {
    executionProviders: [options.device],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // Idle threads must sleep: a spinning pool would burn the user's cores between questions.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const path = join(folder, `.${graph.name}-${digest}.onnx`);
  if (await isKept(path, bytes)) {
    try {
      return await ort.InferenceSession.create(path, settings);
    } catch (error) {
      // The graph is as it was meant, so the fault lies elsewhere; or somebody changed the file before it was loaded.
      if (await holds(path, bytes)) throw error;
      if (await isKept(path, bytes)) return await ort.InferenceSession.create(path, settings);
    }
  }
  const externalData = await Promise.all(
    graph.externalFiles().map(async (name) => ({ path: name, data: await readFile(join(folder, name)) })),
  );
  return await ort.InferenceSession.create(bytes, { ...settings, externalData });
}

/** Whether the file holds these bytes, after it was written where it did not. */
async function isKept(path: string, bytes: Uint8Array): Promise<boolean> {
  if (await holds(path, bytes)) return true;
  try {
    await replaceFile(path, (handle) => writing(handle.writeFile(bytes)));
    return true;
  } catch (error) {
    if (!isAppError(error, 'engine/not-kept')) throw error;
    // Another process may have written it meanwhile.
    return holds(path, bytes);
  }
}

async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size !== bytes.length) return false;
  const kept = await readFile(path).catch(() => undefined);
  return kept?.equals(bytes) === true;
}
