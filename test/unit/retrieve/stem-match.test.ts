import { expect, test } from 'vitest';
import { matchStems, STEM_MATCH } from '../../../src/retrieve/stem-match.ts';

const paths = ['lib/transaction.rb', 'response_writer.go', 'src/HttpRequest.kt', 'src/http.ts', 'x.ts', '.gitignore'];
const NO_NAME = new Set<string>();
const called = (question: string) => [...matchStems(question, paths, NO_NAME).keys()];

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
  expect([...matchStems('routing', indexes, NO_NAME).keys()]).toEqual(['src/routing/mod.rs']);
  expect([...matchStems('useToggle', indexes, NO_NAME).keys()]).toEqual(['useToggle/index.ts']);
  expect([...matchStems('the core', indexes, NO_NAME).keys()]).toEqual(['core/__init__.py']);
  expect([...matchStems('index', indexes, NO_NAME).keys()]).toEqual(['index.js']);
});

test('the index of the folder that is called as the project is not what its name asks for', () => {
  const indexes = ['src/tides/__init__.py', 'src/tides/almanac/__init__.py'];
  const asked = (question: string) => [...matchStems(question, indexes, new Set(['tides'])).keys()];
  expect(asked('almanac in Tides')).toEqual(['src/tides/almanac/__init__.py']);
  expect(asked('Tides')).toEqual([]);
});

test('a part of a name, a single letter and a hidden file are not what is asked for', () => {
  expect(called('the writer')).toEqual([]);
  expect(called('where is x')).toEqual([]);
  expect(called('what does gitignore say')).toEqual([]);
});

test('a word may have another ending, or be cut short in a name', () => {
  const names = ['src/dispatch.rs', 'src/ser/impls.rs', 'src/ctx.rs', 'src/date.rs', 'src/state.rs'];
  const asked = (question: string) => [...matchStems(question, names, NO_NAME).keys()];
  expect(asked('how the dispatcher drives requests')).toEqual(['src/dispatch.rs']);
  expect(asked('implementations for types of the standard library')).toEqual(['src/ser/impls.rs']);
  expect(asked('where the context begins')).toEqual(['src/ctx.rs']);
  expect(asked('how updates are validated')).toEqual([]);
});

test('a README is not asked for by who reads', () => {
  const asked = (question: string) => [...matchStems(question, ['README.md', 'reader.ts'], NO_NAME).keys()];
  expect(asked('how readers are counted')).toEqual(['reader.ts']);
  expect(asked('what the readme says')).toEqual(['README.md']);
});

test('a name counts by its part of the words that are asked', () => {
  const part = (question: string) => matchStems(question, paths, NO_NAME).get('response_writer.go');
  expect(part('ResponseWriter')).toBe(1);
  expect(part('how does the response writer flush its buffer?')).toBe(0.5);
  expect(part('why is a response written with the writer of another connection lost')).toBe(1 / 3);
  const long = Array.from(
    { length: STEM_MATCH.words },
    (_, at) => `word${'abcdefghij'.at(at % 10)}${'klmnopqrst'.at(at / 10)}`,
  );
  expect(part(`response writer ${long.join(' ')}`)).toBeUndefined();
});

test('a change is not a topic', () => {
  expect(called('restore the transaction')).toEqual([]);
});
