import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAdapter } from '../../src/engine/weights/adapter.ts';
import { Engine } from '../../src/engine/client/engine.ts';
import { checkHashes, readManifest } from '../../src/engine/weights/model-files.ts';
import { defaultSampling } from '../../src/engine/generate/sampler.ts';
import { Tokenizer } from '../../src/engine/generate/tokenizer.ts';
import { contents, unpack } from './archive.ts';
import { listed, packageVsix, TARGETS } from './vsix.ts';
import type { Target } from './vsix.ts';

const ROOT = join(import.meta.dirname, '../..');
const HOST = `${process.platform}-${process.arch}` as Target;

/** Everything that may be inside, by its path. What no pattern names has slipped in. */
const ALLOWED = [
  /^docs\/marketplace\.md$/,
  /^(package\.json|package\.nls(\.\w+)?\.json|readme\.md|LICENSE(\.txt)?|NOTICE)$/i,
  /^l10n\/bundle\.l10n(\.[\w-]+)?\.json$/,
  /^dist\/(cli|engine|library|openai-client|prompt-thread|service)\.js$/,
  /^dist\/(extension\.cjs|third-party\.txt)$/,
  /^dist\/media\/[\w-]+\.(js|css|ttf)$/,
  /^dist\/node_modules\/onnxruntime-node\/(package\.json|dist\/\w+\.js)$/,
  /^dist\/node_modules\/onnxruntime-node\/bin\/napi-v6\/\w+\/\w+\/[\w.]+$/,
  /^dist\/node_modules\/onnxruntime-common\/(package\.json|dist\/cjs\/([\w-]+\.js|package\.json))$/,
  /^media\/skills\/[\w-]+\/SKILL\.md$/,
  /^media\/(icons|walkthrough)\/[\w-]+\.(svg|png|md)$/,
  /^models\/(README\.md|(base|adapter)\/[\w-]+\.(json|bin))$/,
];

describe.each(Object.keys(TARGETS) as Target[])('the list of files for %s', (target) => {
  test('holds the binaries of that platform alone, and nothing that is not named', async () => {
    const files = await listed(target);
    expect(files.filter((path) => !ALLOWED.some((pattern) => pattern.test(path)))).toEqual([]);
    const binaries = files.filter((path) => path.includes('/bin/'));
    expect(binaries.some((path) => path.endsWith('/onnxruntime_binding.node'))).toBe(true);
    expect(binaries.every((path) => path.includes(`/bin/napi-v6/${target.replace('-', '/')}/`))).toBe(true);
    expect(binaries.filter((path) => /cuda|tensorrt/i.test(path))).toEqual([]);
  });
});

