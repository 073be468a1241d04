import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIBRARY, place, temporary } from './cli.ts';
import { everything, Host } from './service-host.ts';

const git = (folder: string, ...args: string[]) =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=Test', '-c', 'user.email=test@example.org', ...args]);

describe('the service of the extension, with the real model', () => {
  const home = temporary('home');
  const repo = place(temporary('library'), LIBRARY);
  let host: Host;

  beforeAll(async () => {
    git(repo, 'init', '--quiet');
    git(repo, 'add', '.');
    git(repo, 'commit', '--quiet', '-m', 'First');
    host = new Host(home);
    await host.client.folders([{ root: repo, name: 'library' }]);
    await host.until(repo, 'ready');
  });

  afterAll(async () => {
    await host.client.close();
  });

  it('reads a folder by itself and says what it holds', async () => {
    expect(host.state(repo)).toMatchObject({ kind: 'ready', files: 4 });
    const facts = await host.client.facts(repo);
    expect(facts.files.reduce((sum, file) => sum + file.share, 0)).toBeCloseTo(1, 9);
  });

  it('streams an answer after the relevant files, shares adding up to one', async () => {
    const events = await host.ask('How many days may a reader keep a book before a late fee is due?');
    const kinds = events.map(({ kind }) => kind);
    expect(kinds.indexOf('recalled')).toBeLessThan(kinds.indexOf('token'));
    expect(kinds.at(-1)).toBe('answered');
    const recalled = events.find((event) => event.kind === 'recalled');
    expect(recalled?.files[0]?.path).toBe('src/loans.ts');
    const shares = recalled?.files.reduce((sum, { share }) => sum + share, 0) ?? 0;
    expect(shares).toBeCloseTo(1, 6);
  });

  it('gathers evidence in the thread: references above an answer, page by page, and the commits of lines', async () => {
    const events = await host.ask('Who uses `LOAN_DAYS`?');
    const told = events.find((event) => event.kind === 'evidence');
    expect(told?.evidence).toMatchObject({ kind: 'references', from: 0, isComplete: true });
    const scope = everything;
    const page = { question: 'Who uses `LOAN_DAYS`?', scope, from: 1, most: 1 } as const;
    const second = await host.client.evidence(page);
    expect(second).toMatchObject({ from: 1, count: told?.evidence.count, items: [told?.evidence.items[1]] });
    const history = await host.client.evidence({ ...page, evidenceKind: 'history', from: 0, most: 9 });
    expect(history?.items.at(-1)).toMatchObject({ label: 'commit', text: 'First' });
  });

  it('knows a saved file a moment later, and encodes its changed segment alone', async () => {
    appendFileSync(join(repo, 'src/mail.ts'), "\nexport const POSTAGE_STAMP_COLOUR = 'vermilion';\n");
    await host.client.refresh(repo, ['src/mail.ts']);
    expect(host.refreshed.at(-1)).toMatchObject({ paths: ['src/mail.ts'], encoded: 1 });
    expect(await host.first('What is the postage stamp colour?')).toBe('src/mail.ts');
  });

  it('answers from what was saved a moment before the question', async () => {
    appendFileSync(join(repo, 'src/mail.ts'), "\nexport const REMINDER_BELL_SOUND = 'cuckoo';\n");
    const saving = host.client.refresh(repo, ['src/mail.ts']);
    const events = await host.ask('What is the reminder bell sound?');
    await saving;
    const read = events.find((event) => event.kind === 'read');
    expect(read?.places[0]?.path).toBe('src/mail.ts');
    expect(read?.stale).toBe(0);
  });

  it('follows new files, renamed files and deleted files', async () => {
    writeFileSync(join(repo, 'src/fines.ts'), 'export const amnestyWeek = "the first week of May";\n');
    await host.client.refresh(repo, ['src/fines.ts']);
    expect(await host.first('When is the amnesty week?')).toBe('src/fines.ts');
    renameSync(join(repo, 'src/fines.ts'), join(repo, 'src/amnesty.ts'));
    await host.client.refresh(repo, ['src/fines.ts', 'src/amnesty.ts']);
    expect(await host.first('When is the amnesty week?')).toBe('src/amnesty.ts');
    rmSync(join(repo, 'src/amnesty.ts'));
    await host.client.refresh(repo, ['src/amnesty.ts']);
    const { files } = await host.client.facts(repo);
    expect(files.map(({ path }) => path)).not.toContain('src/amnesty.ts');
  });

  it('encodes nothing when a branch is left and come back to', async () => {
    git(repo, 'add', '.');
    git(repo, 'commit', '--quiet', '-m', 'Second');
    git(repo, 'switch', '--quiet', '-c', 'other');
    writeFileSync(join(repo, 'src/catalogue.ts'), 'export const closedOn = "Mondays";\n');
    git(repo, 'commit', '--quiet', '-am', 'Other');
    await host.client.refresh(repo);
    expect(await host.first('On which day is it closed?')).toBe('src/catalogue.ts');
    const encoded = () => host.notices.filter((notice) => notice.kind === 'log').at(-1)?.line;
    git(repo, 'switch', '--quiet', '-');
    await host.client.refresh(repo);
    expect(encoded()).toContain(' 0 segments encoded');
    git(repo, 'switch', '--quiet', 'other');
    await host.client.refresh(repo);
    expect(encoded()).toContain(' 0 segments encoded');
    git(repo, 'switch', '--quiet', '-');
    await host.client.refresh(repo);
  });

  it('sees unsaved text, cites it, and forgets it when it is taken off', async () => {
    const before = readFileSync(join(repo, 'src/catalogue.ts'), 'utf8');
    const unsaved = `${before}\nexport const wheelchairRamp = 'at the north door';\n`;
    await host.client.overlay(repo, 'src/catalogue.ts', unsaved);
    const events = await host.ask('Where is the wheelchair ramp?');
    const read = events.find((event) => event.kind === 'read');
    expect(read?.places[0]?.path).toBe('src/catalogue.ts');
    expect(read?.stale).toBe(0);
    const answered = events.find((event) => event.kind === 'answered');
    const cited = answered?.answer.sentences.flatMap((found) => (found.kind === 'supported' ? [found.citation] : []));
    expect(cited?.map(({ path }) => path)).toContain('src/catalogue.ts');
    await host.client.overlay(repo, 'src/catalogue.ts', undefined);
    const after = await host.ask('Where is the wheelchair ramp?');
    expect(after.find((event) => event.kind === 'read')?.stale ?? 0).toBe(0);
    expect(readFileSync(join(repo, 'src/catalogue.ts'), 'utf8')).toBe(before);
  });

  it('asks a scope alone', async () => {
    const question = 'How many days may a reader keep a book?';
    const folder = { base: { kind: 'folder', path: 'src' }, terms: '' } as const;
    const files = { base: { kind: 'files', paths: ['src/mail.ts', 'README.md'] }, terms: '' } as const;
    expect(await host.first(question, { scope: folder })).toBe('src/loans.ts');
    expect(['src/mail.ts', 'README.md']).toContain(await host.first(question, { scope: files }));
    const terms = { base: { kind: 'workspace' }, terms: '+src -loans.ts' } as const;
    const rest = await host.client.recall(question, terms);
    expect(rest.map(({ path }) => path).toSorted()).toEqual(['src/catalogue.ts', 'src/mail.ts']);
    const nonsense = { base: { kind: 'workspace' }, terms: '+../other' } as const;
    await expect(host.client.recall(question, nonsense)).rejects.toThrow('cannot be read');
    appendFileSync(join(repo, 'README.md'), '\nOpen on Sundays.\n');
    await host.client.refresh(repo, ['README.md']);
    const changed = await host.client.recall(question, { base: { kind: 'changed' }, terms: '' });
    expect(changed.map(({ path }) => path)).toEqual(['README.md']);
  });

  it('goes on from what was read, and reads all anew once a file of it is forgotten', async () => {
    const history: { question: string; answer: string }[] = [];
    /** The first of the prompt that was not kept, as the first run that read some of it tells. */
    const firstRun = async (question: string) => {
      const events = await host.ask(question, { history: [...history] });
      history.push({ question, answer: events.find((event) => event.kind === 'answered')?.answer.text ?? '' });
      return events.find((event) => event.kind === 'prefilled')?.tokens;
    };
    await firstRun('How many days may a reader keep a book before a late fee is due?');
    expect(await firstRun('And how is a loan renewed?')).toBeGreaterThan(128);
    await host.client.forget(repo, ['src/loans.ts']);
    expect(await firstRun('And who sends a reminder?')).toBeLessThanOrEqual(128);
    await host.client.remember(repo, ['src/loans.ts']);
  });

  it('forgets a file for good, until it is wanted back', async () => {
    const question = 'How many days may a reader keep a book?';
    const { files } = await host.client.forget(repo, ['src/loans.ts']);
    expect(files).toBe(1);
    expect(await host.first(question)).not.toBe('src/loans.ts');
    await host.client.refresh(repo);
    expect(await host.first(question)).not.toBe('src/loans.ts');
    await host.client.remember(repo, ['src/loans.ts']);
    expect(await host.first(question)).toBe('src/loans.ts');
  });

  it('reads the lines that a question is about, whatever the memory says', async () => {
    const selection = { path: 'src/mail.ts', start: 2, end: 4 };
    const events = await host.ask('What does this do?', { selection });
    const read = events.find((event) => event.kind === 'read');
    expect(read?.places[0]).toEqual(selection);
    expect(events.at(-1)?.kind).toBe('answered');
  });

  it('stops an answer when it is told to, and answers the next question', async () => {
    const controller = new AbortController();
    const asked = host.client.ask(
      { question: 'How is a book found by its title?', history: [], scope: everything },
      (event) => {
        // A small model's sentences come whole, so the first may be the last.
        if (event.kind === 'prefilled') controller.abort();
      },
      controller.signal,
    );
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    expect((await host.ask('Who sends reminders?')).at(-1)?.kind).toBe('answered');
  });

  it('asks two folders as one, with their names before the paths', async () => {
    const garden = place(temporary('garden'), {
      'beds.py': 'WATERING_HOURS = (6, 21)  # tulips are watered at dawn and at dusk\n',
    });
    await host.client.folders([
      { root: repo, name: 'library' },
      { root: garden, name: 'garden' },
    ]);
    await host.until(garden, 'ready');
    expect(await host.first('When are the tulips watered?')).toBe('garden/beds.py');
    expect(await host.first('How many days may a reader keep a book?')).toBe('library/src/loans.ts');
    await host.client.folders([{ root: repo, name: 'library' }]);
  });

  it('asked the moment a folder is opened, reads what is nearest to the question first, and answers', async () => {
    const fresh = place(temporary('fresh'), LIBRARY);
    git(fresh, 'init', '--quiet');
    const newcomer = new Host(temporary('fresh-home'));
    try {
      await newcomer.client.folders([{ root: fresh, name: 'fresh' }]);
      const events = await newcomer.ask('How many days may a reader keep a book before a late fee is due?');
      expect(events.find((event) => event.kind === 'recalled')?.files[0]?.path).toBe('src/loans.ts');
      expect(events.at(-1)?.kind).toBe('answered');
    } finally {
      await newcomer.client.close();
    }
  });

  it('reads a folder once where two windows open it at the same time', async () => {
    const pair = place(temporary('pair'), LIBRARY);
    const other = new Host(home);
    await Promise.all([host, other].map((window) => window.client.folders([{ root: pair, name: 'pair' }])));
    await Promise.all([host, other].map((window) => window.until(pair, 'ready')));
    const encoded = [host, other].flatMap((window) =>
      window.notices.flatMap((notice) => {
        const [, count] = (notice.kind === 'log' && /^pair: .* (\d+) segments encoded/.exec(notice.line)) || [];
        return count === undefined ? [] : [Number(count)];
      }),
    );
    expect(encoded.toSorted((a, b) => a - b)).toEqual([0, 4]);
    expect(await other.first('How many days may a reader keep a book?')).toBe('src/loans.ts');
    await other.client.close();
    await host.client.folders([{ root: repo, name: 'library' }]);
  });

  it('remembers after a restart and reads nothing again', async () => {
    await host.client.close();
    host = new Host(home);
    await host.client.folders([{ root: repo, name: 'library' }]);
    await host.until(repo, 'ready');
    const line = host.notices.find((notice) => notice.kind === 'log')?.line;
    expect(line).toContain(' 0 segments encoded');
    expect(await host.first('How many days may a reader keep a book?')).toBe('src/loans.ts');
  });
});
