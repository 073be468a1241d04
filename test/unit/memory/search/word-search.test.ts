import { DatabaseSync } from 'node:sqlite';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Ledger } from '../../../../src/memory/store/ledger.ts';
import type { LexicalHit } from '../../../../src/memory/search/fusion.ts';
import { terms } from '../../../../src/memory/search/tokenize.ts';
import { contentHash } from '../../../../src/memory/algebra/embedding-record.ts';
import type { EmbeddingRecord } from '../../../../src/memory/algebra/embedding-record.ts';
import type { Change } from '../../../../src/memory/records.ts';
import { IDENTITY, madeUpRecord } from '../support.ts';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

function open(): Ledger {
  return Ledger.open(mkdtempSync(join(tmpdir(), 'word-search-')), IDENTITY).ledger;
}

/** Puts a file whose segments hold these texts. */
function put(ledger: Ledger, path: string, ...texts: string[]): Change {
  const writes = new Map<string, EmbeddingRecord>();
  const segments = texts.map((text, at) => {
    const key = contentHash(IDENTITY.adapter, path, `${at} ${text}`);
    writes.set(key, madeUpRecord(key));
    const words = terms(text);
    return { start: at + 1, end: at + 1, tokens: Math.max(1, words.length), contentHash: key, terms: words };
  });
  return ledger.putFile(path, { blobHash: path, bytes: 1, mtimeMs: 1, lines: texts.length }, segments, writes);
}

/** BM25 written down once more, over plain word lists. */
function reference(files: Record<string, string[]>, question: string[]): Map<string, number> {
  const entries = Object.entries(files).map(([path, texts]) => [path, terms(texts.join(' '))] as const);
  const lengths = new Map(
    Object.entries(files).map(([path, texts]) => [path, texts.reduce((n, text) => n + terms(text).length, 0)]),
  );
  const mean = [...lengths.values()].reduce((a, b) => a + b, 0) / lengths.size;
  const scores = new Map<string, number>();
  for (const term of question) {
    const counts = entries.map(([path, words]) => {
      const said = words.filter((word) => word === term).length;
      return [path, said + (terms(path).includes(term) ? 2 : 0)] as const;
    });
    const holding = counts.filter(([, count]) => count > 0);
    const rarity = Math.log(1 + (entries.length - holding.length + 0.5) / (holding.length + 0.5));
    for (const [path, count] of holding) {
      const norm = 1.2 * (0.25 + (0.75 * lengths.get(path)!) / mean);
      scores.set(path, (scores.get(path) ?? 0) + (rarity * count * 2.2) / (count + norm));
    }
  }
  return scores;
}

describe('the search for words over whole files', () => {
  const files = {
    'src/session.ts': ['open a session for a reader', 'close the session again'],
    'src/cookie.ts': ['a cookie names its reader', 'cookies expire', 'send the cookie with the answer'],
    'docs/reader.md': ['who reads this'],
  };

  it('is BM25 with counts summed over a file', () => {
    const ledger = open();
    for (const [path, texts] of Object.entries(files)) put(ledger, path, ...texts);
    for (const question of [['session'], ['reader'], ['cookie', 'reader', 'expir'], ['ts']]) {
      const found = new Map(ledger.fileSearch(question).map(({ path, bm25 }) => [path, bm25]));
      const expected = reference(files, question);
      expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [path, score] of expected) expect(found.get(path)).toBeCloseTo(score, 9);
    }
    ledger.close();
  });

  it('forgets what was replaced or forgotten', () => {
    const ledger = open();
    put(ledger, 'a.ts', 'the walrus sings');
    put(ledger, 'a.ts', 'the otter sings');
    put(ledger, 'b.ts', 'the otter sleeps');
    ledger.drop(['b.ts']);
    expect(ledger.fileSearch(['walru', 'walrus'])).toEqual([]);
    expect(ledger.fileSearch(['otter']).map(({ path }) => path)).toEqual(['a.ts']);
    ledger.close();
  });

  it('is safe with any string', () => {
    const ledger = open();
    put(ledger, 'a.ts', 'something');
    for (const term of ['"', "'; DROP TABLE file", '*', '\0', '\ud800', ''])
      expect(ledger.fileSearch([term])).toEqual([]);
    ledger.close();
  });
});

