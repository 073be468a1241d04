import { build, context, version as esbuildVersion } from 'esbuild';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

// node esbuild.js [--quiet] [--production] [--watch] [--out FOLDER] [--program NAME=FILE]: everything, or one program
// alone.
const { values: options } = parseArgs({
  options: {
    quiet: { type: 'boolean', default: false },
    production: { type: 'boolean', default: false },
    watch: { type: 'boolean', default: false },
    out: { type: 'string', default: 'dist' },
    program: { type: 'string' },
  },
});
const { quiet, production, watch, out } = options;

/** Node programs of the project; each is bundled alone and keeps its native modules outside. */
const programs = options.program
  ? Object.fromEntries([options.program.split('=')])
  : {
      cli: 'src/cli.ts',
      engine: 'src/engine/runtime/worker.ts',
      service: 'src/service/worker.ts',
      eval: 'test/eval/main.ts',
      bench: 'test/bench/main.ts',
    };

/** What the extension does not run stays out of a production build. */
const shipped = new Set(['cli', 'engine', 'service']);

/**
 * The tokenizer out of `@xenova/transformers`, and no more: imported whole, the package loads sharp and two more ONNX
 * runtimes, none of which a tokenizer runs. Its own modules are taken one by one, and the packages behind its other
 * half are left empty.
 */
const tokenizerOnly = {
  name: 'tokenizer-only',
  setup({ onResolve, onLoad }) {
    const source = join(dirname(fileURLToPath(import.meta.resolve('@xenova/transformers'))), '../src');
    onResolve({ filter: /^@xenova\/transformers$/ }, () => ({ path: 'tokenizer', namespace: 'tokenizer-only' }));
    onLoad({ filter: /^tokenizer$/, namespace: 'tokenizer-only' }, () => ({
      contents: [
        `export { AutoTokenizer } from './models/auto/tokenization_auto.js';`,
        `export { env } from './env.js';`,
      ].join('\n'),
      resolveDir: source,
    }));
    onResolve({ filter: /^(sharp|onnxruntime-(node|web|common).*|.*\/onnx-node\.js)$/ }, ({ path, importer }) =>
      importer.startsWith(source) ? { path, namespace: 'left-out' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  },
};

/**
 * esbuild copies the editor's namespace, some 400 getters, once for every module that imports it: a tenth of a second
 * of the host's start on slow cores. All of them can use the namespace itself. Seen with esbuild 0.28; another version
 * may write it otherwise.
 */
const sharedEditorNamespace = {
  name: 'shared-editor-namespace',
  setup({ onEnd }) {
    onEnd(({ errors }) => {
      if (errors.length > 0) return;
      const file = join(out, 'extension.cjs');
      const text = readFileSync(file, 'utf8');
      const shared = text.replace(/[\w$]+\(require\("vscode"\)(?:, ?1)?\)/g, 'require("vscode")');
      if (shared === text) {
        throw new Error(
          `esbuild ${esbuildVersion} imports "vscode" in a form that esbuild.js does not know: see the pattern here.`,
        );
      }
      writeFileSync(file, shared);
    });
  },
};

const common = {
  bundle: true,
  minify: production,
  sourcemap: !production,
  legalComments: production ? 'none' : 'inline',
  metafile: production,
  logLevel: quiet ? 'error' : 'info',
};

const node = {
  ...common,
  platform: 'node',
  target: 'node22',
  external: ['vscode', 'onnxruntime-node', 'node-llama-cpp'],
  plugins: [tokenizerOnly],
};

if (production) rmSync(out, { recursive: true, force: true });

/** Builds once, or at every change until the process ends. */
async function make(how) {
  if (!watch) return results.push(await build(how));
  const building = await context({ ...how, plugins: [...(how.plugins ?? []), announced] });
  return building.watch();
}

/** What an editor's task waits for. */
const announced = {
  name: 'announced',
  setup({ onStart, onEnd }) {
    onStart(() => console.log('Building'));
    onEnd(({ errors }) => console.log(`Built, ${errors.length} errors`));
  },
};

const results = [];

await make({
  ...node,
  entryPoints: Object.fromEntries(
    Object.entries(programs).filter(
      ([name, file]) => existsSync(file) && (!production || shipped.has(name) || options.program),
    ),
  ),
  outdir: out,
  format: 'esm',
  banner: {
    js: "import { createRequire as requireOfBundle } from 'node:module'; const require = requireOfBundle(import.meta.url);",
  },
});

if (!options.program && existsSync('src/extension.ts')) {
  await make({
    ...node,
    entryPoints: { extension: 'src/extension.ts' },
    outdir: out,
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    // CommonJS has no import.meta; the modules that it shares with the programs above ask it where they are.
    define: { 'import.meta.url': 'fileUrl', 'import.meta.dirname': '__dirname' },
    banner: { js: "const fileUrl = require('node:url').pathToFileURL(__filename).href;" },
    plugins: [...node.plugins, sharedEditorNamespace],
  });
}

/** Pages of webviews: `media/PAGE/main.ts` becomes `dist/media/PAGE.js`, with the CSS that it imports beside it. */
const pages =
  options.program || !existsSync('media')
    ? []
    : readdirSync('media').filter((name) => existsSync(join('media', name, 'main.ts')));
if (pages.length > 0) {
  await make({
    ...common,
    entryPoints: Object.fromEntries(pages.map((name) => [name, join('media', name, 'main.ts')])),
    outdir: join(out, 'media'),
    platform: 'browser',
    target: 'es2023',
    format: 'iife',
    loader: { '.svg': 'dataurl', '.ttf': 'file' },
  });
}

if (production) writeFileSync(join(out, 'third-party.txt'), notices(results));

/** The licences of the packages whose code is inside the bundles or, as the runtime, beside them. */
function notices(built) {
  const inputs = built.flatMap(({ metafile }) =>
    Object.values(metafile.outputs).flatMap((output) =>
      Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    ),
  );
  const folders = inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const shippedWhole = ['node_modules/onnxruntime-node', 'node_modules/onnxruntime-common'];
  return [...new Set([...folders, ...shippedWhole])]
    .sort()
    .map((folder) => {
      const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
      const by = typeof author === 'object' ? author.name : author;
      const text = file
        ? readFileSync(join(folder, file), 'utf8').trim()
        : `Licence: ${license}${by ? `, by ${by}` : ''}`;
      return `${name} ${version}\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
