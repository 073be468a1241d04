import { getL10nJson } from '@vscode/l10n-dev';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { skipReasons } from '../src/workspace/files/skip.ts';

const top = join(import.meta.dirname, '..');

/**
 * Every English text that the editor shows and a translation has to know: what its host and the memory's thread call
 * `l10n.t` with, and the reasons, which lie in the ledger in English.
 */
export async function strings() {
  const files = globSync(
    [
      'src/{chat,ui}/**/*.ts',
      'src/service/**/*.ts',
      'src/answer-model/**/*.ts',
      'src/common/error-codes.ts',
      'src/extension.ts',
    ],
    { cwd: top },
  ).sort();
  const found = await getL10nJson(
    files.map((file) => ({ extension: '.ts', contents: readFileSync(join(top, file), 'utf8') })),
  );
  const texts = [...Object.keys(found), ...Object.values(skipReasons)];
  return Object.fromEntries([...new Set(texts)].sort().map((text) => [text, text]));
}
