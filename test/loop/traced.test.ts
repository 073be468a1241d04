import { readdirSync, realpathSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileRepository } from '../support/hostile-repository.ts';
import type { HostileRepository } from '../support/hostile-repository.ts';
import { calls, traced, whyNoTrace } from '../support/traced.ts';
import type { Trace } from '../support/traced.ts';
import { CLI, MODELS, temporary } from './cli.ts';

/** What git may be asked: each of these answers by itself, and starts nothing where its settings are held back. */
const ASKED = [
  'cat-file',
  'config',
  'diff',
  'diff-index',
  'diff-tree',
  'ls-files',
  'ls-tree',
  'rev-list',
  'rev-parse',
  'status',
];
/** Sockets on this machine alone that the C library asks for the names of users and hosts. */
const LOCAL = /\/var\/run\/nscd\/socket|\/run\/systemd\/userdb\//;

const reason = whyNoTrace();
if (reason !== undefined) console.warn(`What the command line starts is not traced: ${reason}`);

/** A session as people have one, over a repository whose every setting names a program. */
describe.skipIf(reason !== undefined)('the command line, traced, where no network can be reached', () => {
  const home = temporary('home');
  const other = temporary('other-home');
  /** The user's own folder: nothing belongs there but what ASK_CODEBASE_HOME names. */
  const user = temporary('user');
  let hostile: HostileRepository;
  const traces: (readonly [command: string, Trace])[] = [];
  const run = async (command: string, ...args: string[]) => {
    // Without what keeps the runtime of the tests themselves from telling anybody: the program has to see to that.
    const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ORT_')));
    const folders = { HOME: user, XDG_CACHE_HOME: join(user, 'cache'), XDG_CONFIG_HOME: join(user, 'config') };
    const env: NodeJS.ProcessEnv = { ...own, ...folders, ASK_CODEBASE_HOME: home, ASK_CODEBASE_MODELS: MODELS };
    if (command === 'import') env.ASK_CODEBASE_HOME = other;
    const device = ['forget', 'verify', 'stats', 'export', 'import'].includes(command) ? [] : ['--device', 'cpu'];
    const all = [CLI, command, '--repo', hostile.root, ...device, ...args];
    const trace = await traced(process.execPath, all, env, hostile.root);
    traces.push([command, trace]);
    return trace;
  };
  const snapshot = join(home, 'library.imem');

  beforeAll(() => {
    hostile = hostileRepository();
  });
  afterAll(() => {
    hostile.remove();
    for (const folder of [home, other, user]) rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['ingest', []],
    ['recall', ['How is a late fee computed?']],
    ['ask', ['How is a late fee computed?']],
    ['stats', ['--files']],
    ['verify', []],
    ['diff', ['HEAD']],
    ['export', [snapshot]],
    ['import', [snapshot]],
    ['forget', ['src/mail.ts']],
  ])('%s ends well', async (command, args) => {
    const { code, out } = await run(command, ...args);
    expect([code, out]).toEqual([0, expect.any(String)]);
  });

  it('asks for no object that is missing and that a remote has promised', async () => {
    const { code } = await run('diff', 'HEAD~1');
    expect(code).not.toBeNull();
    expect(hostile.tripped()).toEqual([]);
  });

  it('starts itself and git, and git starts nothing', () => {
    const git = realpathSync('/usr/bin/git');
    for (const [command, { started }] of traces) {
      expect(started.length).toBeGreaterThan(0);
      for (const { program, args } of started) {
        const isGit = basename(program) === 'git';
        expect([command, program, isGit || program === process.execPath]).toEqual([command, program, true]);
        if (!isGit) continue;
        expect(realpathSync(program)).toBe(git);
        const asked = args.find((arg) => ASKED.includes(arg));
        expect([command, args, asked === undefined]).toEqual([command, args, false]);
      }
    }
    expect(traces.flatMap(([, { started }]) => started).some(({ program }) => basename(program) === 'git')).toBe(true);
  });

  it('makes no socket that leads off the machine', () => {
    for (const [command, { sockets }] of traces) {
      const local = (line: string) => /\bAF_UNIX\b/.test(line) && (line.startsWith('socket(') || LOCAL.test(line));
      expect([command, sockets.filter((line) => !local(line))]).toEqual([command, []]);
    }
  });

  it('leaves nothing in the folders of the user', () => {
    expect(readdirSync(user, { recursive: true })).toEqual([]);
  });

  it('ran nothing of the repository', () => {
    expect(hostile.tripped()).toEqual([]);
  });
});

describe('the reader of traces', () => {
  it('finds a program and a socket, also where another thread came between', () => {
    const trace = [
      '11  execve("/a/curl", ["curl", "x"], 0x1 /* 3 vars */) = -1 ENOENT (No such file or directory)',
      '11  execve("/usr/bin/curl", ["curl", "https://example.com"], 0x1 /* 3 vars */ <unfinished ...>',
      '12  socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3',
      '11  <... execve resumed>)              = 0',
      '12  connect(3, {sa_family=AF_INET, sin_port=htons(443)}, 16 <unfinished ...>',
      '12  <... connect resumed>)             = -1 ENETUNREACH (Network is unreachable)',
    ].join('\n');
    const { started, sockets } = calls(trace);
    expect(started).toEqual([{ program: '/usr/bin/curl', args: ['curl', 'https://example.com'] }]);
    expect(sockets).toHaveLength(2);
  });
});
