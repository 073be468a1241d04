import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, LIBRARY, MODELS, place, temporary } from './cli.ts';
import type { Ran } from './cli.ts';

/** One plain sentence (or two: what is wrong, what to do), no stack, and an exit code that says so. */
function expectSentence({ code, out, err }: Ran, pattern: RegExp, exitCode = 1): void {
  expect(err).toMatch(pattern);
  expect(err + out).not.toMatch(/\n\s+at /);
  expect(err.trim().split('\n').length).toBeLessThanOrEqual(2);
  expect(code).toBe(exitCode);
}

const small = () => place(temporary('small'), { 'a.ts': LIBRARY['src/mail.ts'] });

/** A copy of the models in which `name` is what `change` makes of it; the rest are links to the same files. */
function modelsWith(folder: 'base' | 'adapter', name: string, change: (path: string) => void): string {
  const models = temporary('models');
  for (const part of ['base', 'adapter']) {
    mkdirSync(join(models, part));
    for (const file of readdirSync(join(MODELS, part))) {
      if (file.startsWith('.')) continue;
      const from = join(MODELS, part, file);
      const to = join(models, part, file);
      if (part === folder && file === name) {
        copyFileSync(from, to);
        change(to);
      } else {
        tryLink(from, to);
      }
    }
  }
  return models;
}

interface Adapter {
  readonly tensors: Record<string, { shape: number[]; data: { bytes: number } }>;
}

/** Makes the adapter fit a manifest that was changed. */
function rebase(models: string): void {
  const base = createHash('sha256')
    .update(readFileSync(join(models, 'base/manifest.json')))
    .digest('hex');
  const path = join(models, 'adapter/adapter.json');
  const adapter = readFileSync(path, 'utf8').replace(/"base": "[0-9a-f]+"/, `"base": "${base}"`);
  // Its own file: this one is a link to the model that is shipped.
  rmSync(path);
  writeFileSync(path, adapter);
}

