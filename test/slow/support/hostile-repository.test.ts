import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hostileRepository } from '../../support/hostile-repository.ts';
import type { HostileRepository } from '../../support/hostile-repository.ts';

/** The tripwires would prove nothing if nothing could trip them: here git runs as careless programs run it. */
describe.skipIf(process.platform === 'win32')('a hostile repository', () => {
  let hostile: HostileRepository;
  beforeAll(() => {
    hostile = hostileRepository({ hangs: ['files'] });
  });
  afterEach(() => {
    hostile.reset();
  });
  afterAll(() => {
    hostile.remove();
  });
  const careless = (...args: string[]) => {
    spawnSync('git', ['-C', hostile.root, ...args], { stdio: 'ignore', timeout: 60_000 });
  };

  test('is quiet until somebody runs git in it', () => {
    expect(hostile.tripped()).toEqual([]);
    execFileSync('ls', ['-R', hostile.root]);
    expect(hostile.tripped()).toEqual([]);
  });

  test.each([
    [['status'], ['core.fsmonitor', 'filter.trip.clean', 'module: core.fsmonitor', 'module: filter.trip.clean']],
    [
      ['update-index', '--really-refresh'],
      ['filter.included.clean', 'filter.included-if.clean', 'filter.worktree.clean'],
    ],
    [['diff'], ['diff.trip.command']],
    [['log', '-1'], ['gpg.openpgp.program']],
    [
      ['cat-file', 'blob', 'HEAD~1:src/loans.ts'],
      ['remote.ext.url', 'remote.uploadpack.uploadpack'],
    ],
    [['grep', '--textconv', 'LOAN'], ['diff.trip.textconv']],
    [['checkout-index', '--force', '--all'], ['filter.trip.smudge']],
    [['update-ref', 'refs/heads/other', 'HEAD'], ['core.hooksPath/reference-transaction']],
    [['fetch', 'ssh'], ['core.sshCommand']],
    [['fetch', 'git'], ['core.gitProxy']],
    [['tag', '--message', 'x', 'one'], ['gpg.openpgp.program']],
    [['interpret-trailers', '/dev/null'], ['trailer.trip.cmd']],
    [['-C', 'vendor/bare', 'status'], ['vendor/bare: core.fsmonitor']],
    [['-C', 'elsewhere', 'status'], ['elsewhere: core.fsmonitor']],
  ])('git %j runs its programs', (args, expected) => {
    careless(...args);
    expect(hostile.tripped()).toEqual(expect.arrayContaining(expected));
  });

  test('tells which command line led to a program', () => {
    careless('ls-files', '--others');
    expect(hostile.trail('core.fsmonitor')).toContain('git -C');
  });
});
