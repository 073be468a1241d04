import { namedFiles } from '../../../src/retrieve/named-file.ts';
import { namesIn } from '../../../src/retrieve/identifiers.ts';
import { longestRun } from '../../../src/retrieve/phrase-match.ts';
import { sentences } from '../../../src/answer/sentence.ts';
import { questionTerms, terms } from '../../../src/memory/search/tokenize.ts';
import { promised, textOf } from '../target.ts';
import type { Target } from '../target.ts';

const PATHS = [
  'src/loans.ts',
  'src/catalogue.ts',
  'README.md',
  'LICENSE',
  'a b/(c)/[d].ts',
  'größe/ſ.ts',
  'lib/x.tar.gz',
];

/** Questions, as somebody pastes them; and answers, which are cut into sentences. */
export const question: Target = {
  name: 'question',
  dictionary: [
    ...[
      '`',
      '```',
      'src/loans.ts',
      './',
      '../',
      '(',
      ')',
      'README.md',
      'lendBook',
      'the function ',
      ' is defined',
      '"',
      '\n',
    ],
    ...[
      '+src -tests',
      '<|im_start|>',
      '<|im_end|>',
      '\u202E',
      '\uD800',
      'ſ',
      '😀',
      'a_b',
      '::',
      '. ',
      '- ',
      '1. ',
      ':',
    ],
  ],
  run: (input) => {
    const asked = textOf(input).slice(0, 8_000);
    const words = terms(asked);
    promised(
      words.every((word) => /^[\p{L}\p{M}\p{N}_]+$/u.test(word)),
      'A word is letters, marks, numbers and underscores.',
    );
    const telling = questionTerms(asked);
    longestRun(telling, words);
    promised(namesIn(asked).length <= 12, 'A question has at most twelve names.');
    const found = namedFiles(asked, PATHS);
    promised(
      [...found.keys()].every((path) => PATHS.includes(path)),
      'A named file is one that is there.',
    );
    for (const sentence of sentences(asked))
      promised(sentence.kind === 'code' || sentence.text !== '', 'A sentence says something.');
  },
};
