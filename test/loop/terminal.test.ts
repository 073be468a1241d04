import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CLI, cli, LIBRARY, MODELS, place, temporary } from './cli.ts';
import type { Ran } from './cli.ts';

/**
 * What a terminal obeys, or shows as something else: copies to the clipboard, fakes a link, a row, a suffix, a colour.
 */
const EVIL = {
  clipboard: 'src/\x1b]52;c;ZXZpbA==\x07.ts',
  link: 'src/\x1b]8;;http:evil\x1b\\click\x1b]8;;\x1b\\.ts',
  row: 'src/a\n 99.9%  src/fake.ts',
  bidi: 'src/\u202ets.exe.ts',
  zero: 'src/lo\u200bans\u{e0041}.ts',
  c1: 'src/\x9b31mred.ts',
};

/** Escape codes, controls but the end of a line, and what nobody sees. */
const OBEYED = /[^\P{C}\n]|[\u2028\u2029]/u;

function expectPlain({ out, err }: Pick<Ran, 'out' | 'err'>): void {
  expect(out).not.toMatch(OBEYED);
  expect(err).not.toMatch(OBEYED);
}

describe.skipIf(process.platform === 'win32')('names that a terminal would obey', () => {
  const home = temporary('home');
  const repo = place(temporary('evil'), {
    ...LIBRARY,
    ...Object.fromEntries(Object.values(EVIL).map((path, at) => [path, `// ${at}\n${LIBRARY['src/loans.ts']}`])),
    'src/\x1b[2Jdata.bin': Uint8Array.of(0, 1, 2, 255, 0, 7),
  });
  const common = ['--repo', repo, '--device', 'cpu'];

  beforeAll(async () => {
    const ran = await cli(['ingest', ...common], { home });
    expect(ran.code, ran.err).toBe(0);
    expectPlain(ran);
  });

  it('are escaped by every command', async () => {
    for (const args of [
      ['recall', ...common, 'late fee of a loan'],
      ['stats', ...common, '--files'],
      ['verify', ...common],
      ['ask', ...common, '--max-tokens', '8', 'How large is the late fee of a loan?'],
      ['recall', ...common, '--scope', '+\x1b[31mnone', 'late fee'],
      ['forget', ...common, '\x1b]0;none\x07\n'],
      ['diff', ...common, 'no\x1b[2Jcommit'],
      ['export', ...common, '/no\x1b[2J/such.imem'],
      ['import', ...common, 'no\n\x1b[2Jsuch.imem'],
      ['recall', ...common, '--questions', 'no\x1b[2Jsuch', 'x'],
      ['recall', ...common, '--with', 'no\x1b[2Jsuch.imem', 'x'],
      ['stats', '--repo', '/no\x1b[2J\nsuch'],
      ['stats', '--device', '\x1b[2J'],
      ['\x1b[2J'],
    ]) {
      const ran = await cli(args, { home });
      expectPlain(ran);
      expect(ran.out + ran.err, args.join(' ')).not.toBe('');
      expect(ran.err, args.join(' ')).not.toMatch(/\n\s+at /);
    }
    const { out } = await cli(['recall', ...common, 'late fee of a loan'], { home });
    expect(out.split('\n').filter((line) => line.endsWith(' src/fake.ts'))).toHaveLength(1);
    expect(out).toContain(String.raw`src/a\n 99.9%  src/fake.ts`);
  });

  it('are in JSON as they are, once it is parsed', async () => {
    const ran = await cli(['recall', ...common, '--json', 'late fee of a loan'], { home });
    expectPlain(ran);
    const paths = (JSON.parse(ran.out) as { files: { path: string }[] }).files.map(({ path }) => path);
    for (const path of Object.values(EVIL)) expect(paths).toContain(path);
    const gone = await cli(['forget', ...common, '--json', EVIL.row], { home });
    expectPlain(gone);
    expect(JSON.parse(gone.out)).toMatchObject({ paths: [EVIL.row] });
  });

  it('are escaped on a terminal too, and without colours where NO_COLOR is set', async (context) => {
    if (!existsSync('/usr/bin/script')) context.skip('there is no program `script` that gives a terminal');
    const drawn = await onTerminal(['ingest', ...common, '--remember'], { home });
    // The bar's own codes move the cursor and colour nothing; none is of a name.
    for (const code of ['\x1b]', '\x9b', '\u202e', '\u200b', '\x1b[2J']) expect(drawn).not.toContain(code);
    const colored = await onTerminal(['ask', ...common, '--max-tokens', '8', 'late fee of a loan'], { home });
    expect(colored).toContain('\x1b[1mRelevant files');
    const plain = await onTerminal(['ask', ...common, '--max-tokens', '8', 'late fee of a loan'], {
      home,
      env: { NO_COLOR: '1' },
    });
    const codes = plain.split('\x1b[').slice(1);
    expect(codes.filter((code) => /^[\d;]*m/.test(code))).toEqual([]);
  });

  it('end without a word when nobody reads, and with a sentence when the output cannot be written', async () => {
    for (const args of [['stats', '--files'], ['verify'], ['recall', '--json', 'late fee']]) {
      const ran = await cli([...args, ...common], {
        home,
        onStart: (child) => {
          child.stdout?.destroy();
        },
      });
      expect(ran.err, args.join(' ')).toBe('');
      expect(ran.code, args.join(' ')).toBe(141);
    }
    const deaf = await cli(['stats', ...common], {
      home,
      onStart: (child) => {
        child.stderr?.destroy();
      },
    });
    expect(deaf.code).toBe(0);
    if (!existsSync('/dev/full')) return;
    const full = await shell(`"$0" "$@" > /dev/full`, [process.execPath, CLI, 'stats', ...common], home);
    expect(full.err.trim()).toMatch(/^The output cannot be written \(ENOSPC\)[^\n]*$/);
    expect(full.code).toBe(1);
  });
});

function shell(command: string, args: readonly string[], home: string, extra: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const env = { ...process.env, ...extra, ASK_CODEBASE_HOME: home, ASK_CODEBASE_MODELS: MODELS };
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', command, ...args], { env });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('close', (code) => {
      resolve({ code, out, err });
    });
  });
}

/** Everything that a terminal gets to see of a run. */
async function onTerminal(
  args: readonly string[],
  { home, env = {} }: { readonly home: string; readonly env?: NodeJS.ProcessEnv },
): Promise<string> {
  const quoted = [process.execPath, CLI, ...args].map((each) => `'${each.replaceAll("'", `'\\''`)}'`).join(' ');
  // Node colours nothing where CI is set.
  const given = { TERM: 'xterm-256color', CI: undefined, FORCE_COLOR: undefined, NO_COLOR: undefined, ...env };
  return (await shell(`script -qec "$0" ${join(home, 'typescript')}`, [quoted], home, given)).out;
}
