import { expect, test } from 'vitest';
import { matchStems, STEM_MATCH } from '../../../src/retrieve/stem-match.ts';

const paths = ['lib/transaction.rb', 'response_writer.go', 'src/HttpRequest.kt', 'src/http.ts', 'x.ts', '.gitignore'];
const NO_NAME = new Set<string>();
const called = (question: string) => [...matchStems(question, paths, NO_NAME)];

test.each([
  ['Transaction', ['lib/transaction.rb']],
  ['how are transactions rolled back', ['lib/transaction.rb']],
  ['response writer and its buffer', ['response_writer.go']],
  ['ResponseWriter', ['response_writer.go']],
  ['http requests', ['src/HttpRequest.kt', 'src/http.ts']],
])('%s', (question, files) => {
  expect(called(question)).toEqual(files);
});

test('an index is called as its folder, and never as an index', () => {
  const indexes = ['src/routing/mod.rs', 'useToggle/index.ts', 'core/__init__.py', 'index.js'];
  expect([...matchStems('routing', indexes, NO_NAME)]).toEqual(['src/routing/mod.rs']);
  expect([...matchStems('useToggle', indexes, NO_NAME)]).toEqual(['useToggle/index.ts']);
  expect([...matchStems('the core', indexes, NO_NAME)]).toEqual(['core/__init__.py']);
  expect([...matchStems('index', indexes, NO_NAME)]).toEqual(['index.js']);
});

test('the index of the folder that is called as the project is not what its name asks for', () => {
  const indexes = ['src/tides/__init__.py', 'src/tides/almanac/__init__.py'];
  const asked = (question: string) => [...matchStems(question, indexes, new Set(['tides']))];
  expect(asked('almanac in Tides')).toEqual(['src/tides/almanac/__init__.py']);
  expect(asked('Tides')).toEqual([]);
});

test('a part of a name, a single letter and a hidden file are not what is asked for', () => {
  expect(called('the writer')).toEqual([]);
  expect(called('where is x')).toEqual([]);
  expect(called('what does gitignore say')).toEqual([]);
});

test('a sentence says such words by chance', () => {
  const most = ['transaction', ...Array<string>(STEM_MATCH.words - 1).fill('word')];
  expect(called(most.join(' '))).toEqual(['lib/transaction.rb']);
  expect(called([...most, 'word'].join(' '))).toEqual([]);
});

test('a change is not a topic', () => {
  expect(called('restore the transaction')).toEqual([]);
});
