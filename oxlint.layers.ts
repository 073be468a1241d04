import { dirname, join, relative } from 'node:path/posix';

/**
 * A rule for the linter: which part of the repository may import which. A path is compared as a text, so nothing is
 * looked for on the disk: a general plugin that did took a third of the linter's time.
 */
interface LayerOptions {
  /** Each part with the folders below which its files lie; the first that fits decides. */
  readonly parts: readonly (readonly [part: string, folders: readonly string[]])[];
  /** The parts that each may import, itself apart; `*` is what lies in none. */
  readonly allowed: Readonly<Record<string, readonly string[]>>;
}

interface Node {
  readonly type: string;
  readonly value?: unknown;
}

interface Context {
  readonly cwd: string;
  readonly filename: string;
  readonly options: readonly [LayerOptions?];
  report(problem: { readonly node: Node; readonly message: string }): void;
}

interface Importing {
  readonly source?: Node | null;
}

interface Call {
  readonly callee: { readonly name?: string };
  readonly arguments: readonly Node[];
}

/** Stands in `allowed` for files that lie in no part. */
const ELSEWHERE = '*';

const posix = (path: string): string => path.replaceAll('\\', '/');

const imports = {
  meta: { type: 'problem', schema: false },
  create(context: Context) {
    const [options] = context.options;
    const file = relative(posix(context.cwd), posix(context.filename));
    const partOf = (path: string) =>
      options?.parts.find(([, folders]) => folders.some((folder) => path.startsWith(`${folder}/`)))?.[0];
    const own = partOf(file);
    if (!options || own === undefined) return {};
    const check = (node: Node | null | undefined) => {
      if (typeof node?.value !== 'string' || !/^\.{1,2}(?:\/|$)/.test(node.value)) return;
      const target = join(dirname(file), node.value);
      const part = partOf(target);
      if (part === own || (options.allowed[own] ?? []).includes(part ?? ELSEWHERE)) return;
      context.report({ node, message: `${own} may not import ${part ?? target}: oxlint.config.ts has the layers.` });
    };
    const checkSource = ({ source }: Importing) => {
      check(source);
    };
    return {
      ImportDeclaration: checkSource,
      ImportExpression: checkSource,
      ExportAllDeclaration: checkSource,
      ExportNamedDeclaration: checkSource,
      TSImportType: checkSource,
      CallExpression({ callee, arguments: [first] }: Call) {
        if (callee.name === 'require') check(first);
      },
    };
  },
};

export default { meta: { name: 'layers' }, rules: { imports } };
