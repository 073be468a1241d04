import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Lexical } from '../../eval/lexical.ts';
import { Memory, parseRecall } from '../../eval/memory.ts';
import { Problem } from '../../eval/problem.ts';
import { identify } from '../../../src/workspace/git/repository.ts';
import { findPacks, openRepository, packOf, parsePackName } from '../../eval/repository.ts';
import { evaluate, type Order } from '../../eval/run.ts';
import { render, rowsOf } from '../../eval/table.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eval-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const signal = new AbortController().signal;
const ignore = () => undefined;

/** A data folder with one packed repository and one case of each of two tasks. */
function makeData(): string {
  const data = join(folder, 'data');
  const tree = join(folder, 'tree');
  mkdirSync(join(data, 'repos'), { recursive: true });
  mkdirSync(join(tree, 'src'), { recursive: true });
  writeFileSync(join(tree, 'src', 'caret.ts'), 'export function moveCaret() {}\n');
  writeFileSync(join(tree, 'src', 'net.ts'), 'export function openSocket() {}\n');
  execFileSync('tar', ['-cJf', join(data, 'repos', 'an_owner__a.name@abcdef0123.tar.xz'), '-C', tree, '.']);
  const common = { repo: 'an_owner/a.name', files: ['src/caret.ts'] };
  const commit = {
    ...common,
    id: 'c',
    pin: 'abcdef0123456',
    kind: 'fix',
    stem_in_query: false,
    query: 'move the caret',
  };
  const elsewhere = { ...commit, id: 'd', pin: 'fedcba9876' };
  writeFileSync(join(data, 'localisation.jsonl'), [commit, elsewhere].map((one) => JSON.stringify(one)).join('\n'));
  const described = { ...common, id: 'f', commit: 'abcdef0123456', question: 'opens a socket', def_lines: [1] };
  writeFileSync(join(data, 'repoqa.jsonl'), JSON.stringify({ ...described, files: ['src/net.ts'] }));
  return data;
}

async function order(data: string): Promise<Order> {
  return {
    data,
    packs: await findPacks(data),
    cache: join(folder, 'cache'),
    tasks: ['localisation', 'repoqa'],
    repositories: [],
    systems: [new Lexical()],
    limit: Number.POSITIVE_INFINITY,
  };
}

describe('packs', () => {
  test.each([
    ['expressjs__express@8aabecaf1f.tar.xz', { repository: 'expressjs/express', commit: '8aabecaf1f' }],
    ['an_owner__my_name.js@abcdef0.tar.xz', { repository: 'an_owner/my_name.js', commit: 'abcdef0' }],
    ['README.md', undefined],
    ['express@8aabecaf1f.tar.xz', undefined],
  ])('%s', (file, pack) => {
    expect(parsePackName(file)).toEqual(pack);
  });

  test('a case belongs to the pack whose commit its own begins with', () => {
    const packs = ['abcdef0', '1234567'].map((commit) => ({ repository: 'o/n', commit, archive: '' }));
    expect(packOf(packs, 'o/n', '1234567890abcdef')).toBe(packs[1]);
    expect(packOf(packs, 'o/n', '9934567890abcdef')).toBeUndefined();
    expect(packOf(packs, 'o/other', '1234567890abcdef')).toBeUndefined();
  });

  test('two commits of one repository share a memory, two repositories do not', async () => {
    const data = makeData();
    const [archive] = readdirSync(join(data, 'repos'));
    const open = async (repository: string, commit: string) => {
      const pack = { repository, commit, archive: join(data, 'repos', archive ?? '') };
      return identify((await openRepository(pack, join(folder, 'cache'), signal)).root);
    };
    const [first, second] = [await open('o/n', 'abcdef0'), await open('o/n', '1234567')];
    expect(first.repository).toMatch(/^git:/);
    expect(second.repository).toBe(first.repository);
    expect(second.checkout).not.toBe(first.checkout);
    expect((await open('o/other', 'abcdef0')).repository).not.toBe(first.repository);
  });

  test('no data is one sentence that says what to do', async () => {
    await expect(findPacks(join(folder, 'nothing'))).rejects.toThrow(/There is no data in .*test\/eval\/README\.md/);
  });
});

