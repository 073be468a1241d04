import { defineConfig } from 'oxlint';

/**
 * The layers: each part of the sources with the parts below it that it may import. `root` are the files directly in
 * src, which put the others together. The page runs in a browser and shares the chat's types with the editor, nothing
 * else.
 */
const search = ['memory', 'workspace', 'engine', 'index', 'retrieve'];
const answers = [...search, 'evidence', 'answer', 'answer-model'];
const layers: Record<string, string[]> = {
  common: [],
  kernels: [],
  memory: [],
  workspace: ['memory'],
  engine: ['memory', 'workspace', 'kernels'],
  index: ['memory', 'workspace', 'engine'],
  retrieve: ['memory', 'workspace', 'engine', 'index'],
  evidence: search,
  'answer-model': ['engine'],
  answer: [...search, 'evidence', 'answer-model'],
  library: answers,
  mcp: ['memory', 'index', 'retrieve', 'library'],
  service: [...answers, 'library'],
  chat: [...answers, 'service'],
  ui: [...answers, 'library', 'service', 'chat'],
  terminal: [...answers, 'library', 'mcp'],
  page: ['chat'],
  root: ['chat', 'service', 'terminal', 'ui'],
};

/** Programs that measure: unit tests need none of them, and stay quick. */
const programs = ['eval', 'bench', 'torture', 'fuzz'];

/** The folders of each part; the last one has what lies in src and in none of its layers. */
const parts: [part: string, folders: string[]][] = [
  ...Object.keys(layers)
    .filter((layer) => !['kernels', 'page', 'root'].includes(layer))
    .map((layer): [string, string[]] => [layer, [`src/${layer}`]]),
  ['kernels', ['kernels']],
  ['page', ['media/chat']],
  ['unit', ['test/unit']],
  ['program', programs.map((program) => `test/${program}`)],
  ['test', ['test']],
  ['root', ['src']],
];

const all = Object.keys(layers);
const allowed: Record<string, string[]> = {
  ...Object.fromEntries(Object.entries(layers).map(([layer, below]) => [layer, ['common', ...below]])),
  unit: [...all, 'test', '*'],
  program: [...all, 'unit', 'test', '*'],
  test: [...all, 'unit', 'program', '*'],
};

const onlyUi = { name: 'vscode', message: 'Only src/ui may import vscode.' };
const onlyOutput = 'Print through src/terminal/output.ts: it makes text safe for a terminal.';
/** Other ways to a terminal than the one writer. */
const printing = [
  ...['process', 'console', 'readline', 'readline/promises', 'tty']
    .flatMap((name) => [name, `node:${name}`])
    .map((name) => ({ name, message: onlyOutput })),
  { name: 'node:fs', importNames: ['writeSync', 'write', 'createWriteStream'], message: onlyOutput },
];

const errors = (names: string, prefix = '') =>
  Object.fromEntries(names.split(/\s+/).flatMap((name) => (name ? [[prefix + name, 'error' as const]] : [])));

/** Faults of JavaScript that the compiler finds in TypeScript. */
const plain = errors(`
  constructor-super getter-return no-class-assign no-const-assign no-dupe-class-members no-dupe-keys no-func-assign
  no-import-assign no-new-native-nonconstructor no-obj-calls no-redeclare no-setter-return no-this-before-super no-undef
  no-unreachable no-unsafe-negation no-with`);

/** What ESLint recommends, and what typescript-eslint adds to it for TypeScript. */
const recommended = errors(`
  for-direction no-array-constructor no-async-promise-executor no-case-declarations no-compare-neg-zero no-cond-assign
  no-constant-binary-expression no-constant-condition no-control-regex no-debugger no-delete-var no-dupe-else-if
  no-duplicate-case no-empty no-empty-character-class no-empty-pattern no-empty-static-block no-ex-assign
  no-extra-boolean-cast no-fallthrough no-global-assign no-invalid-regexp no-irregular-whitespace no-loss-of-precision
  no-misleading-character-class no-nonoctal-decimal-escape no-prototype-builtins no-regex-spaces no-self-assign
  no-shadow-restricted-names no-sparse-arrays no-unassigned-vars no-unexpected-multiline no-unsafe-finally
  no-unsafe-optional-chaining no-unused-expressions no-unused-labels no-unused-private-class-members no-unused-vars
  no-useless-assignment no-useless-backreference no-useless-catch no-useless-constructor no-useless-escape no-var
  prefer-const prefer-rest-params prefer-spread preserve-caught-error require-yield use-isnan valid-typeof`);

