import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { libraryRepository } from './driver/repository.ts';

/**
 * The in-host checks inside a desktop VS Code, for people who have one: VSCODE_EXECUTABLE names it, and without that
 * the version that VSCODE_VERSION names (the oldest that the manifest allows, where it names none) is downloaded. What
 * the page and the palette do is tested in code-server alone.
 */
const ROOT = join(import.meta.dirname, '../..');
const executable = process.env.VSCODE_EXECUTABLE;

const folder = mkdtempSync(join(tmpdir(), 'ask-codebase-electron-'));
try {
  const tests = join(folder, 'in-host.cjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'in-host.ts')],
    outfile: tests,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
  });
  process.exitCode = await runTests({
    ...(executable ? { vscodeExecutablePath: executable } : { version: process.env.VSCODE_VERSION ?? '1.104.0' }),
    extensionDevelopmentPath: ROOT,
    extensionTestsPath: tests,
    launchArgs: [
      libraryRepository(),
      '--disable-extensions',
      '--disable-workspace-trust',
      `--user-data-dir=${join(folder, 'data')}`,
    ],
    extensionTestsEnv: { ASK_CODEBASE_HOME: join(folder, 'memory') },
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
