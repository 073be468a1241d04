import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { decoderDefaults } from '../../../kernels/decoder.ts';
import { MAX_POSITIONS } from '../../../kernels/rotary.ts';
import { RUN } from '../../../src/engine/runtime/model.ts';
import { defaultSettings } from '../../../src/engine/settings.ts';
import { readAdapter } from '../../../src/engine/weights/adapter.ts';
import { readManifest } from '../../../src/engine/weights/model-files.ts';
import { RANKING } from '../../../src/memory/search/fusion.ts';
import { FILE_RANKING } from '../../../src/retrieve/ranked-files.ts';

const top = join(import.meta.dirname, '../../..');
const tracked = execFileSync('git', ['ls-files'], { cwd: top, encoding: 'utf8' }).trim().split('\n');
const documents = tracked.filter((path) => path.endsWith('.md'));
/** What tells what is there now; logs, decisions and records of training tell what was. */
const present = documents.filter(
  (path) => !/^(?:LOG|CHANGELOG)\.md$|^docs\/decisions\/|^models\/training\//.test(path),
);
const textOf = (path: string) => readFileSync(join(top, path), 'utf8');

/** A path below `test`, from the top or from a README's folder; `.js` is a sample of another repository's answer. */
const TEST = /(?<![\w-]|[\w-]\/)test\/[\w/-]+(?:\.\w+)*/g;
/** A path in backquotes: below one of our folders, or with the ending of a source. */
const PATH = /`((?:src|kernels|media|docs|test|l10n|examples)\/[\w./-]+|[\w./-]+\.(?:ts|wat|sh|md))`/g;

const isThere = (path: string) => ['', '.ts', '.test.ts'].some((ending) => existsSync(join(top, `${path}${ending}`)));

it('every test that a document names is there', () => {
  const named = documents.flatMap((document) => {
    const paths = textOf(document).match(TEST) ?? [];
    return paths.filter((path) => !path.endsWith('.js')).map((path) => ({ document, path }));
  });
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ path }) => !isThere(path))).toEqual([]);
});

it('every file that a document names is there: from the top, below the document, or beside the one named before', () => {
  let count = 0;
  const missing = present.flatMap((document) => {
    const folder = dirname(document);
    let before = '';
    return [...textOf(document).matchAll(PATH)].flatMap(([, path = '']) => {
      count += 1;
      const beside = join(before, path);
      const found = [path, join(folder, path), beside].find((one) => existsSync(join(top, one)));
      if (found !== undefined) before = statSync(join(top, found)).isDirectory() ? found : dirname(found);
      const isBelow = tracked.some((one) => one.startsWith(`${folder}/`) && one.endsWith(`/${path}`));
      return found !== undefined || isBelow ? [] : [`${document}: ${path}`];
    });
  });
  expect(count).toBeGreaterThan(200);
  expect(missing).toEqual([]);
});

it.each([
  ['the reason why a file is left out', 'secret:'],
  ['the ranking’s weights', 'RANKING'],
  ['the prompt', 'promptFor'],
  ['the schema and its version', 'SCHEMA_VERSION'],
  ['a string of the chat', 'askLabel'],
  ['a sentence about a failure, and its one button', 'action'],
  ['what an agent is told of a tool, and its input', 'find_references'],
])('the architecture says where to change %s', (what, content) => {
  const row = textOf('docs/architecture.md')
    .split('\n')
    .find((line) => line.startsWith(`| ${what.replace('’', "'")} `));
  const [, first = ''] = /`([^`]+\.ts)`/.exec(row ?? '') ?? [];
  expect(textOf(first)).toContain(content);
});

it('the equations of what runs have the sizes of what ships', async () => {
  const folders = defaultSettings({ device: 'cpu' });
  const { config } = await readManifest(folders.baseFolder);
  const { keySize, layer, temperature, tokens } = await readAdapter(folders.adapterFolder, folders.baseFolder);
  const [, equations = ''] =
    /^## The equations of what runs\n([\s\S]*?)^## /m.exec(textOf('docs/architecture.md')) ?? [];
  for (const said of [
    `D ${config.hidden}, H ${config.heads} heads, G ${config.kvHeads} key/value heads, d ${config.headDim},`,
    `P ${tokens} vectors a segment, d_k ${keySize}, τ ${temperature.toFixed(2)}.`,
    `blocks 1 to ${layer})`,
    `all ${config.layers} blocks`,
    `at most ${RUN.segmentTokens} of a header and a segment, or ${RUN.questionTokens} of a question`,
    `N ≤ ${MAX_POSITIONS.toLocaleString('en')} tokens`,
    `the ${decoderDefaults.candidates} best of ${config.vocab.toLocaleString('en')} tokens`,
    `share(f)^${FILE_RANKING.fileWeight}`,
    `share(s)^${RANKING.weight}`,
  ]) {
    expect(equations.replaceAll(/\s+/g, ' ')).toContain(said);
  }
});
