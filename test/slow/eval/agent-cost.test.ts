import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { costRow, spend, type Answer, type Spent } from '../../eval/agent-cost.ts';
import { grepAndRead } from '../../eval/agent-tools.ts';

async function* answering(...answers: Answer[]): AsyncGenerator<Answer> {
  for (const answer of answers) yield await Promise.resolve(answer);
}

test('an agent stops where lines of all gold files are shown, and pays for every call whole', async () => {
  const calls = () =>
    answering(
      { tokens: 100, files: ['a.ts'] },
      { tokens: 200, files: ['a.ts', 'b.ts'] },
      { tokens: 400, files: ['a.ts', 'b.ts', 'c.ts'] },
    );
  expect(await spend(calls(), ['b.ts'])).toEqual({ isComplete: true, recall: 1, tokens: 300, calls: 2, files: 2 });
  const half = { isComplete: false, recall: 0.5, tokens: 700, calls: 3, files: 3 };
  expect(await spend(calls(), ['c.ts', 'd.ts'])).toEqual(half);
});

test('what exceeds the patience of an agent is paid for to its end, and shows nothing', async () => {
  const calls = answering({ tokens: 60, files: ['a.ts'] }, { tokens: 60, files: ['b.ts'] });
  const given = { isComplete: false, recall: 0, tokens: 100, calls: 2, files: 1 };
  expect(await spend(calls, ['b.ts'], 100)).toEqual(given);
});

test('a question that was given up counts in the means with what it cost', () => {
  const spent: Spent[] = [
    { isComplete: true, recall: 1, tokens: 100, calls: 1, files: 1 },
    { isComplete: false, recall: 0.5, tokens: 700, calls: 3, files: 5 },
  ];
  const row = costRow(spent);
  expect(row).toEqual({ complete: 0.5, recall: 0.75, tokens: { mean: 400, median: 400 }, calls: 2, files: 3 });
});

test.skipIf(process.platform === 'win32').each([
  // Two words once each, or one word seven times.
  ['words', ['both.ts', 'often.ts']],
  ['lines', ['often.ts', 'both.ts']],
] as const)('grep and read: most %s first, and files whole', async (by, order) => {
  const folder = mkdtempSync(join(tmpdir(), 'agent-cost-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const program = join(folder, 'rg');
  const lines = String.raw`case "$*" in *caret*) printf './both.ts\0001\nnone.md\0009\n';; *) printf './both.ts\0001\noften.ts\0007\n';; esac`;
  writeFileSync(program, `#!/bin/sh\n${lines}\n`);
  chmodSync(program, 0o755);
  const files = [
    { path: 'both.ts', text: 'four' },
    { path: 'often.ts', text: 'sixsix' },
  ];
  const task = {
    repository: { name: 'a@1', root: folder, files },
    questions: [],
    signal: new AbortController().signal,
  };
  const shown: Answer[] = [];
  await grepAndRead(program, (text) => Promise.resolve(text.length), by).use(task, async (calls) => {
    for await (const answer of calls({ id: 'q', text: 'where is the caret moved' })) shown.push(answer);
  });
  expect(shown.map((answer) => answer.files[0])).toEqual(order);
  expect(new Set(shown.map(({ tokens }) => tokens))).toEqual(new Set([4, 6]));
});
