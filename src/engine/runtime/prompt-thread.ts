import { parentPort } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import { serve, threadChannel } from '../../common/rpc/server.ts';
import { promptGraph } from '../../../kernels/decoder.ts';
import type { BaseConfig } from '../../../kernels/manifest.ts';
import { copied, erase, keyValueCache, rowsOf, runDecoder } from './decoder.ts';
import type { KeyValueCache } from './decoder.ts';
import { promptOptions } from './prompt-reader.ts';
import type { PromptCalls } from './prompt-reader.ts';
import { failureOf } from './failure.ts';
import { createSession } from './session.ts';

// The upper blocks of a prompt, in a thread of their own. It holds one prompt's keys and values while it is read.

interface Opened {
  readonly session: ort.InferenceSession;
  readonly config: BaseConfig;
  readonly from: number;
}

let opened: Opened | undefined;
let cache: KeyValueCache | undefined;

function ready(): Opened {
  if (!opened) throw new Error('The upper blocks were not opened.');
  return opened;
}

function forget(): void {
  if (cache) erase(cache);
  cache = undefined;
}

if (!parentPort) throw new Error('This script is a thread of the engine.');
serve<PromptCalls>(
  threadChannel(parentPort),
  {
    open: async ({ manifest, folder, from, options }) => {
      const graph = promptGraph(manifest, promptOptions, [from, manifest.config.layers]);
      const session = await createSession(graph, folder, options);
      opened = { session, config: manifest.config, from };
    },
    begin: ({ length, capacity, past }) => {
      const { config, from } = ready();
      forget();
      cache = keyValueCache(config, [from, config.layers], 'rows', capacity);
      const shape = [1, config.kvHeads, length, config.headDim];
      const tensors = Object.entries(past).map(([name, rows]): [string, ort.Tensor] => [
        name,
        new ort.Tensor('float32', rows, shape),
      ]);
      const before: KeyValueCache = { kind: 'rows', length, tensors: Object.fromEntries(tensors) };
      copied(before, cache, length);
      // What arrived is overwritten too.
      erase(before);
    },
    read: async ({ count, ...passed }) => {
      const { session, config } = ready();
      if (!cache) throw new Error('A run came before its prompt began.');
      const tensor = (data: Float32Array) => new ort.Tensor('float32', data, [1, count, config.hidden]);
      const main = { sum: tensor(passed.sum), branch: tensor(passed.branch) };
      return rowsOf(await runDecoder(session, main, cache, count, []), cache);
    },
    end: forget,
  },
  { failureOf },
);
