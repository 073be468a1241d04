import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cli, LIBRARY, place, temporary } from './cli.ts';

function git(repo: string, ...args: readonly string[]): void {
  execFileSync('git', ['-C', repo, '-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], {
    stdio: 'ignore',
  });
}

interface Found {
  readonly commits: readonly { readonly ref: string; readonly files: number; readonly indexed: number }[];
  readonly evidence: { readonly items: readonly { readonly path: string; readonly text: string }[] };
  readonly files: readonly { readonly path: string }[];
}

describe('a question at an older commit, in the terminal', () => {
  const home = temporary('home');
  const repo = place(temporary('library'), LIBRARY);
  const asked = (command: string, ...args: readonly string[]) =>
    cli([command, '--repo', repo, '--device', 'cpu', ...args], { home });

  beforeAll(() => {
    git(repo, 'init', '--quiet');
    git(repo, 'add', '.');
    git(repo, 'commit', '--quiet', '-m', 'All');
    git(repo, 'tag', 'v1');
    rmSync(join(repo, 'src/loans.ts'));
  });

  it('is answered by evidence of that commit, and says which it is', async () => {
    const question = 'Where is lateFee defined?';
    const now = await asked('evidence', '--kind', 'definition', '--json', question);
    expect(now.code, now.err).toBe(3);
    const then = await asked('evidence', '--kind', 'definition', '--at', 'v1', '--json', question);
    expect(then.code, then.err).toBe(0);
    const { commits, evidence } = JSON.parse(then.out) as Found;
    expect(commits).toMatchObject([{ ref: 'v1', files: 4, indexed: 4 }]);
    expect(evidence.items[0]).toMatchObject({ path: 'src/loans.ts' });
    const said = await asked('evidence', '--at', 'v1', question);
    expect(said.out).toMatch(/^v1 is commit [0-9a-f]{10}: 4 of its 4 files can be asked about\.\n/);
  });

  it('says which folder each commit belongs to where several are asked', async () => {
    const other = place(temporary('other'), LIBRARY);
    git(other, 'init', '--quiet');
    git(other, 'add', '.');
    git(other, 'commit', '--quiet', '-m', 'All');
    git(other, 'tag', 'v1');
    const names = [repo, other].map((path) => basename(path));
    const question = 'Where is lateFee defined?';
    const said = await asked('evidence', '--repo', other, '--at', 'v1', question);
    for (const name of names) expect(said.out).toMatch(new RegExp(`^${name}: v1 is commit [0-9a-f]{10}: 4 of`, 'm'));
    const json = await asked('evidence', '--repo', other, '--at', 'v1', '--json', question);
    expect((JSON.parse(json.out) as Found).commits).toMatchObject(names.map((name) => ({ name, ref: 'v1' })));
  });

  it('ranks the files of that commit with the real model', async () => {
    const ran = await asked('recall', '--at', 'v1', '--json', 'How many days may a reader keep a book?');
    expect(ran.code, ran.err).toBe(0);
    expect((JSON.parse(ran.out) as Found).files[0]?.path).toBe('src/loans.ts');
  });

  it.each([
    [['--at', 'v9'], 1, 'git knows no commit "v9"'],
    [['--at', 'v1', '--with', 'lib.imem'], 2, 'give --at or --with, not both'],
  ])('%j is refused in a sentence', async (args, code, message) => {
    const ran = await asked('evidence', ...args, 'Where is lateFee defined?');
    expect(ran).toMatchObject({ code, out: '' });
    expect(ran.err).toContain(message);
  });
});
