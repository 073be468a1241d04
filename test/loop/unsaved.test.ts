import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIBRARY, place, temporary } from './cli.ts';
import { Host } from './service-host.ts';

/** Unsaved text while settings, folders and what is forgotten change around it. */
describe('text that is not saved', () => {
  const repo = place(temporary('unsaved'), { ...LIBRARY, '.env': 'MAIL_PASSWORD=first\n' });
  const host = new Host(temporary('home'));
  const path = 'src/catalogue.ts';
  const typed = `${readFileSync(join(repo, path), 'utf8')}\nexport const wheelchairRamp = 'at the north door';\n`;
  const question = 'Where is the wheelchair ramp?';
  const folders = [{ root: repo, name: 'library' }];
  /** Whether the unsaved line was put to the model. */
  const reads = async (line: string, asked = question) => {
    const events = await host.ask(asked);
    const read = events.find((event) => event.kind === 'read');
    const lines = read?.places.filter((place) => place.path === path).map(({ end }) => end) ?? [];
    return Math.max(0, ...lines) >= typed.split('\n').findIndex((each) => each.includes(line)) + 1;
  };

  beforeAll(async () => {
    await host.client.folders(folders);
    await host.until(repo, 'ready');
    await host.client.overlay(repo, path, typed);
  });

  afterAll(async () => {
    await host.client.close();
  });

  it('still counts after settings that open the memory anew, without another keystroke', async () => {
    expect(await reads('wheelchairRamp')).toBe(true);
    const changing = host.client.settings({ ...host.settings, threads: 1 });
    // Asked while the memory is closed and opened: it waits, and does not fail.
    expect(await reads('wheelchairRamp')).toBe(true);
    await changing;
    expect(await reads('wheelchairRamp')).toBe(true);
  });

  it('goes with its file when the settings exclude it, and comes back with it', async () => {
    await host.client.settings({ ...host.settings, exclude: ['catalogue.ts'] });
    await host.client.refresh(repo);
    expect(await host.paths(question)).not.toContain(path);
    await host.client.settings(host.settings);
    await host.client.refresh(repo);
    expect(await reads('wheelchairRamp')).toBe(true);
  });

  it('goes with its file when that is forgotten', async () => {
    await host.client.forget(repo, [path]);
    expect(await host.paths(question)).not.toContain(path);
    await host.client.remember(repo, [path]);
    expect(await reads('wheelchairRamp')).toBe(true);
  });

  it('is left out where the file would be: a secret stays one', async () => {
    await host.client.overlay(repo, '.env', 'WHEELCHAIR_RAMP_PASSWORD=second\n');
    expect(await host.paths('What is the wheelchair ramp password?')).not.toContain('.env');
  });
});
