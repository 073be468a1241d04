import { closeSync, existsSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { addModel, planAdd } from '../../../../src/answer-model/add-model.ts';
import { listLocalModels, useModel, usedModel } from '../../../../src/answer-model/local-models.ts';
import { asAppError } from '../../../../src/common/app-error.ts';
import { ggufBytes, madeModel } from '../../../support/made-gguf.ts';
import { madeCatalog, modelIndex } from '../../../support/model-index.ts';

/**
 * Adds a model, from a file or by a download, on a disk that becomes full in the middle of it, then on one with room
 * again; tells what happened.
 */
const [home = '', how] = process.argv.slice(2);
const filler = join(home, 'filler');

function fill(): void {
  const file = openSync(filler, 'w');
  // Large blocks, then small ones, until not even a byte fits.
  for (const size of [2 ** 20, 2 ** 12, 1]) {
    try {
      for (;;) writeSync(file, new Uint8Array(size));
    } catch {
      // It is full for this size.
    }
  }
  closeSync(file);
}

const [first, second] = [join(home, 'first.gguf'), join(home, 'second.gguf')];
writeFileSync(first, ggufBytes(madeModel('qwen2')));
const bytes = ggufBytes(madeModel('llama'));
writeFileSync(second, bytes);
await addModel(home, await planAdd(home, first));
await useModel(home, { kind: 'local', name: 'first' });
const made = madeCatalog('second', bytes);
const index = await modelIndex(made);
process.env.ASK_CODEBASE_MODEL_INDEX = index.address;
const plan = await planAdd(home, how === 'a download' ? 'second' : second, [made.model]);
let isFilled = false;
const failed: unknown = await addModel(home, plan, {
  onProgress: () => {
    if (!isFilled) fill();
    isFilled = true;
  },
}).catch((error: unknown) => error);
const { code, message } = asAppError(failed);
const told = { code, message, used: await usedModel(home), isThere: existsSync(plan.folder) };
rmSync(filler);
await addModel(home, plan);
const names = (await listLocalModels(home)).map(({ name }) => name);
await index.close();
process.stdout.write(JSON.stringify({ ...told, names }));