describe.skipIf(!(HOST in TARGETS))('the VSIX for this machine, unpacked into an empty folder', () => {
  let folder = '';
  let extension = '';
  let packed: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ask-codebase-vsix-'));
    const vsix = join(folder, 'ask-codebase.vsix');
    await packageVsix(HOST, vsix);
    packed = (await contents(vsix)).map(({ path }) => path);
    extension = await unpack(vsix, join(folder, 'unpacked'));
    rmSync(vsix);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('nothing slipped in: no source, no tests, no image library, no second runtime', () => {
    const inside = packed
      .filter((path) => path.startsWith('extension/'))
      .map((path) => path.slice('extension/'.length));
    expect(inside.filter((path) => !ALLOWED.some((pattern) => pattern.test(path)))).toEqual([]);
    expect(packed.filter((path) => !path.startsWith('extension/')).toSorted()).toEqual([
      '[Content_Types].xml',
      'extension.vsixmanifest',
    ]);
    expect(packed.filter((path) => /sharp|onnxruntime-web|\.tsx?$|\.map$|\/test\//.test(path))).toEqual([]);
    for (const file of globSync('dist/*.{js,cjs}', { cwd: extension })) {
      expect(readFileSync(join(extension, file), 'utf8')).not.toMatch(
        /require\("sharp"\)|from ?"sharp"|onnxruntime-web\//,
      );
    }
  });

  test('everything that the manifest of the extension names is there', () => {
    const manifest = readFileSync(join(extension, 'package.json'), 'utf8');
    const named = [...manifest.matchAll(/"(?:\.\/)?((?:media|dist|l10n)\b[\w./-]*)"/g)].map((match) => match[1] ?? '');
    expect(named).toContain('dist/extension.cjs');
    expect(named.filter((path) => !existsSync(join(extension, path)))).toEqual([]);
    const threads = ['prompt-thread.js', 'service.js'];
    for (const program of ['engine.js', 'openai-client.js', ...threads, 'media/chat.js', 'media/chat.css']) {
      expect(existsSync(join(extension, 'dist', program))).toBe(true);
    }
  });

  test('every file of the model is there with its sha256', async () => {
    const base = join(extension, 'models/base');
    const manifest = await readManifest(base);
    await checkHashes(base, manifest.files);
    expect(Object.keys(manifest.files).length).toBeGreaterThan(0);
    const adapter = await readAdapter(join(extension, 'models/adapter'), base);
    await checkHashes(join(extension, 'models/adapter'), { 'adapter.bin': adapter.file });
  });

  test('the runtime’s binding loads in plain Node from there', () => {
    const script = `
      const runtime = require('./dist/node_modules/onnxruntime-node');
      process.stdout.write(runtime.listSupportedBackends().map(({ name }) => name).join(' '));`;
    const env = { PATH: process.env.PATH ?? '' };
    const out = execFileSync(process.execPath, ['-e', script], { cwd: extension, env, encoding: 'utf8' });
    expect(out.split(' ')).toContain('cpu');
  });

  test('the bundled tokenizer gives the same token ids as the package', async () => {
    const built = join(folder, 'tokenizer');
    const build = [
      '--quiet',
      '--production',
      '--program',
      'tokenizer=src/engine/generate/tokenizer.ts',
      '--out',
      built,
    ];
    execFileSync(process.execPath, [join(ROOT, 'esbuild.js'), ...build], { cwd: ROOT });
    const bundle = (await import(join(built, 'tokenizer.js'))) as { readonly Tokenizer: typeof Tokenizer };
    const model = join(extension, 'models/base');
    const [bundled, whole] = await Promise.all([bundle.Tokenizer.load(model), Tokenizer.load(model)]);
    const sources = globSync(['src/**/*.ts', 'kernels/**/*.ts', '*.md', 'models/**/*.py'], { cwd: ROOT });
    const texts = sources.map((path) => readFileSync(join(ROOT, path), 'utf8')).filter((text) => text !== '');
    const odd = [' ', '\r\n\t', 'naïve 世界 👩‍👩‍👧 ﷽', '<|im_start|>user\n', '\u0000\ud800', '0123456789'.repeat(50)];
    expect(texts.length).toBeGreaterThan(50);
    for (const text of [...texts, ...odd]) {
      const ids = whole.encode(text);
      expect(bundled.encode(text)).toEqual(ids);
      expect(bundled.decode(ids)).toBe(whole.decode(ids));
    }
    const messages = [{ role: 'user', content: 'Which file starts the server?' }] as const;
    expect(bundled.chat(messages)).toEqual(whole.chat(messages));
    expect(bundled.stops).toEqual(whole.stops);
  });

  test('the engine starts from there and answers', async () => {
    const settings = {
      baseFolder: join(extension, 'models/base'),
      adapterFolder: join(extension, 'models/adapter'),
      device: 'cpu',
    } as const;
    const engine = new Engine({ script: join(extension, 'dist/engine.js'), settings });
    try {
      const messages = [{ role: 'user', content: 'Answer with one word: what is the capital of France?' }] as const;
      const answer = await engine.generate(messages, { maxTokens: 4, sampling: defaultSampling });
      expect(answer.text).toContain('Paris');
    } finally {
      engine.close();
    }
  });

  test('the command line inside it answers for itself', () => {
    const out = execFileSync(process.execPath, [join(extension, 'dist/cli.js'), '--help'], { encoding: 'utf8' });
    expect(out).toContain('ask-codebase');
  });
});
