import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AppError } from '../../../../src/common/app-error.ts';
import { readAdapter } from '../../../../src/engine/weights/adapter.ts';
import { loadFailure } from '../../../../src/engine/weights/model-files.ts';
import { Model } from '../../../../src/engine/runtime/model.ts';

const MODELS = join(import.meta.dirname, '../../../../models');

type Json = Record<string, unknown>;

/** A models folder of links to the real one, in which some JSON files are changed. */
function models(change: { manifest?: (json: Json) => void; adapter?: (json: Json) => void } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'ask-codebase-models-'));
  for (const part of ['base', 'adapter']) {
    mkdirSync(join(folder, part));
    for (const name of readdirSync(join(MODELS, part)).filter((name) => !name.startsWith('.'))) {
      const [from, to] = [join(MODELS, part, name), join(folder, part, name)];
      if (name === 'manifest.json' || name === 'adapter.json') {
        const json = JSON.parse(readFileSync(from, 'utf8')) as Json;
        const apply = name === 'manifest.json' ? change.manifest : change.adapter;
        apply?.(json);
        if (apply) writeFileSync(to, JSON.stringify(json));
        else copyFileSync(from, to);
      } else {
        link(from, to);
      }
    }
  }
  return folder;
}

function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

const open = (folder: string) =>
  Model.open({ baseFolder: join(folder, 'base'), adapterFolder: join(folder, 'adapter'), device: 'cpu', threads: 1 });

/** One plain sentence about what is wrong, and one about what to do. */
async function expectRefusal(work: Promise<unknown>, pattern: RegExp): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'engine/model-file' });
  const { message } = error as AppError;
  expect(message).toMatch(pattern);
  expect(message).toMatch(/^[A-Z].*\.$/);
  expect(message).not.toMatch(/\n|\s{2}/);
  expect(message.length).toBeLessThan(400);
}

const at = (json: Json, ...path: string[]): Json => path.reduce((value, key) => value[key] as Json, json);
const q = (json: Json) => at(json, 'tensors', 'layers.0.attention.q');

const NAMES = [
  '../../etc/passwd',
  '..',
  '.',
  '',
  '/etc/passwd',
  'C:\\windows\\win.ini',
  '..\\..\\secret',
  '\\\\host\\share',
  'sub/body.bin',
  'body.bin\0.txt',
  'body\n.bin',
  '.hidden',
  'a'.repeat(10_000) + '/b',
];

