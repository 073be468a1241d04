import { Model } from '../../src/engine/runtime/model.ts';
import type { Context } from '../../src/engine/runtime/model.ts';
import { defaultSettings } from '../../src/engine/settings.ts';
import type { Decoding, System } from './system.ts';

export interface Ours extends System {
  readonly model: Model;
}

/**
 * The engine's model in this process, on the CPU: the base, or one that only answers in `folder`. `room` is how many
 * tokens may follow a prompt. Throws `engine/model-file`.
 */
export async function openOurs(threads: number, room: number, folder: string | undefined): Promise<Ours> {
  const own = defaultSettings(folder === undefined ? {} : { baseFolder: folder, isAnswerOnly: true });
  const model = await Model.open({ ...own, device: 'cpu', threads });
  // Once for a model; in the editor it is done behind the first answer.
  await model.prepareAnswers(() => Promise.resolve());
  const shards = Object.entries(model.manifest.files).filter(([name]) => name.endsWith('.bin'));
  const bytes = shards.reduce((sum, [, file]) => sum + file.bytes, 0);
  return {
    name: 'ask-codebase',
    bytes,
    model,
    prefill: async (ids, signal) => {
      await prefill(model, await model.context(ids.length), ids, signal);
    },
    decode: async (ids, signal): Promise<Decoding> => {
      const context = await model.context(ids.length + room);
      await prefill(model, context, ids, signal);
      return {
        step: async (token) => {
          const [best] = (await model.next(context, [token])).tokens;
          if (best === undefined) throw new Error('The model gave no candidates.');
          return best;
        },
        end: () => Promise.resolve(),
      };
    },
    ...(!own.isAnswerOnly && {
      takeIn: async ({ header, text }) => {
        await model.encode(header, text);
      },
    }),
    close: () => Promise.resolve(),
  };
}

/** As an answer's prompt is read: in runs of its size, and the last token by what writes. */
async function prefill(model: Model, context: Context, ids: readonly number[], signal: AbortSignal): Promise<void> {
  const body = ids.slice(0, -1);
  await model.read(context, body, () => {
    signal.throwIfAborted();
    return Promise.resolve();
  });
  await model.next(context, ids.slice(-1));
}
