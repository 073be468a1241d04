import { describe, expect, it } from 'vitest';
import type { MemoryState } from '../../../../src/service/protocol.ts';
import { amounts } from '../../../../src/common/number-format.ts';
import { listedActions } from '../../../../src/ui/status/action-list.ts';
import { workspaceStatus } from '../../../../src/ui/status/workspace-status.ts';
import { statusText } from '../../../../src/ui/status/status-text.ts';
import { statusTooltip } from '../../../../src/ui/status/status-tooltip.ts';

const english = amounts('en');
const opening: MemoryState = { kind: 'opening', message: 'Opening.' };
const ready = (files: number): MemoryState => ({
  kind: 'ready',
  message: 'Ready.',
  files,
  segments: 3 * files,
  suggestedPlaces: [],
});
const reading = (percent: number, ofFiles: number): MemoryState => ({
  ...{ kind: 'reading', message: 'Reading.', percent, files: (percent * ofFiles) / 100, ofFiles, path: 'src/a.ts' },
});
const embedding = (percent: number, files: number, secondsLeft?: number): MemoryState => ({
  ...{ kind: 'embedding', message: 'Embedding.', percent, files, rate: 500, path: 'src/a.ts' },
  ...(secondsLeft === undefined ? {} : { secondsLeft }),
});
const paused = (percent: number, isIndexed = false): MemoryState => ({
  kind: 'paused',
  message: 'Paused.',
  percent,
  isIndexed,
});
const failed: MemoryState = { kind: 'failed', message: 'The disk is full.', action: 'free-space' };

describe('the status of several roots', () => {
  it('is none without a root', () => {
    expect(workspaceStatus([])).toEqual({ kind: 'none' });
  });

  it('adds up what is ready', () => {
    expect(workspaceStatus([ready(10), ready(5)])).toEqual({ kind: 'ready', files: 15, segments: 45 });
  });

  it('weighs the progress of words by files', () => {
    const both = workspaceStatus([reading(50, 100), reading(0, 300)]);
    expect(both).toMatchObject({ kind: 'reading', percent: 12.5, files: 50, ofFiles: 400 });
  });

  it('counts every file that can be asked about while vectors are made, and adds the times', () => {
    const both = workspaceStatus([embedding(50, 100, 60), embedding(0, 300, 120), ready(5)]);
    expect(both).toMatchObject({ kind: 'embedding', percent: 25, files: 405, secondsLeft: 180 });
  });

  it('leaves the time out while one root has none', () => {
    expect(workspaceStatus([embedding(50, 100, 60), embedding(0, 300)])).not.toHaveProperty('secondsLeft');
  });

  it('tells work before failure, failure before a pause, a pause before what is in order', () => {
    expect(workspaceStatus([failed, embedding(1, 2), reading(1, 2), paused(3), ready(1)]).kind).toBe('reading');
    expect(workspaceStatus([failed, embedding(1, 2), paused(3), ready(1)]).kind).toBe('embedding');
    expect(workspaceStatus([failed, opening]).kind).toBe('opening');
    expect(workspaceStatus([paused(3), failed, ready(1)])).toEqual({
      kind: 'failed',
      message: 'The disk is full.',
      action: 'free-space',
    });
    expect(workspaceStatus([ready(1), paused(50)])).toEqual({ kind: 'paused', percent: 75, isIndexed: false });
    expect(workspaceStatus([paused(20), paused(50, true)])).toMatchObject({ isIndexed: false });
    expect(workspaceStatus([ready(1), paused(50, true)])).toMatchObject({ isIndexed: true });
  });
});

describe('the status bar', () => {
  const text = (...states: MemoryState[]) => statusText(workspaceStatus(states), english);

  it('is silent without a folder and quiet when all is read', () => {
    expect(text()).toBeUndefined();
    expect(text(paused(40))?.label).toBe('Ask Codebase: Indexing is paused at 40%.');
    expect(text(paused(40, true))?.label).toBe(
      'Ask Codebase: Embedding is paused at 40%. Every file can be asked about.',
    );
    expect(text(ready(1200))).toEqual({
      text: '$(library)',
      label: 'Ask Codebase: 1,200 files are remembered.',
      tone: 'quiet',
    });
  });

  it('never rounds up to done', () => {
    expect(text(reading(99.9, 1000))?.text).toBe('$(loading~spin) Indexing 99% · 999 of 1,000 files');
    expect(text(embedding(99.9, 1000))).toMatchObject({
      text: '$(loading~spin) Embedding 99%',
      label: 'Ask Codebase: 1,000 files can be asked about. 99% is embedded.',
    });
  });

  it('warns of a failure in its own words', () => {
    expect(text(failed)).toMatchObject({ label: 'Ask Codebase: The disk is full.', tone: 'warning' });
  });
});

describe('the tooltip', () => {
  const folders = [
    { folder: { root: '/a', name: 'a*b](command:x)' }, state: ready(1) },
    { folder: { root: '/b', name: 'b' }, state: ready(2) },
  ];
  const unknown = { digest: undefined, description: undefined };
  const facts = { status: workspaceStatus([ready(1), ready(2)]), folders, isTrusted: true, ...unknown };

  it('lets no name become Markdown', () => {
    expect(statusTooltip(facts, english)).toContain('a\\*b\\] \\(command\\:x\\)');
  });

  it('says in Restricted Mode, and only there, that git is not asked', () => {
    const said = 'Restricted Mode\\: git is not asked';
    expect(statusTooltip({ ...facts, isTrusted: false }, english)).toContain(said);
    expect(statusTooltip(facts, english)).not.toContain(said);
  });

  it('tells speed, time and device where they are known', () => {
    const description = {
      model: 'm',
      device: 'cpu',
      because: '',
      threads: 4,
      prefillRate: 1,
      keptTokens: 0,
      residentBytes: 1,
    } as const;
    const shown = statusTooltip({ ...facts, status: workspaceStatus([embedding(10, 10, 61)]), description }, english);
    expect(shown).toContain('500 tokens per second');
    expect(shown).toContain('about 2 min');
    expect(shown).toContain('CPU\\, 4 threads');
  });
});

describe('the list of actions', () => {
  const commands = (...states: MemoryState[]) =>
    listedActions(workspaceStatus(states), 'none', 'Repair').map(({ command }) => command.replace('askCodebase.', ''));

  it('begins with what the state calls for', () => {
    expect(commands(reading(1, 2))[0]).toBe('pause');
    expect(commands(embedding(1, 2))[0]).toBe('pause');
    expect(commands(paused(1))[0]).toBe('resume');
    expect(commands(failed)[0]).toBe('repair');
    expect(commands(ready(1))[0]).toBe('ask');
  });

  it('hides and shows marks', () => {
    const shown = listedActions({ kind: 'none' }, 'shown', undefined).map(({ command }) => command);
    expect(shown).toContain('askCodebase.hideMarks');
    expect(shown).not.toContain('askCodebase.showMarks');
  });
});