function tryLink(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

/** Writes until the disk is full. */
function fill(path: string): void {
  try {
    for (;;) appendFileSync(path, new Uint8Array(4096));
  } catch {
    // ENOSPC is what was wanted
  }
}

describe('bad input', () => {
  it('no such folder', async () => {
    expectSentence(await cli(['ask', '--repo', '/no/such/folder', 'Why?'], { home: temporary('home') }), /no folder/);
  });

  it('a file instead of a folder', async () => {
    const repo = small();
    const ran = await cli(['ask', '--repo', join(repo, 'a.ts'), 'Why?'], { home: temporary('home') });
    expectSentence(ran, /is a file, not a folder/);
  });

  it('an empty folder', async () => {
    const ran = await cli(['ask', '--repo', temporary('empty'), 'Why?'], { home: temporary('home') });
    expectSentence(ran, /nothing to read/);
  });

  it('a folder with only binaries', async () => {
    const repo = place(temporary('binaries'), { 'a.bin': Uint8Array.of(0, 1, 2, 255, 0, 7), 'b.png': '\x89PNG\0\0' });
    const home = temporary('home');
    expectSentence(await cli(['ask', '--repo', repo, 'Why?'], { home }), /nothing to read/);
    const { out } = await cli(['stats', '--repo', repo, '--json'], { home });
    expect(JSON.parse(out)).toMatchObject({ files: { skipped: 2 } });
  });

  it('an empty question', async () => {
    const ran = await cli(['ask', '--repo', small(), '--device', 'cpu', '  '], { home: temporary('home') });
    expectSentence(ran, /question is empty/);
  });

  it('a wrong option', async () => {
    const ran = await cli(['ask', '--device', 'abacus', 'Why?'], { home: temporary('home') });
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/abacus/);
  });

  it('a bad line in a file of questions', async () => {
    const questions = join(temporary('questions'), 'q.jsonl');
    writeFileSync(questions, '{"id": "a", "question": "Who?"}\nnonsense\n');
    const ran = await cli(['recall', '--repo', small(), '--questions', questions], { home: temporary('home') });
    expectSentence(ran, /Line 2 of/);
  });

  it('a file of 100 MB, bytes that are no text and a loop of links are skipped with a reason, Latin-1 is read', async () => {
    const repo = small();
    writeFileSync(join(repo, 'huge.txt'), 'x');
    truncateSync(join(repo, 'huge.txt'), 100_000_000);
    writeFileSync(
      join(repo, 'latin.txt'),
      Uint8Array.from(
        Buffer.from('A page about a café that serves milk and bread to its many readers.\n'.repeat(5), 'latin1'),
      ),
    );
    writeFileSync(
      join(repo, 'noise.txt'),
      Uint8Array.from({ length: 3000 }, (_, at) => (at * at * 31) % 251),
    );
    symlinkSync('.', join(repo, 'loop'));
    const home = temporary('home');
    const report = await cli(['ingest', '--repo', repo, '--device', 'cpu', '--json'], { home });
    expect(JSON.parse(report.out)).toMatchObject({ read: expect.any(Number) as number, encoded: 2, failed: 0 });
    const { out } = await cli(['stats', '--repo', repo, '--json'], { home });
    const left = (JSON.parse(out) as { skipped: { path: string; reason: string }[] }).skipped;
    const reasons = Object.fromEntries(left.map(({ path, reason }) => [path, reason]));
    expect(reasons['huge.txt']).toBe('too-large');
    expect(reasons['latin.txt']).toBeUndefined();
    expect(reasons['noise.txt']).toBe('binary');
    expect(reasons.loop).toBe('symlink');
  });

  it('a missing shard', async () => {
    const models = modelsWith('base', 'body-00.bin', (path) => {
      execFileSync('rm', [path]);
    });
    const ran = await cli(['ask', '--repo', small(), 'Why?'], { home: temporary('home'), models });
    expectSentence(ran, /body-00\.bin is missing.*npm run models/);
  });

  it('a truncated shard', async () => {
    const models = modelsWith('base', 'body-00.bin', (path) => {
      truncateSync(path, 1_000_000);
    });
    const ran = await cli(['ask', '--repo', small(), 'Why?'], { home: temporary('home'), models });
    expectSentence(ran, /body-00\.bin has 1000000 bytes/);
  });

  it('a shard with one changed byte', async () => {
    const models = modelsWith('base', 'body-00.bin', (path) => {
      const bytes = readFileSync(path);
      bytes[5_000_000] = (bytes[5_000_000] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    });
    const ran = await cli(['ask', '--repo', small(), 'Why?'], { home: temporary('home'), models });
    expectSentence(ran, /body-00\.bin is damaged/);
  });

  it('derived files that were cut short are made again', async () => {
    const models = modelsWith('base', '', () => undefined);
    const args = ['recall', '--repo', small(), '--device', 'cpu', 'Who sends reminders?'];
    const first = await cli(args, { home: temporary('home'), models });
    expect(first.code, first.err).toBe(0);
    const derived = ['base', 'adapter'].flatMap((part) =>
      readdirSync(join(models, part))
        .filter((name) => name.startsWith('.'))
        .map((name) => join(models, part, name)),
    );
    expect(derived.filter((path) => path.endsWith('.onnx')).length).toBeGreaterThanOrEqual(3);
    const sound = derived.map((path) => readFileSync(path));
    for (const path of derived) truncateSync(path, 1_000);
    const again = await cli(args, { home: temporary('home'), models });
    expect(again.code, again.err).toBe(0);
    expect(again.out).toBe(first.out);
    expect(derived.map((path) => readFileSync(path)).every((bytes, at) => bytes.equals(sound[at]!))).toBe(true);
  });

  it('a model that the runtime does not load ends the reading, and the reason is told', async () => {
    const models = modelsWith('adapter', 'adapter.json', (path) => {
      const adapter = JSON.parse(readFileSync(path, 'utf8')) as Adapter;
      // Half as wide as what it is subtracted from.
      adapter.tensors.mean = { ...adapter.tensors.mean!, shape: [448] };
      adapter.tensors.mean.data.bytes /= 2;
      writeFileSync(path, JSON.stringify(adapter));
    });
    const ran = await cli(['recall', '--repo', small(), '--device', 'cpu', 'Why?'], {
      home: temporary('home'),
      models,
    });
    expectSentence(ran, /could not be loaded \(.+\)\. Run `npm run models`/);
  });

  it('an engine that fails at every file is told as such, and not as a folder without text', async () => {
    const models = modelsWith('base', 'manifest.json', (path) => {
      writeFileSync(path, readFileSync(path, 'utf8').replace('"kvHeads": 2', '"kvHeads": 7'));
    });
    rebase(models);
    for (const command of ['recall', 'ask']) {
      const ran = await cli([command, '--complete', '--repo', small(), '--device', 'cpu', 'Why?'], {
        home: temporary('home'),
        models,
      });
      expectSentence(ran, /engine failed at every file.*could not do this: .+\. Run the command again/);
      expect(ran.err).not.toMatch(/no text file|nothing to read/);
    }
  });

  it('an adapter for another base', async () => {
    const models = modelsWith('adapter', 'adapter.json', (path) => {
      writeFileSync(path, readFileSync(path, 'utf8').replace(/"base": "[0-9a-f]{8}/, '"base": "00000000'));
    });
    const ran = await cli(['ask', '--repo', small(), 'Why?'], { home: temporary('home'), models });
    expectSentence(ran, /another base model/);
  });

  it('a damaged database is set aside and the question answered', async () => {
    const home = temporary('home');
    const repo = small();
    const args = ['recall', '--repo', repo, '--device', 'cpu', '--json', 'Who sends reminders?'];
    expect((await cli(args, { home })).code).toBe(0);
    const database = execFileSync('find', [home, '-name', '*.sqlite'], { encoding: 'utf8' }).trim();
    const bytes = readFileSync(database);
    bytes.fill(0xa5, 0, 4096);
    writeFileSync(database, bytes);
    const ran = await cli(args, { home });
    expect(ran.code, ran.err).toBe(0);
    expect(ran.err).toMatch(/set aside/);
    expect(ran.out).toMatch(/a\.ts/);
  });

  it('a full disk', async (context) => {
    const home = temporary('full');
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', home], { stdio: 'pipe' });
    } catch {
      context.skip('mounting a small file system needs root');
    }
    try {
      const repo = small();
      const args = ['ingest', '--repo', repo, '--device', 'cpu', '--json'];
      expect((await cli(args, { home })).code).toBe(0);
      fill(join(home, 'filler'));
      place(repo, { 'b.ts': LIBRARY['src/loans.ts'], 'c.ts': LIBRARY['src/catalogue.ts'] });
      const ran = await cli(args, { home });
      expectSentence(ran, /space|full/i);
      rmSync(join(home, 'filler'));
      const { out } = await cli(args, { home });
      expect(JSON.parse(out)).toMatchObject({ unchanged: 1, read: 2 });
    } finally {
      execFileSync('umount', [home]);
    }
  });

  it('Ctrl-C keeps what is done, and the next run goes on', async () => {
    // Far more than a fast machine encodes in the seconds before Ctrl-C, its start included.
    const FILES = 200;
    const home = temporary('home');
    const files = Object.fromEntries(
      Array.from({ length: FILES }, (_, index) => [`part${index}.ts`, `// part ${index}\n${LIBRARY['src/loans.ts']}`]),
    );
    const repo = place(temporary('parts'), files);
    const stopped = await cli(['ingest', '--repo', repo, '--device', 'cpu'], {
      home,
      onStart: (child) => {
        const timer = setInterval(() => {
          const database = existsSync(join(home, 'memory')) ? readdirSync(join(home, 'memory')) : [];
          if (database.length > 0) {
            clearInterval(timer);
            setTimeout(() => child.kill('SIGINT'), 4_000);
          }
        }, 50);
      },
    });
    expectSentence(stopped, /saved; run the command again/, 130);
    const { out } = await cli(['stats', '--repo', repo, '--json'], { home });
    const kept = (JSON.parse(out) as { files: { ingested: number } }).files.ingested;
    const report = await cli(['ingest', '--repo', repo, '--device', 'cpu', '--json'], { home });
    expect(JSON.parse(report.out)).toMatchObject({ unchanged: kept, read: FILES - kept });
  });
});
