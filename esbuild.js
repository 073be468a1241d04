import { build } from 'esbuild';
import { existsSync } from 'node:fs';

const quiet = process.argv.includes('--quiet');
const production = process.argv.includes('--production');

/** Node programs of the project; each is bundled alone and keeps its native modules outside. */
const programs = {
  cli: 'src/cli.ts',
  engine: 'src/engine/worker.ts',
  eval: 'test/eval/main.ts',
  bench: 'test/bench/main.ts',
};
const entryPoints = Object.fromEntries(Object.entries(programs).filter(([, file]) => existsSync(file)));

await build({
  entryPoints,
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  external: ['onnxruntime-node', '@xenova/transformers', 'node-llama-cpp'],
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  minify: production,
  sourcemap: !production,
  logLevel: quiet ? 'error' : 'info',
});
