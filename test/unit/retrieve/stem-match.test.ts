import { expect, test } from 'vitest';
import { matchStems, STEM_MATCH } from '../../../src/retrieve/stem-match.ts';

const paths = ['lib/transaction.rb', 'response_writer.go', 'src/HttpRequest.kt', 'src/http.ts', 'x.ts', '.gitignore'];
const called = (question: string) => [...matchStems(question, paths)];

test.each([
  ['Transaction', ['lib/transaction.rb']],
  ['how are transactions rolled back', ['lib/transaction.rb']],
  ['response writer and its buffer', ['response_writer.go']],
  ['ResponseWriter', ['response_writer.go']],
  ['http requests', ['src/HttpRequest.kt', 'src/http.ts']],
])('%s', (question, files) => {
  expect(called(question)).toEqual(files);
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
