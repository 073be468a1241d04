import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';

/** common is for all; memory ← workspace ← engine ← ask ← service ← ui; kernels is used by engine alone; only ui may import vscode. */
const layers = {
  common: [],
  memory: [],
  kernels: [],
  workspace: ['memory'],
  engine: ['memory', 'workspace', 'kernels'],
  ask: ['memory', 'workspace', 'engine'],
  service: ['memory', 'workspace', 'engine', 'ask'],
  ui: ['memory', 'workspace', 'engine', 'ask', 'service'],
  terminal: ['memory', 'workspace', 'engine', 'ask'],
};

const allow = (from, to) => ({
  from: { element: { type: from } },
  allow: to.map((type) => ({ to: { element: { type } } })),
});

const onlyUi = { name: 'vscode', message: 'Only src/ui may import vscode.' };
const onlyOutput = 'Print through src/terminal/output.ts: it makes text safe for a terminal.';
/** Other ways to a terminal than the one writer. */
const printing = [
  ...['process', 'console', 'readline', 'readline/promises', 'tty'].flatMap((name) => [name, `node:${name}`]),
].map((name) => ({ name, message: onlyOutput }));
printing.push({ name: 'node:fs', importNames: ['writeSync', 'write', 'createWriteStream'], message: onlyOutput });

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'models', '.cache', 'media/*.js'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { boundaries },
    settings: {
      'import/resolver': { typescript: true, node: { extensions: ['.ts', '.js'] } },
      'boundaries/elements': [
        ...['common', 'memory', 'workspace', 'engine', 'ask', 'service', 'ui', 'terminal', 'scale'].map((type) => ({
          type,
          pattern: `src/${type}`,
        })),
        { type: 'kernels', pattern: '{kernels,kernels/**}', partialMatch: false },
        { type: 'test', pattern: 'test' },
      ],
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            ...Object.entries(layers).map(([type, below]) => allow(type, [type, 'common', ...below])),
            allow('scale', ['common', 'memory', 'workspace', 'engine', 'ask', 'scale']),
            allow('test', [
              'common',
              'memory',
              'kernels',
              'workspace',
              'engine',
              'ask',
              'service',
              'ui',
              'terminal',
              'scale',
              'test',
            ]),
          ],
        },
      ],
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'max-lines': ['error', { max: 400 }],
    },
  },
  {
    files: ['src/**/*.ts', 'kernels/**/*.ts'],
    ignores: ['src/ui/**', 'src/extension.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: [onlyUi] }],
    },
  },
  {
    files: ['src/terminal/**/*.ts', 'src/cli.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: [onlyUi, ...printing] }],
      'no-restricted-globals': ['error', { name: 'console', message: onlyOutput }],
      'no-restricted-properties': [
        'error',
        ...['stdout', 'stderr', 'openStdin', '_rawDebug'].map((property) => ({
          object: 'process',
          property,
          message: onlyOutput,
        })),
        { object: 'globalThis', property: 'console', message: onlyOutput },
        { object: 'globalThis', property: 'process', message: onlyOutput },
      ],
    },
  },
  {
    files: ['src/terminal/output.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: [onlyUi] }],
      'no-restricted-properties': 'off',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/consistent-type-assertions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
);
