import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commit, git } from '../vscode/driver/repository.ts';

/** A workspace of `count` small source files under `root`, 100 a folder, all committed in a Git repository. */
export function generateWorkspace(root: string, count: number): void {
  for (let at = 0; at < count; at += 1) {
    const place = join(root, `area-${Math.floor(at / 2_500)}`, `part-${Math.floor(at / 100) % 25}`);
    if (at % 100 === 0) mkdirSync(place, { recursive: true });
    const text = `/** Piece ${at} of the machine. */\nexport function piece${at}(input: number): number {\n  return input * ${at} + 1;\n}\n`;
    writeFileSync(join(place, `piece-${at}.ts`), text);
  }
  git(root, 'init', '--quiet');
  commit(root, 'Everything');
}
