import { execFileSync } from 'node:child_process';
import { copyFileSync, linkSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gather, isTarget, listed } from './vsix.ts';
import type { Target } from './vsix.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What of the extension the terminal and the library run; the rest is the editor's. */
const WANTED = [
  /^(LICENSE|NOTICE)$/,
  /^dist\/((cli|engine|library|openai-client|prompt-thread)\.js|third-party\.txt)$/,
  /^dist\/node_modules\//,
  /^models\//,
];

/**
 * Packs the terminal's program and the library as an npm package for one platform, with everything inside: nothing is
 * fetched when it is installed, and no script runs.
 *
 * @param folder where the package is put together and packed; what stands in `package` there is removed
 * @returns the .tgz
 */
export async function packNpm(target: Target, folder: string): Promise<string> {
  const stage = join(folder, 'package');
  rmSync(stage, { recursive: true, force: true });
  const paths = (await listed(target)).filter((path) => WANTED.some((wanted) => wanted.test(path)));
  const { cwd } = gather(target);
  for (const path of paths) {
    mkdirSync(dirname(join(stage, path)), { recursive: true });
    place(realpathSync(join(cwd, path)), join(stage, path));
  }
  mkdirSync(join(stage, 'bin'));
  copyFileSync(join(ROOT, 'bin/ask-codebase.js'), join(stage, 'bin/ask-codebase.js'));
  copyFileSync(join(ROOT, 'docs/agents.md'), join(stage, 'README.md'));
  writeFileSync(join(stage, 'package.json'), JSON.stringify(manifest(target), null, 2));
  const out = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: stage,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const name = /"filename": "([^"]+)"/.exec(out)?.[1];
  if (name === undefined) throw new Error('npm pack did not say what it wrote.');
  return join(folder, name);
}

function manifest(target: Target): object {
  const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;
  const [os, cpu] = target.split('-');
  return {
    name: own.name,
    version: own.version,
    description: 'Questions about a codebase, answered on this machine; an MCP server and a library for agents.',
    license: own.license,
    type: 'module',
    bin: { 'ask-codebase': 'bin/ask-codebase.js' },
    exports: { '.': './dist/library.js', './package.json': './package.json' },
    engines: { node: '>=22.16' },
    os: [os],
    cpu: [cpu],
    files: ['bin', 'dist', 'models', 'NOTICE'],
  };
}

/** The weights are hundreds of megabytes: a second name for them where the disk allows it. */
function place(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

if (import.meta.main) {
  const target = `${process.platform}-${process.arch}`;
  if (!isTarget(target))
    throw new Error(`There is no package for ${target}: the model's runtime has no binaries for it.`);
  console.log(await packNpm(target, join(ROOT, '.cache/package/npm')));
}
