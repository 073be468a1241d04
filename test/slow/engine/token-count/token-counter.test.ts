import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Tokenizer } from '../../../../src/engine/generate/tokenizer.ts';
import { TokenCounter } from '../../../../src/engine/token-count/token-counter.ts';
import { kindNames, makeTokenizer } from '../made-tokenizers.ts';

const repository = join(import.meta.dirname, '../../../..');
const base = join(repository, 'models/base');

describe('the count of tokens', () => {
  let tokenizer: Tokenizer;
  let counter: TokenCounter;

  beforeAll(async () => {
    tokenizer = await Tokenizer.load(base);
    const loaded = await TokenCounter.load(base);
    if (loaded === undefined) throw new Error('The base has a tokenizer that the counter does not know.');
    counter = loaded;
  });

  const expectEqual = (text: string) => {
    expect(counter.count(text), JSON.stringify(text.slice(0, 200))).toBe(tokenizer.count(text));
  };

  it('is the tokenizer’s for the sources of this project', () => {
    const folders = ['src', 'kernels', 'media', 'models/training', 'l10n', 'docs', 'test/unit/workspace'];
    const files = folders.flatMap((folder) =>
      readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    );
    const read = files
      .filter((file) => /\.(?:ts|py|md|json|css|toml)$/.test(file))
      .map((file) => readFileSync(join(repository, file), 'utf8'));
    expect(read.length).toBeGreaterThan(200);
    read.forEach(expectEqual);
  });

  it('is the tokenizer’s for any text', () => {
    const whole = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(fc.property(whole, expectEqual), { numRuns: 2_000 });
  });

  it('is the tokenizer’s where blanks, quotes, marks and other letters meet', () => {
    const told = [
      ...[
        ' ',
        '  ',
        '\t',
        '\n',
        '\r\n',
        '\r',
        '\v',
        '\f',
        '\u00a0',
        '\u2028',
        '\u0085',
        '\ufeff',
        '\u3000',
        '\0',
        '\x1c',
      ],
      ...["'s", "'S", "'ſ", "'re", "'LL", "'lK", "'", '"', '.', '((', '_', '//', '=>'],
      ...[
        'a',
        'Be',
        'word',
        'é',
        'e\u0301',
        '\u0301',
        '你',
        '好',
        'ſ',
        'K',
        '🙂',
        '\ud800',
        '\udc00',
        '1',
        '23',
        '٣',
        '²',
      ],
    ];
    const text = fc.array(fc.constantFrom(...told), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(fc.property(text, expectEqual), { numRuns: 5_000 });
  });

  it('is the tokenizer’s for pieces of thousands of letters', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'é', '你'), minLength: 500, maxLength: 3_000 });
    fc.assert(fc.property(letters, expectEqual), { numRuns: 20 });
    expectEqual('a'.repeat(50_000));
    expectEqual('\n'.repeat(10_000));
  });
});

describe('a tokenizer of another family', () => {
  it.each(kindNames)('is left to the tokenizer itself: %s', async (name) => {
    expect(await TokenCounter.load(makeTokenizer(name))).toBeUndefined();
  });

  it('that is missing is told with what to do', async () => {
    await expect(TokenCounter.load(join(repository, 'docs'))).rejects.toThrow(
      expect.objectContaining({ code: 'engine/model-file' }),
    );
  });
});
