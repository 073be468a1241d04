import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import openWabt from 'wabt';

const memory = join(import.meta.dirname, '../../src/memory');

interface Assembly {
  readonly source: string;
  readonly moduleFile: string;
  /** The constant that the module file exports. */
  readonly name: string;
}

/** Every source in WebAssembly's text format, and the module that holds it assembled. */
export const ASSEMBLIES: readonly Assembly[] = [
  {
    source: join(memory, 'search/dot-products.wat'),
    moduleFile: join(memory, 'search/dot-products-module.ts'),
    name: 'PRODUCTS_MODULE',
  },
  {
    source: join(memory, 'algebra/set-hash.wat'),
    moduleFile: join(memory, 'algebra/set-hash-module.ts'),
    name: 'SET_HASH_MODULE',
  },
];

/** The text of a module file; a test compares it with what is in the repository. */
export async function assemble({ source, name }: Assembly): Promise<string> {
  const wabt = await openWabt();
  const file = basename(source);
  const parsed = wabt.parseWat(file, readFileSync(source, 'utf8'), { simd: true, bulk_memory: true });
  try {
    parsed.resolveNames();
    parsed.validate();
    const base64 = Buffer.from(parsed.toBinary({}).buffer).toString('base64');
    const lines = base64.match(/.{1,110}/g) ?? [];
    const text = lines.map((line) => `  '${line}'`).join(' +\n');
    return `/** ${file}, assembled by \`npm run wasm\`. */\nexport const ${name} =\n${text};\n`;
  } finally {
    parsed.destroy();
  }
}

if (process.argv[1] === import.meta.filename) {
  for (const assembly of ASSEMBLIES) writeFileSync(assembly.moduleFile, await assemble(assembly));
}
