import { describe, test } from 'vitest';
import { inquiryOf } from '../../../src/evidence/inquiry.ts';
import { namedFiles } from '../../../src/retrieve/named-file.ts';

describe('a hostile question', () => {
  const many = Array.from({ length: 20_000 }, (_, at) => `area-${at % 100}/index-${at % 7}/index.ts`);
  test.each([
    ['one name again and again', 'index.ts '.repeat(100_000)],
    ['one name in folders', '/index-1/index.ts'.repeat(50_000)],
    ['slashes', '/'.repeat(900_000)],
    ['dots', './'.repeat(400_000)],
    ['a dotted word', `${'a.'.repeat(300_000)}b(`],
    ['addresses', 'https://a/b/'.repeat(80_000)],
    ['escapes', '%E8%A8'.repeat(100_000)],
    ['backslashes', '\\['.repeat(300_000)],
    ['digits after a name', `index.ts:${'1'.repeat(500_000)}`],
    ['no blank', '的'.repeat(900_000)],
    ['blank lines', `a${'\n'.repeat(300_000)}b`],
    ['one long word', 'a'.repeat(500_000)],
  ])(
    '%s takes no longer than a person notices',
    (_, question) => {
      namedFiles(question, many);
      inquiryOf(question, new Set());
    },
    20_000,
  );
});
