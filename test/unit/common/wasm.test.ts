import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { assemble, ASSEMBLIES } from '../../support/assemble.ts';

test.each(ASSEMBLIES.map((assembly) => ({ ...assembly, title: basename(assembly.source) })))(
  'the module in the repository is what $title assembles to',
  async (assembly) => {
    expect(readFileSync(assembly.moduleFile, 'utf8')).toBe(await assemble(assembly));
  },
);
