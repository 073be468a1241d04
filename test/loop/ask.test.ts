import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cli, LIBRARY, place, temporary } from './cli.ts';
import type { Ran } from './cli.ts';

interface Told {
  readonly known: boolean;
  readonly files: { path: string; share: number; segments: { start: number; end: number; share: number }[] }[];
  readonly answer?: {
    text: string;
    sentences: { kind: string; citation?: { path: string; start: number; end: number } }[];
  };
}

const QUESTION = 'How many days may a reader keep a book before a late fee is due?';

describe('a question to a small project, with the real model', () => {
  const home = temporary('home');
  const repo = place(temporary('library'), LIBRARY);
  let first: Ran;
  let told: Told;

  beforeAll(async () => {
    const args = ['ask', '--repo', repo, '--device', 'cpu', '--json', '--complete', '--max-tokens', '80', QUESTION];
    first = await cli(args, { home });
    told = JSON.parse(first.out || '{}') as Told;
  });

  it('answers and points first to the file that does the work', () => {
    expect(first.code, first.err).toBe(0);
    expect(told.known).toBe(true);
    expect(told.files[0]?.path).toBe('src/loans.ts');
    expect(told.answer?.text.length).toBeGreaterThan(20);
  });

  it('points to it by its words, before all is embedded, and says so', async () => {
    const args = ['recall', '--repo', repo, '--device', 'cpu', '--json', '--embed-for', '0', QUESTION];
    const words = await cli(args, { home: temporary('home') });
    const found = JSON.parse(words.out) as Told & { readonly embedded: { segments: number; ofSegments: number } };
    expect(found.files[0]?.path).toBe('src/loans.ts');
    expect(found.files.reduce((sum, file) => sum + file.share, 0)).toBeCloseTo(1, 6);
    expect(found.embedded.segments).toBe(0);
    expect(found.embedded.ofSegments).toBeGreaterThan(3);
  });

  it('gives shares that add up to one', () => {
    expect(told.files.reduce((sum, file) => sum + file.share, 0)).toBeCloseTo(1, 6);
  });

  it('cites only lines that exist', () => {
    const cited = told.answer?.sentences.flatMap(({ citation }) => (citation ? [citation] : [])) ?? [];
    for (const { path, start, end } of cited) {
      const lines = readFileSync(join(repo, path), 'utf8').split('\n');
      expect(start).toBeGreaterThanOrEqual(1);
      expect(end).toBeLessThanOrEqual(lines.length);
    }
  });

  it('reads nothing again the second time, and gives the same answer', async () => {
    const report = await cli(['ingest', '--repo', repo, '--device', 'cpu', '--json'], { home });
    expect(JSON.parse(report.out)).toMatchObject({ read: 0, encoded: 0, tokens: 0 });
    const again = await cli(['ask', '--repo', repo, '--device', 'cpu', '--json', '--max-tokens', '80', QUESTION], {
      home,
    });
    expect((JSON.parse(again.out) as Told).answer?.text).toBe(told.answer?.text);
  });

  it('encodes only what changed, and finds it', async () => {
    const path = join(repo, 'src/mail.ts');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, `${text}\nexport const POSTAGE_STAMP_COLOUR = 'vermilion';\n`);
    const report = await cli(['ingest', '--repo', repo, '--device', 'cpu', '--json'], { home });
    expect(JSON.parse(report.out)).toMatchObject({ read: 1, encoded: 1 });
    const question = 'What is the postage stamp colour?';
    const asked = await cli(['recall', '--repo', repo, '--device', 'cpu', '--json', question], { home });
    const found = JSON.parse(asked.out) as Told & { readonly segments: readonly { readonly path: string }[] };
    expect(found.files[0]?.path).toBe('src/mail.ts');
    expect(found.segments[0]?.path).toBe('src/mail.ts');
  });

  it('prints one line a question for a file of questions, and nothing else', async () => {
    const questions = join(temporary('questions'), 'q.jsonl');
    const rows = [
      { id: 'a', question: 'Who sends reminders?' },
      { id: 'b', question: 'How is a book found by its title?' },
    ];
    writeFileSync(questions, rows.map((row) => JSON.stringify(row)).join('\n'));
    const args = ['recall', '--repo', repo, '--device', 'cpu', '--questions', questions, '--json'];
    const { out, code } = await cli(args, { home });
    const lines = out.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['a', 'b']);
  });

  it('shows what it holds and what it left out', async () => {
    const { out, code } = await cli(['stats', '--repo', repo, '--json'], { home });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ files: { ingested: 4, failed: 0 } });
  });
});
