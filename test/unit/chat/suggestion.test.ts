import { expect, test } from 'vitest';
import { suggestedQuestions } from '../../../src/chat/suggestion.ts';
import { suggestedPlaces } from '../../../src/workspace/walk/suggested-places.ts';
import { strings } from './support.ts';

test('questions name the folders that most of the code lies in, not tests, documents or frames', () => {
  const many = (folder: string, count: number) => Array.from({ length: count }, (_, n) => `${folder}/f${n}.ts`);
  const paths = [
    ...many('src/service', 9),
    ...many('src/ui/chat', 5),
    ...many('src/memory', 7),
    ...many('test/unit', 40),
    ...many('docs', 30),
    ...many('.github/scripts', 30),
    'src/main.ts',
    'README.md',
  ];
  expect(suggestedPlaces(paths)).toEqual(['src/service', 'src/memory', 'src/ui']);
  expect(suggestedQuestions(suggestedPlaces(paths), strings)).toEqual([
    'How does src/service work?',
    'Where does src/memory begin, and what does it call first?',
    'What happens in src/ui when something fails?',
  ]);
});

test('a small project is asked about by its files, and one without code not at all', () => {
  expect(suggestedQuestions(suggestedPlaces(['app.py', 'util.py', 'test_app.py', 'setup.py']), strings)).toEqual([
    'How does app.py work?',
    'Where does util.py begin, and what does it call first?',
  ]);
  expect(suggestedQuestions(suggestedPlaces(['README.md', 'data.csv']), strings)).toEqual([]);
  expect(suggestedQuestions(suggestedPlaces(['src/loans.ts', 'src/mail.ts', 'README.md']), strings)).toEqual([
    'How does src/loans.ts work?',
    'Where does src/mail.ts begin, and what does it call first?',
  ]);
});
