import { describe, expect, it } from 'vitest';
import { namesIn, soughtNames } from '../../../src/retrieve/identifiers.ts';

describe('the names of a question', () => {
  it('are what stands between backticks or is written as code, before the words that may be names', () => {
    expect(namesIn('Where does `res.send` call setETag, and what is the_answer or fresh(req)?')).toEqual([
      { name: 'res', kind: 'code' },
      { name: 'send', kind: 'code' },
      { name: 'setETag', kind: 'code' },
      { name: 'the_answer', kind: 'code' },
      { name: 'fresh', kind: 'code' },
      { name: 'call', kind: 'word' },
      { name: 'req', kind: 'word' },
    ]);
  });

  it.each([
    ['Where is parse defined?', 'parse', 'code'],
    ['What does the send method do?', 'send', 'code'],
    ['Who calls the function next?', 'next', 'code'],
    ['What does f do?', 'f', 'code'],
    ['Where is class A defined?', 'A', 'code'],
    ['Where is the table orders created?', 'orders', 'code'],
    ['Where is .btn-primary styled?', 'btn-primary', 'code'],
    ['What uses --brand-colour?', 'brand-colour', 'code'],
    ['How does Registry work?', 'Registry', 'capital'],
    ['Registry: how does it work?', 'Registry', 'word'],
    ['How does the registry work?', 'registry', 'word'],
    ['Was macht `größe`?', 'größe', 'code'],
    ['Où est défini le calculPréféré ?', 'calculPréféré', 'code'],
    ['Wo wird die Größe berechnet?', 'Größe', 'capital'],
    ['getUser在哪里定义?', 'getUser', 'code'],
  ] as const)('%s', (question, name, kind) => {
    expect(namesIn(question)[0]).toEqual({ name, kind });
  });

  it('are none where a question says nothing, and not those of pasted code', () => {
    expect(namesIn('What is this and how does it do that?')).toEqual([]);
    expect(namesIn("isn't it, e.g. a?").filter(({ name }) => name.length === 1)).toEqual([]);
    expect(namesIn('`for (const one of all) total += one.price;`')).toEqual([]);
  });

  it('are no parts of words with accents', () => {
    const names = namesIn('Warum prüft `send` die Größe, bevor läuft() ruft?').map(({ name }) => name);
    expect(names).toEqual(['send', 'läuft', 'Größe', 'Warum', 'prüft', 'die', 'bevor', 'ruft']);
  });

  it('are so many at most, also of a long text', () => {
    const trace = Array.from({ length: 20_000 }, (_, at) => `call_${at}()`).join(' ');
    expect(namesIn(trace)).toHaveLength(12);
  }, 2_000);
});

describe('the names that a question is looked up by', () => {
  it.each([
    ['Registry', 'Registry', 'code'],
    [' Registry? ', 'Registry', 'code'],
    ['Registry在哪里?', 'Registry', 'code'],
    ['registry', 'registry', 'alone'],
    ['`registry`', 'registry', 'code'],
    ['Registry of workers', 'Registry', 'word'],
    ['the registry', 'registry', 'word'],
  ] as const)('%s', (question, name, kind) => {
    expect(soughtNames(question)[0]).toEqual({ name, kind });
  });

  it('is no path and no list', () => {
    for (const question of ['src/retrieve/reader.ts', 'config/settings.py', 'a,b', 'lib\\desk.rs']) {
      expect(soughtNames(question).filter(({ kind }) => kind === 'alone')).toEqual([]);
    }
  });

  it('are all of a name with what it belongs to, and no words with a hyphen', () => {
    const kinds = (question: string) => soughtNames(question).map(({ name, kind }) => `${name} ${kind}`);
    expect(kinds('Registry::current')).toEqual(['Registry code', 'current alone']);
    expect(kinds('registry.current()')).toEqual(['current code', 'registry alone']);
    expect(kinds('Registry.Worker?')).toEqual(['Registry code', 'Worker code']);
    expect(kinds('error-handling')).toEqual(['error word', 'handling word']);
    expect(kinds('What?')).toEqual([]);
  });
});
