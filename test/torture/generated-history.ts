import { execFileSync } from 'node:child_process';

import { dice } from '../support/random.ts';

type Change =
  | { readonly kind: 'put'; readonly path: string; readonly content: string; readonly mode?: '100755' | '120000' }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'delete'; readonly path: string };

/**
 * Begins a bare repository at `place` with that many commits: edits for the most part, new files, renames, deletes, and
 * now and then a binary file, a link, a rule of what is ignored, a change of mode and a commit that changes nothing.
 */
export function generateHistory(place: string, commits: number, seed = 1): void {
  const next = dice(seed);
  const files = new Map<string, string[]>();
  const [word, part] = [() => `name${next(400)}`, () => `export function ${word()}() {\n  return ${next(90)};\n}\n`];
  let made = 0;
  const begun = (): Change => {
    const path = `src/part${next(4)}/file${made++}.ts`;
    files.set(path, Array.from({ length: 1 + next(6) }, part));
    return putFile(path);
  };
  const putFile = (path: string): Change => ({ kind: 'put', path, content: (files.get(path) ?? []).join('\n') });
  const any = (): string => [...files.keys()][next(files.size)] ?? '';
  const change = (): Change => {
    const [path, roll] = [any(), next(20)];
    const parts = files.get(path);
    if (parts === undefined || roll < 3) return begun();
    if (roll < 5 && files.size > 8) {
      files.delete(path);
      return { kind: 'delete', path };
    }
    if (roll < 7) {
      const to = `lib/moved${made++}.ts`;
      files.delete(path);
      files.set(to, parts);
      return { kind: 'rename', path, to };
    }
    if (roll === 7) return { kind: 'put', path: 'logo.bin', content: `\0${next(1000)}` };
    if (roll === 8) return { kind: 'put', path: 'link.ts', content: path, mode: '120000' };
    if (roll === 9) return { kind: 'put', path: '.codebaseignore', content: `src/part${next(4)}/\n` };
    if (roll === 10) return { kind: 'put', path, content: parts.join('\n'), mode: '100755' };
    parts.splice(next(parts.length), next(2), part());
    return putFile(path);
  };
  const stream = Array.from({ length: commits }, (_, n) => {
    const changes = Array.from({ length: n === 0 ? 12 : next(4) }, n === 0 ? begun : change);
    const head = `commit refs/heads/main\ncommitter A <a@example.org> ${1_700_000_000 + n} +0000\n${data(`${n}`)}`;
    return head + changes.map(written).join('');
  });
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch', 'main', place]);
  execFileSync('git', ['-C', place, 'fast-import', '--quiet'], { input: stream.join('') });
}

function written(change: Change): string {
  switch (change.kind) {
    case 'put':
      return `M ${change.mode ?? '100644'} inline ${change.path}\n${data(change.content)}`;
    case 'rename':
      return `R ${change.path} ${change.to}\n`;
    case 'delete':
      return `D ${change.path}\n`;
  }
}

const data = (content: string): string => `data ${Buffer.byteLength(content)}\n${content}\n`;
