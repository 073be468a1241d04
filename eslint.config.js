import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import { importX } from 'eslint-plugin-import-x';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

/**
 * The layers: each part of the sources with the parts below it that it may import. `root` are the files directly in
 * src, which put the others together. The page runs in a browser and shares the chat's types with the editor, nothing
 * else.
 */
const layers = {
  common: [],
  kernels: [],
  memory: [],
  workspace: ['memory'],
  engine: ['memory', 'workspace', 'kernels'],
  index: ['memory', 'workspace', 'engine'],
  retrieve: ['memory', 'workspace', 'engine', 'index'],
  answer: ['memory', 'workspace', 'engine', 'index', 'retrieve'],
  service: ['memory', 'workspace', 'engine', 'index', 'retrieve', 'answer'],
  chat: ['memory', 'workspace', 'engine', 'index', 'retrieve', 'answer', 'service'],
  ui: ['memory', 'workspace', 'engine', 'index', 'retrieve', 'answer', 'service', 'chat'],
  terminal: ['memory', 'workspace', 'engine', 'index', 'retrieve', 'answer'],
  page: ['chat'],
  root: ['chat', 'service', 'terminal', 'ui'],
};

const allow = (from, to) => ({
  from: { element: { type: from } },
  allow: to.map((type) => ({ to: { element: { type } } })),
});

/** Programs that measure: unit tests need none of them, and stay quick. */
const programs = ['eval', 'bench', 'torture', 'fuzz'];

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
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['vitest.config.ts'] } } },
    plugins: { boundaries, 'import-x': importX, regexp },
    settings: {
      'import/resolver': { typescript: true, node: { extensions: ['.ts', '.js'] } },
      'import-x/extensions': ['.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'boundaries/elements': [
        ...Object.keys(layers)
          .filter((type) => !['kernels', 'page', 'root'].includes(type))
          .map((type) => ({ type, pattern: `src/${type}` })),
        { type: 'kernels', pattern: '{kernels,kernels/**}', partialMatch: false },
        { type: 'page', pattern: 'media/chat' },
        { type: 'unit', pattern: 'test/unit' },
        { type: 'program', pattern: `test/{${programs.join(',')}}` },
        { type: 'test', pattern: 'test' },
        // Last, because the first that fits decides: what lies in src and in none of its parts.
        { type: 'root', pattern: 'src' },
      ],
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            ...Object.entries(layers).map(([type, below]) => allow(type, [type, 'common', ...below])),
            allow('unit', [...Object.keys(layers), 'unit', 'test']),
            ...['program', 'test'].map((type) => allow(type, [...Object.keys(layers), 'unit', 'program', 'test'])),
          ],
        },
      ],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      // Texts come from anywhere: an expression that tries one text in several ways takes minutes on some.
      'regexp/no-super-linear-backtracking': ['error', { report: 'certain' }],
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'max-lines': ['error', { max: 400 }],
      // Prettier breaks code and no comment. A text, a template or an expression may be longer where a break would hide it.
      'max-len': [
        'error',
        { code: 120, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true, ignoreUrls: true },
      ],
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
      // Tests read what they have made themselves.
      'regexp/no-super-linear-backtracking': 'off',
      '@typescript-eslint/consistent-type-assertions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
);
