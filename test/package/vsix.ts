import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createVSIX, listFiles, PackageManager } from '@vscode/vsce';
import { contents } from './archive.ts';
import type { Packed } from './archive.ts';

const ROOT = join(import.meta.dirname, '../..');

/**
 * The platforms that can be packaged, with the folder of onnxruntime-node's binaries and the files in it that are
 * needed. (macOS: the package holds the library twice, and only the one whose name is short is linked against.) Every
 * machine can package for all of them, because the npm package holds all binaries. There is none for Intel Macs nor for
 * Alpine.
 */
export const TARGETS = {
  'linux-x64': ['linux/x64', ['libonnxruntime.so.1', 'onnxruntime_binding.node']],
  'linux-arm64': ['linux/arm64', ['libonnxruntime.so.1', 'onnxruntime_binding.node']],
  'win32-x64': ['win32/x64', ['*.dll', 'onnxruntime_binding.node']],
  'win32-arm64': ['win32/arm64', ['*.dll', 'onnxruntime_binding.node']],
  'darwin-arm64': ['darwin/arm64', ['libonnxruntime.1.dylib', 'onnxruntime_binding.node']],
} as const;
export type Target = keyof typeof TARGETS;

/** What lies in the VSIX under the same path as here; .vscodeignore chooses inside it. */
const LINKED = ['LICENSE', 'NOTICE', 'docs', 'package.json', 'package.nls*.json', 'l10n', 'media', 'models'];
/** The page of the marketplace: the repository's own leads to files that are not packaged. */
const README = 'docs/marketplace.md';

/** What vsce is given for one target. */
interface Stage {
  readonly cwd: string;
  readonly ignoreFile: string;
  readonly followSymlinks: true;
}

/**
 * Gathers what goes into the VSIX for `target`, by links in a folder of its own, so that the production build does not
 * replace the one that is being worked with.
 */
export function gather(target: Target): Stage {
  const stage = join(ROOT, '.cache/package', target);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  for (const name of globSync(LINKED, { cwd: ROOT })) symlinkSync(join(ROOT, name), join(stage, name));

  const build = [join(ROOT, 'esbuild.js'), '--quiet', '--production', '--out', join(stage, 'dist')];
  execFileSync(process.execPath, build, { cwd: ROOT, stdio: 'inherit' });
  // Below dist, because there Node finds it from the bundles, and vsce takes a folder node_modules at the top from npm
  // alone.
  mkdirSync(join(stage, 'dist/node_modules'));
  for (const name of ['onnxruntime-node', 'onnxruntime-common']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(stage, 'dist/node_modules', name));
  }

  const [folder, files] = TARGETS[target];
  const binaries = files.map((file) => `!dist/node_modules/onnxruntime-node/bin/napi-v6/${folder}/${file}`);
  const ignoreFile = join(stage, '.vscodeignore');
  writeFileSync(ignoreFile, [readFileSync(join(ROOT, '.vscodeignore'), 'utf8'), ...binaries, ''].join('\n'));
  return { cwd: stage, ignoreFile, followSymlinks: true };
}

/** Packages the extension for `target` into `out`, a .vsix file. Throws where vsce or the build refuses. */
export async function packageVsix(target: Target, out: string): Promise<void> {
  await createVSIX({
    ...gather(target),
    target,
    packagePath: out,
    readmePath: README,
    dependencies: false,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
}

/** The paths that the VSIX for `target` would hold. */
export function listed(target: Target): Promise<string[]> {
  const options = { ...gather(target), packageManager: PackageManager.None, readmePath: README };
  return listFiles(options);
}

/** Megabytes by part, the largest first. */
export function parts(
  files: readonly Packed[],
): { readonly part: string; readonly mb: number; readonly packed: number }[] {
  const sums = new Map<string, { mb: number; packed: number }>();
  for (const { path, bytes, compressed } of files) {
    const inside = path.replace(/^extension\//, '');
    const part = /^(models\/\w+|dist\/node_modules\/[^/]+|dist|media)\//.exec(inside)?.[1] ?? 'the rest';
    const sum = sums.get(part) ?? { mb: 0, packed: 0 };
    sums.set(part, { mb: sum.mb + bytes / 1e6, packed: sum.packed + compressed / 1e6 });
  }
  return [...sums].map(([part, sum]) => ({ part, ...sum })).toSorted((a, b) => b.mb - a.mb);
}

export function isTarget(name: string): name is Target {
  return name in TARGETS;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { target: { type: 'string' }, out: { type: 'string', default: ROOT } } });
  const asked = values.target ?? `${process.platform}-${process.arch}`;
  const targets = asked === 'all' ? Object.keys(TARGETS) : [asked];
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  for (const target of targets) {
    if (!isTarget(target)) {
      console.error(`There is no target ${target}. There are ${Object.keys(TARGETS).join(', ')}, and all.`);
      process.exit(2);
    }
    const out = join(resolve(values.out), `ask-codebase-${target}-${version}.vsix`);
    await packageVsix(target, out);
    console.table(
      parts(await contents(out)).map(({ part, mb, packed }) => ({
        part,
        'MB installed': mb.toFixed(1),
        'MB packed': packed.toFixed(1),
      })),
    );
  }
}

if (import.meta.main) await main();
