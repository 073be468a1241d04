import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allowAddress, isAllowedAddress } from '../../../src/answer-model/allowed-addresses.ts';
import { addModel, planAdd } from '../../../src/answer-model/add-model.ts';
import type { AddProgress } from '../../../src/answer-model/add-model.ts';
import { chosenModel } from '../../../src/answer-model/chosen-model.ts';
import {
  isFirstTold,
  listLocalModels,
  memoryNeed,
  openLocalModel,
  removeLocalModel,
  usedModel,
  useModel,
} from '../../../src/answer-model/local-models.ts';
import { nameFor } from '../../../src/answer-model/model-folder.ts';
import { ggufBytes, madeModel } from '../../support/made-gguf.ts';
import { madeCatalog, modelIndex } from '../../support/model-index.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ask-codebase-models-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

async function added(file = 'Tiny-Model.gguf'): Promise<string> {
  const path = join(home, file);
  writeFileSync(path, ggufBytes(madeModel('qwen2')));
  const plan = await planAdd(home, path);
  await addModel(home, plan);
  return plan.name;
}

const local = (name: string) => ({ kind: 'local', name }) as const;

describe('models that are added', () => {
  it('are listed, used and removed by a name from their file', async () => {
    expect(await listLocalModels(home)).toEqual([]);
    const name = await added();
    expect(name).toBe('tiny-model');
    expect(await listLocalModels(home)).toMatchObject([{ name, title: 'Made Up' }]);
    expect(await usedModel(home)).toBeUndefined();
    await useModel(home, local(name));
    expect(await usedModel(home)).toBe(name);
    await removeLocalModel(home, name);
    expect(await usedModel(home)).toBeUndefined();
    expect(await listLocalModels(home)).toEqual([]);
    await expect(removeLocalModel(home, name)).rejects.toMatchObject({ code: 'answer-model/unknown' });
  });

  it('are not used before they are there, and a slip leaves the one before in use', async () => {
    const name = await added();
    await useModel(home, local(name));
    for (const slip of ['nothing', '../tiny-model', 'tiny-model.partial', '']) {
      await expect(useModel(home, local(slip))).rejects.toMatchObject({ code: 'answer-model/unknown' });
    }
    expect(await usedModel(home)).toBe(name);
  });

  it('half made, or damaged, are not listed', async () => {
    mkdirSync(join(home, 'models/half.partial'), { recursive: true });
    mkdirSync(join(home, 'models/damaged'));
    writeFileSync(join(home, 'models/damaged/manifest.json'), '{"format": 1');
    expect(await listLocalModels(home)).toEqual([]);
  });

  it('have a name of their own', async () => {
    await added();
    await expect(planAdd(home, join(home, 'Tiny-Model.gguf'))).rejects.toThrow(/There is a model "tiny-model" already/);
    expect(nameFor('/models/Qwen3-4B-Q4_K_M.gguf')).toBe('qwen3-4b-q4_k_m');
    expect(nameFor('../..')).toBe('model');
    expect(nameFor('Größe 3.GGUF')).toBe('gr-e-3');
  });

  it.each([
    ['chosen.gguf', 'model-chosen'],
    ['Allowed-Addresses.gguf', 'model-allowed-addresses'],
    ['told-of-larger', 'model-told-of-larger'],
    ['built-in.gguf', 'model-built-in'],
    ['localhost.gguf', 'model-localhost'],
    ['localhost-7b.gguf', 'model-localhost-7b'],
    ['tiny.partial.gguf', 'tiny-partial'],
    ['tiny.gguf.gguf', 'tiny-gguf'],
    ['tiny.lock', 'tiny-lock'],
    ['tiny..gguf', 'tiny'],
    [`${'x'.repeat(200)}.gguf`, 'x'.repeat(70)],
  ])('from %s is called %s, which no other file and no other word is', async (file, name) => {
    expect(nameFor(file)).toBe(name);
    expect(chosenModel(name)).toEqual(local(name));
    await expect(useModel(home, local(name))).rejects.toThrow(/There is no model/);
  });

  it('from a file that is called as what is kept beside them harm nothing of it', async () => {
    await allowAddress(home, 'https://models.example');
    const tiny = await added();
    await useModel(home, local(tiny));
    for (const word of ['chosen', 'allowed-addresses', 'told-of-larger']) {
      await expect(removeLocalModel(home, word)).rejects.toThrow(/is no name of a model/);
      await added(`${word}.gguf`);
    }
    expect(await isAllowedAddress(home, 'https://models.example')).toBe(true);
    expect(await usedModel(home)).toBe(tiny);
    expect((await listLocalModels(home)).map(({ name }) => name)).toEqual([
      'model-allowed-addresses',
      'model-chosen',
      'model-told-of-larger',
      'tiny-model',
    ]);
  });

  it('of the editor are not used in a terminal, which says what to do', async () => {
    const name = await added();
    await useModel(home, local(name));
    const use = useModel(home, chosenModel('editor:copilot/gpt'));
    await expect(use).rejects.toThrow(/^A model of the editor answers in the editor alone\. Write built-in, /);
    expect(await usedModel(home)).toBe(name);
  });

  it('are opened with a profile for their size, and not where memory is short', async () => {
    const name = await added();
    const opened = await openLocalModel(home, name, { script: 'no-engine.js' });
    expect(opened.model).toMatchObject({ name: 'Made Up', destination: { kind: 'process' } });
    opened.close();
    const room = { free: 4e9, total: 8e9 };
    expect(memoryNeed(1e9, room).kind).toBe('fits');
    expect(memoryNeed(4e9, room).kind).toBe('tight');
    expect(memoryNeed(9e9, room).kind).toBe('too-large');
    expect(memoryNeed(4e9, room).message).toContain('this machine has 8 GB, of which 4 GB are free');
  });
});