/** The strict set of typescript-eslint with types. */
const strict = errors(
  `
  await-thenable no-array-delete no-base-to-string no-confusing-void-expression no-deprecated no-duplicate-enum-values
  no-duplicate-type-constituents no-dynamic-delete no-empty-object-type no-explicit-any no-extra-non-null-assertion
  no-extraneous-class no-floating-promises no-for-in-array no-generated-empty-object-type no-implied-eval
  no-invalid-void-type no-meaningless-void-operator no-misused-new no-misused-promises no-misused-spread no-mixed-enums
  no-namespace no-non-null-asserted-nullish-coalescing no-non-null-asserted-optional-chain no-non-null-assertion
  no-redundant-type-constituents no-require-imports no-this-alias no-unnecessary-boolean-literal-compare
  no-unnecessary-condition no-unnecessary-template-expression no-unnecessary-type-arguments
  no-unnecessary-type-assertion no-unnecessary-type-constraint no-unnecessary-type-conversion
  no-unnecessary-type-parameters no-unsafe-argument no-unsafe-assignment no-unsafe-call no-unsafe-declaration-merging
  no-unsafe-enum-comparison no-unsafe-function-type no-unsafe-member-access no-unsafe-return no-unsafe-unary-minus
  no-useless-default-assignment no-wrapper-object-types only-throw-error prefer-as-const prefer-literal-enum-member
  prefer-namespace-keyword prefer-promise-reject-errors prefer-reduce-type-parameter prefer-return-this-type
  related-getter-setter-pairs require-await triple-slash-reference unbound-method unified-signatures
  use-unknown-in-catch-callback-variable`,
  'typescript/',
);

export default defineConfig({
  plugins: ['typescript', 'import'],
  jsPlugins: ['./oxlint.layers.ts', 'eslint-plugin-regexp', '@stylistic/eslint-plugin'],
  categories: { correctness: 'off' },
  options: { typeAware: true, reportUnusedDisableDirectives: 'error' },
  env: { builtin: true, node: true },
  ignorePatterns: ['dist', 'node_modules', 'models', '.cache', 'media/*.js'],
  rules: { ...plain, ...recommended },
  overrides: [
    {
      files: ['**/*.ts'],
      rules: {
        ...Object.fromEntries(Object.keys(plain).map((name) => [name, 'off' as const])),
        ...strict,
        'typescript/ban-ts-comment': ['error', { minimumDescriptionLength: 10 }],
        'typescript/restrict-plus-operands': [
          'error',
          {
            allowAny: false,
            allowBoolean: false,
            allowNullish: false,
            allowNumberAndString: false,
            allowRegExp: false,
          },
        ],
        'typescript/restrict-template-expressions': ['error', { allowNumber: true }],
        'typescript/return-await': ['error', 'error-handling-correctness-only'],
        'typescript/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
        'typescript/consistent-type-imports': 'error',
        'import/no-cycle': ['error', { ignoreExternal: true, ignoreTypes: false }],
        // Texts come from anywhere: an expression that tries one text in several ways takes minutes on some.
        'regexp/no-super-linear-backtracking': ['error', { report: 'certain' }],
        'max-lines': ['error', { max: 400 }],
        // The formatter breaks code and no comment. A text or an expression is longer where a break would hide it.
        '@stylistic/max-len': [
          'error',
          {
            code: 120,
            ignoreStrings: true,
            ignoreTemplateLiterals: true,
            ignoreRegExpLiterals: true,
            ignoreUrls: true,
          },
        ],
        'layers/imports': ['error', { parts, allowed }],
      },
    },
    {
      files: ['src/**/*.ts', 'kernels/**/*.ts'],
      excludeFiles: ['src/ui/**', 'src/extension.ts'],
      rules: { 'no-restricted-imports': ['error', { paths: [onlyUi] }] },
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
        'typescript/consistent-type-assertions': 'off',
        'typescript/no-non-null-assertion': 'off',
      },
    },
  ],
});
