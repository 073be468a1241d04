import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { Bm25, standard } from '../../eval/bm25.ts';
import { chunk } from '../../eval/chunks.ts';
import { reciprocalRanks, standardMean } from '../../eval/fusion.ts';
import { cutLines, Lexical } from '../../eval/lexical.ts';
import { group, segmentsOf } from '../../eval/system.ts';
import { terms, words } from '../../eval/words.ts';

describe('words', () => {
  test.each([
    ['parseHTTPHeader', ['parsehttpheader', 'parse', 'http', 'header']],
    ['_private_field', ['private_field', 'private', 'field']],
    ['MAX_SIZE', ['max_size', 'max', 'size']],
    ['utf8', ['utf8', 'utf', '8']],
    ['plain', ['plain']],
    ['res.sendFile()', ['res', 'sendfile', 'send', 'file']],
    ['lib/router/index.js', ['lib', 'router', 'index', 'js']],
    ['Überschrift 頁', ['überschrift', '頁']],
    ['___ $ -> {}', []],
  ])('%s', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test('terms drop empty words and the plural s', () => {
    expect(terms('the headers of a class is gas')).toEqual(['header', 'class', 'gas']);
  });
});

describe('Bm25', () => {
  test('is the formula, worked by hand', () => {
    const index = new Bm25([['a', 'a', 'b'], ['b'], ['c', 'c']]);
    const rarity = Math.log(1 + (3 - 1 + 0.5) / (1 + 0.5));
    const norm = standard.k1 * (1 - standard.b + (standard.b * 3) / 2);
    const [first, second, third] = index.scores(['a']);
    expect(first).toBeCloseTo((rarity * 2 * (standard.k1 + 1)) / (2 + norm), 12);
    expect([second, third]).toEqual([0, 0]);
  });

  test('a rarer word weighs more, a longer document less, an unknown word nothing', () => {
    const [rare = 0, common = 0, long = 0] = new Bm25([['x'], ['y'], ['y', 'z', 'z', 'z']]).scores([
      'x',
      'y',
      'unknown',
    ]);
    expect(rare).toBeGreaterThan(common);
    expect(common).toBeGreaterThan(long);
    expect(long).toBeGreaterThan(0);
  });

  test('an index of nothing scores nothing', () => {
    expect(new Bm25([]).scores(['a'])).toHaveLength(0);
  });
});

describe('Lexical', () => {
  const file = (path: string, text: string) => ({ path, text });
  const filler = 'const value = compute();\n'.repeat(30);
  const repository = {
    name: 'sample',
    root: '/nowhere',
    files: [
      file(
        'src/cursor.ts',
        `${filler}// keeps the caret visible while scrolling\nfunction scrollCaret() {}\n${filler}`,
      ),
      file('src/other.ts', filler),
      file('docs/caret.md', 'Nothing here.\n'),
    ],
  };

  test('finds a file by its words and by its path, and shows the segment', async () => {
    const lists = await new Lexical().rank(repository, [{ id: 'q', text: 'the caret scrolls away' }]);
    const list = lists.get('q') ?? [];
    expect(list.map(({ path }) => path)).toEqual(['src/cursor.ts', 'docs/caret.md']);
    expect(list[0]?.segments[0]).toMatchObject({ start: 21, end: 40 });
  });

  test('a question that shares no word finds nothing', async () => {
    const lists = await new Lexical().rank(repository, [{ id: 'q', text: 'zebra' }]);
    expect(lists.get('q')).toEqual([]);
  });
});

test('cutLines covers every line once', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 50 }), (lines, count) => {
      const text = lines.join('\n');
      const runs = cutLines('f', text, count);
      expect(runs.map((run) => run.text).join('\n')).toBe(text);
      expect(runs.map(({ start }) => start - 1)).toEqual([0, ...runs.slice(0, -1).map(({ end }) => end)]);
    }),
  );
});

describe('chunk', () => {
  // A token per letter, so that a line's tokens can be counted by eye.
  const encode = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));
  const decode = (ids: readonly number[]) => String.fromCharCode(...ids);

  test('packs whole lines under the budget, each chunk behind the path', () => {
    const chunks = chunk({ path: 'p:', text: 'aaa\nbbb\ncccc\n\nd' }, encode, 8);
    expect(chunks.map(({ start, end, ids }) => [start, end, decode(ids)])).toEqual([
      [1, 2, 'p:aaabbb'],
      [3, 5, 'p:ccccd'],
    ]);
  });

  test('a line longer than the budget is spread, and none of it is lost', () => {
    const chunks = chunk({ path: 'p', text: 'x\nabcdefgh\ny' }, encode, 4);
    expect(chunks.map(({ start, end, ids }) => [start, end, decode(ids)])).toEqual([
      [1, 1, 'px'],
      [2, 2, 'pabc'],
      [2, 2, 'pdef'],
      [2, 3, 'pghy'],
    ]);
  });

  test('no chunk is over the budget and every token is in one', () => {
    const lines = fc.array(fc.string({ maxLength: 30, unit: 'grapheme-ascii' }));
    fc.assert(
      fc.property(lines, fc.integer({ min: 4, max: 40 }), (all, budget) => {
        const text = all.join('\n');
        const chunks = chunk({ path: 'ab', text }, encode, budget);
        const head = Math.min(2, Math.floor(budget / 2));
        expect(Math.max(0, ...chunks.map(({ ids }) => ids.length))).toBeLessThanOrEqual(budget);
        expect(chunks.map(({ ids }) => decode(ids.slice(head))).join('')).toBe(text.replaceAll('\n', ''));
      }),
    );
  });
});

describe('fusion', () => {
  test('reciprocal ranks add over the lists that hold an item', () => {
    const fused = reciprocalRanks([
      ['a', 'b', 'c'],
      ['b', 'd'],
    ]);
    expect([...fused]).toEqual([
      ['a', 1 / 61],
      ['b', 1 / 62 + 1 / 61],
      ['c', 1 / 63],
      ['d', 1 / 62],
    ]);
  });

  test('a standardised mean does not care for either scale', () => {
    const first = [0.1, 0.4, 0.2];
    const second = [30, 10, 20];
    const plain = standardMean(first, second);
    const stretched = first.map((score) => 100 * score - 7);
    for (const [item, score] of standardMean(stretched, second).entries()) expect(score).toBeCloseTo(plain[item]!, 9);
    expect(plain[1]).not.toBeCloseTo(plain[2]!, 2);
  });

  test('scores that are all alike say nothing', () => {
    expect([...standardMean([5, 5], [1, 3])]).toEqual([-0.5, 0.5]);
    expect([...standardMean([], [])]).toEqual([]);
  });
});

test('group ranks files by their best segment; segmentsOf ranks segments over all files', () => {
  const lines = [
    { path: 'b', start: 1, end: 5 },
    { path: 'a', start: 1, end: 5 },
    { path: 'a', start: 6, end: 9 },
    { path: 'c', start: 1, end: 2 },
  ];
  const files = group(lines, [3, 1, 4, 3]);
  expect(files.map(({ path, score }) => [path, score])).toEqual([
    ['a', 4],
    ['b', 3],
    ['c', 3],
  ]);
  expect(segmentsOf(files).map(({ path, start }) => [path, start])).toEqual([
    ['a', 6],
    ['b', 1],
    ['c', 1],
    ['a', 1],
  ]);
});