describe('a model for which memory is short', () => {
  const NEEDS = 'Made Up: It needs about 500 MB of memory; this machine has 8 GB, of which 400 MB are free.';
  const REFUSED =
    /^Made Up is not loaded\. It needs about 500 MB .* free\. Close other programs, or choose a smaller model/;

  it('is asked about before it is loaded, and not loaded where nobody agrees or can be asked', async () => {
    const name = await added();
    const memory = { total: 8e9, free: 4e8 };
    const script = 'no-engine.js';
    const asked: string[] = [];
    const answering = (agrees: boolean) => (sentence: string) => {
      asked.push(sentence);
      return Promise.resolve(agrees);
    };
    const refused = openLocalModel(home, name, { script, isAllowedTight: answering(false) }, memory);
    await expect(refused).rejects.toMatchObject({
      code: 'answer-model/too-large',
      message: expect.stringMatching(REFUSED) as string,
    });
    await expect(openLocalModel(home, name, { script }, memory)).rejects.toThrow(REFUSED);
    expect((await openLocalModel(home, name, { script, isAllowedTight: answering(true) }, memory)).model.name).toBe(
      'Made Up',
    );
    expect(asked).toEqual([NEEDS, NEEDS]);
  });

  it('is refused without a question where the machine has not as much', async () => {
    const name = await added();
    const isAllowedTight = () => expect.fail('Somebody was asked.');
    const opening = openLocalModel(home, name, { script: 'no-engine.js', isAllowedTight }, { total: 5e8, free: 4e8 });
    await expect(opening).rejects.toMatchObject({
      code: 'answer-model/too-large',
    });
  });
});

describe('adding', () => {
  it('refuses what does not run, before anything is written', async () => {
    const path = join(home, 'gemma.gguf');
    writeFileSync(path, ggufBytes(madeModel('qwen2'), { metadata: { 'general.architecture': 'gemma3' } }));
    await expect(planAdd(home, path)).rejects.toThrow(/architecture gemma3/);
    await expect(planAdd(home, 'no-such-model')).rejects.toThrow(
      /neither a file, nor a folder, nor a model .*qwen2\.5/,
    );
    expect(existsSync(join(home, 'models'))).toBe(false);
  });

  it('asks for a machine that holds the model, and for a disk that does', async () => {
    const huge = { ...madeCatalog('huge', new Uint8Array(10)).model, installedBytes: 1e15 };
    await expect(planAdd(home, 'huge', [huge])).rejects.toMatchObject({ code: 'answer-model/too-large' });
    const { model } = madeCatalog('large', new Uint8Array(10));
    const plan = await planAdd(home, 'large', [model]);
    const work = addModel(home, { ...plan, spaceBytes: 1e18 });
    await expect(work).rejects.toMatchObject({ code: 'disk/full' });
    await expect(work).rejects.toThrow(/needs [\d,]+ TB of space .* Free some space and run the command again/);
  });

  it('the same model twice at once is added once, and the other is told', async () => {
    const path = join(home, 'twice.gguf');
    writeFileSync(path, ggufBytes(madeModel('qwen2')));
    const plan = await planAdd(home, path);
    const both = await Promise.allSettled([addModel(home, plan), addModel(home, plan)]);
    // Either may be the first.
    const refused = both.filter(({ status }) => status === 'rejected');
    expect(refused).toMatchObject([{ reason: { code: 'answer-model/busy' } }]);
    expect(await listLocalModels(home)).toHaveLength(1);
  });

  it('a model of the catalog downloads, checks and converts it, and tells how far it is', async () => {
    const made = madeCatalog('made-up', ggufBytes(madeModel('qwen3')));
    const index = await modelIndex(made);
    try {
      const plan = await planAdd(home, 'made-up', [made.model]);
      if (plan.from.kind !== 'download') throw new Error('It is not downloaded.');
      const from = { ...plan.from, index: index.address };
      const seen: AddProgress[] = [];
      await addModel(home, { ...plan, from }, { onProgress: (progress) => seen.push(progress) });
      expect(new Set(seen.map(({ kind }) => kind))).toEqual(new Set(['downloading', 'converting']));
      expect(await listLocalModels(home)).toMatchObject([{ name: 'made-up', title: 'Made Up' }]);
      // The downloaded file goes once it is converted.
      expect(readdirSync(join(home, 'models'))).toEqual(['made-up']);
    } finally {
      await index.close();
    }
  });
});

it('larger models are told of once', async () => {
  expect(await isFirstTold(home)).toBe(true);
  expect(await isFirstTold(home)).toBe(false);
});