describe('evaluate', () => {
  test('unpacks, ranks, judges and prints', async () => {
    const said: string[] = [];
    const results = await evaluate(await order(makeData()), signal, (sentence) => said.push(sentence));
    expect(results.map(({ view, repository, outcome }) => [view, repository, outcome.ranks])).toEqual([
      ['localisation', 'a.name@abcdef0', [1]],
      ['localisation-strict', 'a.name@abcdef0', [1]],
      ['repoqa-files', 'a.name@abcdef0', [1]],
      ['repoqa-functions', 'a.name@abcdef0', [1]],
    ]);
    expect(said[0]).toBe('localisation: 1 of 2 cases are over commits that are not packed.');
    const text = render(rowsOf(results));
    expect(text).toContain(
      '| a.name@abcdef0 | bm25   |     1 | 100.0 | 100.0 | 100.0 [100.0, 100.0] |  100.0 | 1.000 |',
    );
    expect(text.match(/\| all /g)).toHaveLength(4);
    expect(
      new Set(
        text
          .split('\n\n')[1]
          ?.split('\n')
          .map(({ length }) => length),
      ).size,
    ).toBe(1);
  });

  test('a second run uses what was unpacked, and a broken archive leaves nothing behind', async () => {
    const data = makeData();
    await evaluate(await order(data), signal, ignore);
    const archive = join(data, 'repos', 'an_owner__a.name@abcdef0123.tar.xz');
    writeFileSync(archive, 'not an archive');
    await expect(evaluate(await order(data), signal, ignore)).resolves.toHaveLength(4);
    rmSync(join(folder, 'cache'), { recursive: true });
    await expect(evaluate(await order(data), signal, ignore)).rejects.toThrow(/could not be unpacked/);
    expect(readdirSync(join(folder, 'cache', 'repos'))).toEqual([]);
  });

  test('names the repositories there are when asked for another', async () => {
    const wrong = { ...(await order(makeData())), repositories: ['hono'] };
    await expect(evaluate(wrong, signal, ignore)).rejects.toThrow(
      'There is no repository hono; there are a.name@abcdef0.',
    );
  });

  test('an abort ends it', async () => {
    const stopped = AbortSignal.abort(new Problem('enough'));
    await expect(evaluate(await order(makeData()), stopped, ignore)).rejects.toThrow('enough');
  });
});

describe('Memory', () => {
  const repository = { name: 'r', root: '/somewhere', files: [{ path: 'a.ts', text: '' }] };
  const questions = [{ id: 'q', text: 'what?' }];

  /** A program that stands where the project's own does, to see what it is given and how its lines are read. */
  function program(body: string): Memory {
    const file = join(folder, 'program.mjs');
    writeFileSync(
      file,
      `import { readFileSync, writeFileSync } from 'node:fs';\nconst [, , ...args] = process.argv;\n${body}`,
    );
    return new Memory('memory', 'memory', file, join(folder, 'home'));
  }

  test('asks for every question, apart from the user’s own ledgers, and reads the lists', async () => {
    const memory = program(`
      const [file] = args.splice(args.indexOf('--questions') + 1, 1);
      const asked = readFileSync(file, 'utf8').split('\\n').filter((line) => line !== '').map((line) => JSON.parse(line));
      writeFileSync(process.env.ASK_CODEBASE_HOME + '/seen.json', JSON.stringify({ args, asked }));
      const files = [{ path: 'a.ts', share: 0.5, segments: [{ start: 3, end: 9, share: 0.5, score: 0.2 }] }];
      for (const { id } of asked) console.log(JSON.stringify({ id, files }));
    `);
    const asked = [...questions, { id: 'p', text: 'and why?' }];
    const lists = await memory.rank(repository, asked, signal);
    expect([...lists.keys()]).toEqual(['q', 'p']);
    expect(lists.get('q')).toEqual([{ path: 'a.ts', score: 0.5, segments: [{ start: 3, end: 9, score: 0.2 }] }]);
    expect(JSON.parse(readFileSync(join(folder, 'home', 'seen.json'), 'utf8'))).toEqual({
      args: ['recall', '--repo', '/somewhere', '--questions', '--json', '--by', 'memory'],
      asked: asked.map(({ id, text }) => ({ id, question: text })),
    });
  });

  test.each([
    ['process.exit(3)', 'it ended with exit code 3'],
    ['', 'gave no list for 1 of 1 questions'],
    ['console.log("hello")', 'recall printed a line that is not one of its own'],
    [`console.log('{"id":"q","files":[{"path":"b.ts","share":1,"segments":[]}]}')`, 'names b.ts in r'],
  ])('%s', async (body, sentence) => {
    await expect(program(body).rank(repository, questions, signal)).rejects.toThrow(sentence);
  });

  test.each([
    ['{}'],
    ['{"id":"q","files":[{"path":"a"}]}'],
    ['{"id":"q","files":[{"path":"a","share":1,"segments":[1]}]}'],
  ])('parseRecall refuses %s', (line) => {
    expect(() => parseRecall(line)).toThrow(Problem);
  });
});
