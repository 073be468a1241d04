import { join } from 'node:path';
import { expect, test } from 'vitest';
import { libraryRepository } from './driver/repository.ts';
import { useCode } from './driver/use-code.ts';

const code = useCode(() => ({
  folder: libraryRepository(),
  beside: [join(import.meta.dirname, 'fixtures/in-host')],
  settings: { 'askCodebase.device': 'cpu' },
}));

test('the host has what the memory needs, and the extension is whole in it', async () => {
  await code().workbench.run('In the Host: Run');
  expect(await code().workbench.statusItem('in-host')).toBe('in-host passed');
});
