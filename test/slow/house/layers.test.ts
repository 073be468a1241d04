import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const top = join(import.meta.dirname, '../../..');
const RULES = ['boundaries/dependencies', 'no-restricted-imports', 'import-x/no-cycle'];

const eslint = new ESLint({
  cwd: top,
  ruleFilter: ({ ruleId }) => RULES.includes(ruleId),
  // The planted texts are in no project of the compiler, and these rules need none.
  overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: false } } }],
});

/** The rules that a file would break with this text. */
async function broken(filePath: string, text: string): Promise<string[]> {
  const [found] = await eslint.lintText(text, { filePath: join(top, filePath) });
  return found!.messages.flatMap(({ ruleId }) => ruleId ?? []);
}

describe('the linter stops', () => {
  it.each([
    ['a lower layer that imports a higher one', 'src/memory/x.ts', '../engine/protocol.ts'],
    ['retrieval that imports answers', 'src/retrieve/x.ts', '../answer/prompt.ts'],
    ['the terminal that imports the editor’s service', 'src/terminal/x.ts', '../service/protocol.ts'],
    ['a file directly in src that reaches below the top', 'src/x.ts', './memory/records.ts'],
    ['the page that imports more than the chat', 'media/chat/x.ts', '../../src/service/protocol.ts'],
    ['a common part that imports anything', 'src/common/x.ts', '../memory/records.ts'],
    ['a unit test that imports a program', 'test/unit/memory/x.ts', '../../torture/replay.ts'],
  ])('%s', async (_, file, imported) => {
    expect(await broken(file, `import * as other from '${imported}';\nconsole.log(other);\n`)).toEqual([
      'boundaries/dependencies',
    ]);
  });

  it('what is no layer at all', async () => {
    expect(await broken('src/elsewhere/x.ts', "import '../memory/records.ts';\n")).toEqual(['boundaries/dependencies']);
  });

  it('the editor’s API outside of src/ui', async () => {
    expect(await broken('src/chat/x.ts', "import * as vscode from 'vscode';\nconsole.log(vscode);\n")).toEqual([
      'no-restricted-imports',
    ]);
  });

  it('a circle of imports', async () => {
    // The walk imports this file.
    const circle = "import { walk } from './walk.ts';\nexport const isAtOrBelow = walk;\n";
    expect(await broken('src/workspace/walk/below.ts', circle)).toEqual(['import-x/no-cycle']);
  });

  it('none of what is allowed', async () => {
    expect(await broken('src/answer/x.ts', "import '../retrieve/reader.ts';\nimport '../common/glob.ts';\n")).toEqual(
      [],
    );
    expect(await broken('src/ui/x.ts', "import * as vscode from 'vscode';\nconsole.log(vscode);\n")).toEqual([]);
  });
});

it('an export that nothing imports is found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'unused-'));
  try {
    const files = {
      'package.json': '{"name": "planted", "type": "module"}',
      'knip.json': JSON.stringify({ entry: ['src/cli.ts'], project: ['src/**/*.ts'], include: ['exports', 'files'] }),
      'src/cli.ts': "import { used } from './a.ts';\nused();\n",
      'src/a.ts': 'export const used = () => 1;\nexport const unused = () => 2;\n',
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const knip = join(top, 'node_modules/knip/bin/knip.js');
    let output = '';
    try {
      execFileSync(process.execPath, [knip, '--no-progress'], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      output = String((error as { stdout?: string }).stdout);
    }
    expect(output).toContain('unused');
    expect(output).not.toMatch(/\bused\b.*a\.ts/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