describe('a models folder that somebody else has made', () => {
  it.each(NAMES)('is refused where the manifest lists the file %j', async (name) => {
    const folder = models({
      manifest: (json) => {
        at(json, 'files')[name] = { bytes: 1, sha256: '' };
      },
    });
    await expectRefusal(open(folder), /file outside its folder/);
  });

  it.each([...NAMES, 'passwd', '__proto__', 'constructor', 'manifest.json'])(
    'is refused where a tensor lies in %j',
    async (name) => {
      const folder = models({
        manifest: (json) => {
          at(q(json), 'data').file = name;
        },
      });
      await expectRefusal(open(folder), /outside the listed files/);
    },
  );

  it.each<[string, (json: Json) => void, RegExp]>([
    ['a huge shape', (json) => (q(json).shape = [2 ** 40, 896]), /bytes of its shape/],
    ['a shape whose product overflows', (json) => (q(json).shape = [2 ** 50, 2 ** 50]), /bytes of its shape|blocks/],
    ['an empty shape', (json) => (q(json).shape = []), /blocks/],
    ['a fraction in a shape', (json) => (q(json).shape = [0.5, 896]), /whole number/],
    ['a negative offset', (json) => (at(q(json), 'data').offset = -1), /whole number/],
    ['an offset past the end', (json) => (at(q(json), 'data').offset = 2 ** 45), /outside the listed files/],
    ['no blocks', (json) => (q(json).block = 0), /blocks/],
    ['a huge block', (json) => (q(json).block = 2 ** 52), /blocks/],
    ['an unknown kind', (json) => (q(json).kind = 'w8a8'), /unknown kind/],
    ['too many layers', (json) => (at(json, 'config').layers = 1e9), /config\.layers/],
    ['a huge head', (json) => (at(json, 'config').headDim = 2 ** 40), /config\.headDim/],
    ['fewer layers than the adapter reads', (json) => (at(json, 'config').layers = 4), /adapter|block/],
    ['no tokenizer', (json) => delete at(json, 'files')['tokenizer.json'], /tokenizer\.json/],
    ['a list for files', (json) => (json.files = []), /files should be an object/],
    ['another format', (json) => (json.format = 2), /format 2/],
  ])('is refused where the manifest has %s', async (_, manifest, pattern) => {
    const folder = models({ manifest, adapter: rebase(manifest) });
    await expectRefusal(open(folder), pattern);
  });

  it.each<[string, (json: Json) => void, RegExp]>([
    ['a tensor elsewhere', (json) => (at(json, 'tensors', 'mean', 'data').file = '../../etc/passwd'), /adapter\.bin/],
    ['an absolute place', (json) => (at(json, 'tensors', 'mean', 'data').file = '/etc/passwd'), /adapter\.bin/],
    ['a huge shape', (json) => (at(json, 'tensors', 'segment.query').shape = [2 ** 31, 896]), /with its shape/],
    ['a fraction of a layer', (json) => (json.layer = 1.5), /whole number/],
    ['a huge key', (json) => (json.keySize = 1e300), /whole number/],
    ['an offset past the end', (json) => (at(json, 'tensors', 'mean', 'data').offset = 2 ** 40), /with its shape/],
    ['a name for its sha256', (json) => (at(json, 'file').sha256 = '../x'), /sha256/],
    ['more blocks than the base', (json) => (json.layer = 24), /has 24/],
  ])('is refused where the adapter has %s', async (_, adapter, pattern) => {
    await expectRefusal(open(models({ adapter })), pattern);
  });

  it.skipIf(process.platform === 'win32').each([
    ['base', 'manifest.json'],
    ['base', 'body-00.bin'],
    ['base', 'tokenizer.json'],
    ['adapter', 'adapter.json'],
    ['adapter', 'adapter.bin'],
  ])('is refused, without waiting, where %s/%s is a pipe or a folder', async (part, name) => {
    const folder = models();
    rmSync(join(folder, part, name), { force: true });
    execFileSync('mkfifo', [join(folder, part, name)]);
    await expectRefusal(open(folder), new RegExp(`${name.replace('.', '\\.')}.* is not`));
    rmSync(join(folder, part, name));
    mkdirSync(join(folder, part, name));
    await expectRefusal(open(folder), new RegExp(`${name.replace('.', '\\.')}.* is not`));
  });

  it('is refused where there is none, or a file stands in its place', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ask-codebase-models-'));
    await expectRefusal(open(folder), /manifest is missing/);
    writeFileSync(join(folder, 'base'), '');
    await expectRefusal(open(folder), /manifest is missing/);
    await expectRefusal(readAdapter(join(folder, 'adapter'), join(folder, 'base')), /adapter is missing/);
  });

  it.each(['', 'null', '[]', '{', '"text"', '{"format": 1}', `{"format": 1, "files": ${'['.repeat(50_000)}`])(
    'is refused where the manifest is %.20s',
    async (text) => {
      const folder = models();
      writeFileSync(join(folder, 'base/manifest.json'), text);
      await expectRefusal(open(folder), /manifest/);
    },
  );

  it('is taken as it was shipped', async () => {
    expect((await open(models())).manifest.config.layers).toBe(24);
  });
});

describe('why a model does not load', () => {
  it('is one sentence with what to do, whatever the runtime says', () => {
    const failure = loadFailure(
      new Error('Load model from x.onnx failed: Protobuf parsing failed.\n    at more'),
    ) as Error;
    expect(failure).toMatchObject({ code: 'engine/load' });
    expect(failure.message).toBe(
      'The model could not be loaded (Load model from x.onnx failed: Protobuf parsing failed). ' +
        'Run `npm run models` to restore its files, or choose `--device cpu`.',
    );
    const full = new Error('std::bad_alloc');
    expect(loadFailure(full)).toBe(full);
  });
});

/** Makes the adapter fit the changed manifest, so that it is the manifest that is refused. */
function rebase(change: (json: Json) => void): (adapter: Json) => void {
  const manifest = JSON.parse(readFileSync(join(MODELS, 'base/manifest.json'), 'utf8')) as Json;
  change(manifest);
  const base = createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
  return (adapter) => {
    adapter.base = base;
  };
}
