import { describe, expect, it } from 'vitest';

import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { terms } from '../../../../src/memory/search/tokenize.ts';
import { contentHash } from '../../../../src/memory/algebra/embedding-record.ts';
import type { EmbeddingRecord } from '../../../../src/memory/algebra/embedding-record.ts';
import { IDENTITY, madeUpRecord } from '../support.ts';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function open(): Ledger {
  return Ledger.open(mkdtempSync(join(tmpdir(), 'file-search-')), IDENTITY).ledger;
}

/** Puts a file whose segments hold these texts. */
function put(ledger: Ledger, path: string, ...texts: string[]): void {
  const writes = new Map<string, EmbeddingRecord>();
  const segments = texts.map((text, at) => {
    const key = contentHash(IDENTITY.adapter, path, `${at} ${text}`);
    writes.set(key, madeUpRecord(key));
    const words = terms(text);
    return { start: at + 1, end: at + 1, tokens: Math.max(1, words.length), contentHash: key, terms: words };
  });
  ledger.putFile(path, { blobHash: path, bytes: 1, mtimeMs: 1, lines: texts.length }, segments, writes);
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