/** Scores by where the segments lie. */
function placed(ledger: Ledger, hits: readonly LexicalHit[]): Map<string, string> {
  const places = new Map(
    ledger.segmentsById(hits.map(({ segmentId }) => segmentId)).map((one) => [one.segmentId, one]),
  );
  return new Map(
    hits.map(({ segmentId, bm25 }) => {
      const place = places.get(segmentId);
      return [`${place?.path}:${place?.ordinal}`, bm25.toFixed(9)];
    }),
  );
}

/** What SQLite's own index says of the same words, where nothing was ever removed: its mean length is right there. */
function byIndex(files: ReadonlyMap<string, readonly string[]>, words: readonly string[]): Map<string, string> {
  const ledger = open();
  for (const [path, texts] of files) put(ledger, path, ...texts);
  const db = new DatabaseSync(ledger.location, { readOnly: true });
  const rows = db
    .prepare('SELECT rowid AS id, -bm25(lexical) AS bm25 FROM lexical WHERE lexical MATCH ?')
    .all(words.map((word) => `"${word}"`).join(' OR '));
  const found = placed(
    ledger,
    rows.map(({ id, bm25 }) => ({ segmentId: Number(id), bm25: Number(bm25) })),
  );
  db.close();
  ledger.close();
  return found;
}

const WORDS = ['anchor', 'berth', 'crane', 'dock', 'Émile', 'fleet', 'a_b', '港'];
const text = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 30 }).map((words) => words.join(' '));
const step = fc.record({
  path: fc.constantFrom('anchor.ts', 'src/berth.ts', 'src/crane/dock.ts', 'fleet.md'),
  /** Of its segments; none drop it. */
  texts: fc.array(text, { maxLength: 4 }),
  isFollowed: fc.boolean(),
});

describe('the search for words over segments', () => {
  it('is what the full-text index says, after whatever changes, told of them or not', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const ledger = open();
        const files = new Map<string, readonly string[]>();
        for (const { path, texts, isFollowed } of steps) {
          const change = texts.length > 0 ? put(ledger, path, ...texts) : ledger.drop([path]);
          files.delete(path);
          if (texts.length > 0) files.set(path, texts);
          if (isFollowed) ledger.follow(change);
          const again = Ledger.open(dirname(ledger.location), IDENTITY).ledger;
          const scores = (from: Ledger) =>
            new Map(from.fileSearch(['anchor', 'ts']).map(({ path: own, bm25 }) => [own, bm25]));
          expect(scores(ledger)).toEqual(scores(again));
          again.close();
        }
        for (const asked of [['anchor'], ['ts', 'anchor', 'berth', 'none'], terms(WORDS.join(' '))]) {
          const found = ledger.lexicalSearch(asked, 1000);
          const expected = byIndex(files, asked);
          expect(placed(ledger, found)).toEqual(expected);
          for (const term of asked) expect(ledger.lexicalCount(term)).toBe(byIndex(files, [term]).size);
          for (const limit of [1, 3]) expect(ledger.lexicalSearch(asked, limit)).toEqual(found.slice(0, limit));
        }
        ledger.close();
      }),
      { numRuns: 25 },
    );
  });

  it('sees what another process has written', () => {
    const ledger = open();
    put(ledger, 'a.ts', 'the walrus sings');
    expect(ledger.lexicalSearch(['otter'], 5)).toEqual([]);
    const other = Ledger.open(dirname(ledger.location), IDENTITY).ledger;
    put(other, 'b.ts', 'the otter sings');
    expect(ledger.lexicalSearch(['otter'], 5)).toHaveLength(1);
    other.close();
    ledger.close();
  });
});
