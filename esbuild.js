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
      'prompt-thread': 'src/engine/runtime/prompt-thread.ts',
      service: 'src/service/worker.ts',
      library: 'src/library/index.ts',
      'openai-client': 'src/answer-model/openai-client.ts',
      eval: 'test/eval/main.ts',
      bench: 'test/bench/main.ts',
    };

/** What the extension does not run stays out of a production build. */
const shipped = new Set(['cli', 'engine', 'library', 'openai-client', 'prompt-thread', 'service']);

/**
 * Versions whose forms the two plugins below know. Each pattern must be met, so a later version that writes another
 * form fails the build.
 */
const known = { esbuild: '0.28.2', transformers: '4.3.1' };

/**
 * The tokenizer out of `@xenova/transformers`, and no more: imported whole, the package loads sharp and two more ONNX
 * runtimes, none of which a tokenizer runs. Its own modules are taken one by one, and the packages behind its other
 * half are left empty.
 */
const tokenizerOnly = {
  name: 'tokenizer-only',
  setup({ onResolve, onLoad, onStart, onEnd }) {
    const source = join(dirname(fileURLToPath(import.meta.resolve('@xenova/transformers'))), '../src');
    const unused = [/^onnxruntime-web\/webgpu$/, /^onnxruntime-common$/, /\/onnx-node\.js$/];
    const met = new Set();
    let isWanted = false;
    onStart(() => {
      met.clear();
      isWanted = false;
    });
    onResolve({ filter: /^@xenova\/transformers$/ }, () => {
      isWanted = true;
      return { path: 'tokenizer', namespace: 'tokenizer-only' };
    });
    onLoad({ filter: /^tokenizer$/, namespace: 'tokenizer-only' }, () => ({
      contents: [
        `export { AutoTokenizer } from './models/auto/tokenization_auto.js';`,
        `export { env } from './env.js';`,
      ].join('\n'),
      resolveDir: source,
    }));
    for (const filter of unused) {
      onResolve({ filter }, ({ path, importer }) => {
        if (!importer.startsWith(source)) return undefined;
        met.add(filter);
        return { path, namespace: 'left-out' };
      });
    }
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
    onEnd(({ errors }) => {
      if (!isWanted || errors.length > 0) return undefined;
      const gone = unused.filter((filter) => !met.has(filter));
      const text = `@xenova/transformers no longer imports ${gone.join(' or ')}, as ${known.transformers} did.`;
      return gone.length > 0 ? { errors: [{ text: `${text} See tokenizerOnly in esbuild.js.` }] } : undefined;
    });
  },
};

/**
 * The client of OpenAI's interface stays in a file of its own, which is loaded with the first question to a server: a
 * bundle that held it would take a third longer to start, whatever it is started for.
 */
const clientApart = {
  name: 'client-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/openai-client\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './openai-client.js', external: true } : undefined,
    );
  },
};

/**
 * esbuild copies the editor's namespace, some 400 getters, once for every module that imports it: a tenth of a second
 * of the host's start on slow cores. All of them can use the namespace itself.
 */
const sharedEditorNamespace = {
  name: 'shared-editor-namespace',
  setup({ onEnd }) {
    onEnd(({ errors }) => {
      if (errors.length > 0) return undefined;
      const file = join(out, 'extension.cjs');
      const text = readFileSync(file, 'utf8');
      const imports = text.split('require("vscode")').length - 1;
      let shared = 0;
      const rewritten = text.replace(/[\w$]+\(require\("vscode"\)(?:, ?1)?\)/g, () => {
        shared += 1;
        return 'require("vscode")';
      });
      if (shared === 0 || shared < imports) {
        const which = `${imports - shared} of ${imports} imports of "vscode" in a form that ${known.esbuild} did not use.`;
        return {
          errors: [{ text: `esbuild ${esbuildVersion} writes ${which} See sharedEditorNamespace in esbuild.js.` }],
        };
      }
      writeFileSync(file, rewritten);
      return undefined;
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
  // Its CommonJS form asks for its parts in a way that no bundler follows.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  external: ['vscode', 'onnxruntime-node', 'node-llama-cpp'],
  plugins: [tokenizerOnly, clientApart],
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
