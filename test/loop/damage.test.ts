import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { AppError } from '../../src/common/app-error.ts';
import { LIBRARY, place, temporary } from './cli.ts';
import { Host } from './service-host.ts';

const question = 'How many days may a reader keep a book?';

/** The memory of a folder, with one record that is not what was stored. */
async function damaged() {
  const home = temporary('home');
  const repo = place(temporary('damage'), LIBRARY);
  const first = new Host(home);
  await first.client.folders([{ root: repo, name: 'library' }]);
  await first.until(repo, 'ready');
  await first.client.close();

  const [database = ''] = globSync(join(home, '**/*.sqlite'));
  expect(readFileSync(database).length).toBeGreaterThan(0);
  const db = new DatabaseSync(database);
  db.exec('UPDATE record SET vectors = zeroblob(length(vectors)) WHERE id = 1');
  db.close();

  const host = new Host(home);
  await host.client.folders([{ root: repo, name: 'library' }]);
  return host;
}

/** What the button under a failure does: the same question once more. */
it('a damaged part of the memory is told with one button, and that button repairs it', async () => {
  const host = await damaged();
  const asking = host.ask(question);
  await expect(asking).rejects.toBeInstanceOf(AppError);
  await expect(asking).rejects.toMatchObject({ action: 'retry' });
  const again = await host.ask(question);
  expect(again.at(-1)?.kind).toBe('answered');
  expect(await host.paths(question)).toContain('src/loans.ts');
  await host.client.close();
});

it('a damaged part of the memory that a tool meets is logged and repaired', async () => {
  const host = await damaged();
  const search = () => host.client.tool('search_codebase', { question });
  expect(await search()).toMatchObject({ kind: 'refused' });
  const logged = host.notices.flatMap((notice) => (notice.kind === 'log' ? [notice.line] : []));
  expect(logged.some((line) => line.startsWith('search_codebase: AppError'))).toBe(true);
  expect(await search()).toMatchObject({ kind: 'answered' });
  await host.client.close();
});
