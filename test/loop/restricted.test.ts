import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileRepository, OUTSIDE } from '../support/hostile-repository.ts';
import type { HostileRepository } from '../support/hostile-repository.ts';
import { LIBRARY, temporary } from './cli.ts';
import { everything, Host } from './service-host.ts';

/** The tests of this file go on from each other: a folder is opened, asked, trusted and asked again. */
describe.skipIf(process.platform === 'win32')('a hostile repository in Restricted Mode, with the real model', () => {
  const home = temporary('home');
  let hostile: HostileRepository;
  let host: Host;
  const remembered = async () => {
    const { files } = await host.client.facts(hostile.root);
    return files.filter(({ state }) => state.kind === 'ingested').map(({ path }) => path);
  };

  beforeAll(async () => {
    hostile = hostileRepository({ hangs: ['files', 'head'] });
    host = new Host(home, { isTrusted: false });
    await host.client.folders([{ root: hostile.root, name: 'hostile' }]);
    await host.until(hostile.root, 'ready');
  });
  afterAll(async () => {
    await host.client.close();
    hostile.remove();
    rmSync(home, { recursive: true, force: true });
  });

  it('is read to the end, and none of its programs is run', async () => {
    expect(await remembered()).toEqual(expect.arrayContaining(Object.keys(LIBRARY)));
    expect(hostile.tripped()).toEqual([]);
  });

  it('shows nothing that lies outside of it', async () => {
    const found = await host.client.recall('OUTSIDE_OF_THE_REPOSITORY', everything);
    expect(found.map(({ path }) => path).filter((path) => path.includes('outside'))).toEqual([]);
    expect(OUTSIDE).toContain('OUTSIDE_OF_THE_REPOSITORY');
  });

  it('is answered from', async () => {
    const events = await host.ask('How is a late fee computed?');
    expect(events.at(-1)?.kind).toBe('answered');
    expect(events.find((event) => event.kind === 'recalled')?.files[0]?.path).toBe('src/loans.ts');
    expect(hostile.tripped()).toEqual([]);
  });

  it('is not asked which files have changed: that is said, and all files are offered', async () => {
    const asked = host.ask('How is a late fee computed?', { scope: { base: { kind: 'changed' }, terms: '' } });
    await expect(asked).rejects.toMatchObject({ message: expect.stringContaining('Restricted Mode') as string });
    await expect(asked).rejects.toMatchObject({ action: 'all-files' });
    expect(hostile.tripped()).toEqual([]);
  });

  it('is read by git once it is trusted, encodes nothing twice, and still runs nothing', async () => {
    const before = await remembered();
    host.notices.length = 0;
    await host.client.settings({ ...host.settings, isTrusted: true });
    await host.until(hostile.root, 'ready');
    expect(await remembered()).toEqual(expect.arrayContaining(Object.keys(LIBRARY)));
    const encoded = host.notices.flatMap((notice) =>
      notice.kind === 'log'
        ? [...notice.line.matchAll(/(\d+) segments encoded/g)].map(([, count]) => Number(count))
        : [],
    );
    expect(encoded).toEqual([0]);
    expect(before.length).toBeGreaterThan(0);
    const changed = await host.client.recall('When is it open?', { base: { kind: 'changed' }, terms: '' });
    expect(changed.map(({ path }) => path)).toContain('README.md');
    expect(hostile.tripped()).toEqual([]);
  });
});
