import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import openWabt from 'wabt';

const folder = join(import.meta.dirname, '../../src/memory/search');
const moduleFile = join(folder, 'dot-products-module.ts');

/** The text of the module that holds the assembled products; a test compares it with what is in the repository. */
export async function assembleProducts(): Promise<string> {
  const wabt = await openWabt();
  const source = 'dot-products.wat';
  const parsed = wabt.parseWat(source, readFileSync(join(folder, source), 'utf8'), { simd: true });
  try {
    parsed.resolveNames();
    parsed.validate();
    const base64 = Buffer.from(parsed.toBinary({}).buffer).toString('base64');
    const lines = base64.match(/.{1,110}/g) ?? [];
    const text = lines.map((line) => `  '${line}'`).join(' +\n');
    return `/** ${source}, assembled by \`npm run wasm\`. */\nexport const PRODUCTS_MODULE =\n${text};\n`;
  } finally {
    parsed.destroy();
  }
}

export const readProductsModule = (): string => readFileSync(moduleFile, 'utf8');

if (process.argv[1] === import.meta.filename) writeFileSync(moduleFile, await assembleProducts());
