import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packNpm } from './npm.ts';
import { TARGETS } from './vsix.ts';
import type { Target } from './vsix.ts';

const ROOT = join(import.meta.dirname, '../..');
const HOST = `${process.platform}-${process.arch}` as Target;

/** Files of a folder that is asked. */
const CODE = {
  'src/loans.ts': '/** Loans of books. */\nexport const LOAN_DAYS = 21;\n',
  'src/stamps.ts': '/** Stamps on letters. */\nexport const COLOR = "vermilion";\n',
};

describe.skipIf(!(HOST in TARGETS))('the npm package, installed into an empty folder without a network', () => {
  let folder = '';
  let clean = '';
  let code = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ask-codebase-npm-'));
    clean = join(folder, 'clean');
    code = join(folder, 'code');
    for (const [path, text] of Object.entries(CODE)) {
      mkdirSync(dirname(join(code, path)), { recursive: true });
      writeFileSync(join(code, path), text);
    }
    const packed = await packNpm(HOST, folder);
    mkdirSync(clean);
    writeFileSync(join(clean, 'package.json'), '{"private": true}');
    npm('install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', packed);
    rmSync(packed);
  }, 600_000);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Nothing of this machine's own settings: no registry, no memory, no model. */
  const env = () => ({ PATH: process.env.PATH, HOME: join(folder, 'home'), ASK_CODEBASE_HOME: join(folder, 'memory') });

  function npm(...args: readonly string[]): string {
    return execFileSync('npm', args, { cwd: clean, env: env(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  const npx = (...args: readonly string[]) => npm('exec', '--offline', '--', 'ask-codebase', ...args);

  test('npx runs it', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(npx('--version').trim()).toBe(version);
    expect(npx('evidence', '--repo', code, 'Where is LOAN_DAYS defined?')).toContain('src/loans.ts');
  });

  test('the thread that prompts are read with is there', () => {
    const { name } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { name: string };
    expect(existsSync(join(clean, 'node_modules', name, 'dist/prompt-thread.js'))).toBe(true);
  });

  test('it ranks files with the model that came with it', () => {
    const { files } = JSON.parse(npx('recall', '--repo', code, '--device', 'cpu', '--json', 'late books')) as {
      files: { path: string }[];
    };
    expect(files.map(({ path }) => path)).toContain('src/loans.ts');
  });

  test('a program of the folder can import the library', () => {
    const script = `
      import { openMemory } from 'ask-codebase';
      const memory = await openMemory({ root: ${JSON.stringify(code)} });
      const { references } = await memory.findReferences({ name: 'LOAN_DAYS' });
      console.log(references.map(({ path, line }) => path + ':' + line).join());
      await memory.close();`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: clean,
      env: env(),
      encoding: 'utf8',
    });
    expect(out.trim()).toBe('src/loans.ts:2');
  });
});

test('a Node without its database is told in a sentence', () => {
  const program = join(ROOT, 'bin/ask-codebase.js');
  const { status, stderr } = spawnSync(process.execPath, ['--no-experimental-sqlite', program, '--version'], {
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^ask-codebase needs Node 22\.16 or later, and this is v[\d.]+\. Install a later one\.\n$/);
});
