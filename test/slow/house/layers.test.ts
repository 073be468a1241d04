import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const top = join(import.meta.dirname, '../../..');
const modules = join(top, 'node_modules');
const folders: string[] = [];

/** A folder with these files and the packages of this one. */
function planted(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'planted-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  symlinkSync(modules, join(folder, 'node_modules'), 'junction');
  return folder;
}

function outputOf(folder: string, program: string, ...args: readonly string[]): string {
  return spawnSync(process.execPath, [join(modules, program), ...args], { cwd: folder, encoding: 'utf8' }).stdout;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The folders of src from the bottom to the top, as docs/architecture.md draws them: none imports one above it. */
const LAYERS = [
  ...['common', 'memory', 'workspace', 'engine', 'index', 'retrieve', 'evidence', 'answer-model', 'answer'],
  ...['library', 'mcp', 'service', 'chat', 'ui', 'terminal'],
];

/** Every file that imports a layer above its own. */
const upward = LAYERS.flatMap((layer, at) => LAYERS.slice(at + 1).map((above) => `src/${layer}/up-to-${above}.ts`));

/** What each case plants, and the rules that it has to break. */
const cases: Readonly<Record<string, readonly [file: string, text: string, ...rules: string[]]>> = {
  'a lower layer that imports a higher one': imports('src/memory/x.ts', '../engine/protocol.ts'),
  'retrieval that imports answers': imports('src/retrieve/x.ts', '../answer/prompt.ts'),
  'the terminal that imports the editor’s service': imports('src/terminal/x.ts', '../service/protocol.ts'),
  'an answer model that imports evidence': imports('src/answer-model/x.ts', '../evidence/layer.ts'),
  'an answer model that reads the index': imports('src/answer-model/y.ts', '../index/layer.ts'),
  'MCP that answers past the library': imports('src/mcp/x.ts', '../answer/prompt.ts'),
  'the thread that imports MCP': imports('src/service/x.ts', '../mcp/layer.ts'),
  'the chat that imports the library': imports('src/chat/y.ts', '../library/layer.ts'),
  'the page that imports evidence past the chat': imports('media/chat/y.ts', '../../src/evidence/layer.ts'),
  'a layer that imports at run time': [
    'src/memory/lazy.ts',
    "export const other = await import('../engine/protocol.ts');\n",
    'layers(imports)',
  ],
  'a layer that names a type of a higher one': [
    'src/memory/typed.ts',
    "export type Other = typeof import('../engine/protocol.ts');\n",
    'typescript(consistent-type-imports)',
    'layers(imports)',
  ],
  'a layer that exports from a higher one': [
    'src/memory/again.ts',
    "export * from '../engine/protocol.ts';\n",
    'layers(imports)',
  ],
  'a layer that imports what no layer is': imports('src/memory/out.ts', '../../models/x.ts'),
  'a graph that imports the program': imports('kernels/x.ts', '../src/memory/records.ts'),
  'a file directly in src that reaches below the top': imports('src/x.ts', './memory/records.ts'),
  'the page that imports more than the chat': imports('media/chat/x.ts', '../../src/service/protocol.ts'),
  'a common part that imports anything': imports('src/common/x.ts', '../memory/records.ts'),
  'a unit test that imports a program': imports('test/unit/memory/x.ts', '../../torture/replay.ts'),
  'what is no layer at all': imports('src/elsewhere/x.ts', '../memory/records.ts'),
  'the editor’s API outside of src/ui': [
    'src/chat/x.ts',
    "import * as vscode from 'vscode';\nexport const { env } = vscode;\n",
    'eslint(no-restricted-imports)',
  ],
  'a command that prints past the writer': [
    'src/terminal/y.ts',
    "console.log('bare');\n",
    'eslint(no-restricted-globals)',
  ],
  'a circle of imports': [
    'src/workspace/walk/below.ts',
    "import { walk } from './walk.ts';\nexport const below = () => walk;\n",
    'import(no-cycle)',
  ],
  'a circle of types': [
    'src/memory/one.ts',
    "import type { Two } from './two.ts';\nexport interface One { readonly two: Two }\n",
    'import(no-cycle)',
  ],
  'a promise that nobody waits for': [
    'src/answer/y.ts',
    'export const f = async () => { await Promise.resolve(); };\nf();\n',
    'typescript(no-floating-promises)',
  ],
  'an expression that takes minutes on some texts': [
    'src/answer/z.ts',
    'export const pattern = /(?:a|aa)*b/;\nexport const other = /(a*)*b/;\n',
    'regexp(no-super-linear-backtracking)',
  ],
  'a comment past column 120': [
    'src/answer/long.ts',
    `// ${'x'.repeat(118)}\nexport const text = '${'x'.repeat(118)}';\n`,
    '@stylistic(max-len)',
  ],
  'nothing of what is allowed': ['src/answer/x.ts', "import '../retrieve/reader.ts';\nimport '../common/glob.ts';\n"],
  'nothing of the editor’s API in src/ui': [
    'src/ui/x.ts',
    "import * as vscode from 'vscode';\nexport const { env } = vscode;\n",
  ],
};

function imports(file: string, imported: string): [file: string, text: string, ...rules: string[]] {
  return [file, `import * as other from '${imported}';\nexport { other };\n`, 'layers(imports)'];
}

const folderNames = (entry: Dirent) => (entry.isDirectory() ? [entry.name] : []);

describe('the linter stops', () => {
  const broken = new Map<string, string[]>();

  beforeAll(() => {
    // What the planted files import has to be there, for an import is looked for on the disk.
    const imported = ['memory/records', 'engine/protocol', 'answer/prompt', 'service/protocol', 'retrieve/reader'];
    const folder = planted({
      ...Object.fromEntries([...imported, 'common/glob'].map((name) => [`src/${name}.ts`, 'export {};\n'])),
      ...Object.fromEntries(LAYERS.map((layer) => [`src/${layer}/layer.ts`, 'export {};\n'])),
      ...Object.fromEntries(
        upward.map((file) => [file, `import '../${file.replace(/^.*up-to-|\.ts$/g, '')}/layer.ts';\n`]),
      ),
      'src/workspace/walk/walk.ts': "import { below } from './below.ts';\nexport const walk = () => below;\n",
      'src/memory/two.ts': "import type { One } from './one.ts';\nexport interface Two { readonly one: One }\n",
      'test/torture/replay.ts': 'export {};\n',
      'tsconfig.json': JSON.stringify({
        compilerOptions: { strict: true, allowImportingTsExtensions: true, noEmit: true },
      }),
      'package.json': '{ "type": "module" }',
      ...Object.fromEntries(Object.values(cases).map(([file, text]) => [file, text])),
    });
    for (const name of ['oxlint.config.ts', 'oxlint.layers.ts']) copyFileSync(join(top, name), join(folder, name));
    const output = outputOf(folder, 'oxlint/bin/oxlint', '--format=json', 'src', 'kernels', 'media', 'test');
    const { diagnostics } = JSON.parse(output) as { diagnostics: { filename: string; code: string }[] };
    for (const { filename, code } of diagnostics) {
      const file = filename.replaceAll('\\', '/');
      broken.set(file, [...(broken.get(file) ?? []), code]);
    }
  });

  it.each(Object.entries(cases))('%s', (_, [file, , ...rules]) => {
    expect([...new Set(broken.get(file))]).toEqual(rules);
  });

  it('a layer that imports any above it', () => {
    expect(new Set(readdirSync(join(top, 'src'), { withFileTypes: true }).flatMap(folderNames))).toEqual(
      new Set(LAYERS),
    );
    expect(upward.length).toBe((LAYERS.length * (LAYERS.length - 1)) / 2);
    expect(upward.filter((file) => broken.get(file)?.includes('layers(imports)') !== true)).toEqual([]);
  });
});

it('an export that nothing imports is found', () => {
  const folder = planted({
    'package.json': '{"name": "planted", "type": "module"}',
    'knip.json': JSON.stringify({ entry: ['src/cli.ts'], project: ['src/**/*.ts'], include: ['exports', 'files'] }),
    'src/cli.ts': "import { used } from './a.ts';\nused();\n",
    'src/a.ts': 'export const used = () => 1;\nexport const unused = () => 2;\n',
  });
  const output = outputOf(folder, 'knip/bin/knip.js', '--no-progress');
  expect(output).toContain('unused');
  expect(output).not.toMatch(/\bused\b.*a\.ts/);
});
