import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const top = join(import.meta.dirname, '../../..');
const read = (file: string): unknown => JSON.parse(readFileSync(join(top, file), 'utf8'));

describe('an installation', () => {
  it('runs no script that package.json does not allow, with any npm', () => {
    // npm 10 knows no `allowScripts`: it runs the scripts of the packages that the lock marks. onnxruntime's would
    // fetch CUDA. An optional package gets its mark back with every installation; its script may fail.
    const { allowScripts } = read('package.json') as { allowScripts: Record<string, boolean> };
    const { packages } = read('package-lock.json') as { packages: Record<string, Record<string, unknown>> };
    const marked = Object.entries(packages).filter(
      ([, { hasInstallScript, optional }]) => hasInstallScript && !optional,
    );
    const names = marked.map(([path]) => path.replace(/^.*node_modules\//, ''));
    expect(names, 'take "hasInstallScript" of the others out of package-lock.json').toEqual(
      Object.keys(allowScripts).filter((name) => allowScripts[name]),
    );
  });
});
