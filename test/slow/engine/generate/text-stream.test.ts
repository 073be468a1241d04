import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextStream } from '../../../../src/engine/generate/text-stream.ts';
import { Tokenizer } from '../../../../src/engine/generate/tokenizer.ts';
import { kindNames, makeTokenizer } from '../made-tokenizers.ts';

const base = join(import.meta.dirname, '../../../../models/base');

/**
 * Words of every script that Unicode 16 names as recommended (UAX 31, table 5), and what lies beyond the first plane.
 */
const SCRIPTS = [
  ...[
    'letter',
    'été',
    'слово',
    'λέξη',
    'բառ',
    'מילה',
    'كلمة',
    'शब्द',
    'শব্দ',
    'ਸ਼ਬਦ',
    'શબ્દ',
    'ଶବ୍ଦ',
    'சொல்',
    'పదం',
    'ಪದ',
    'വാക്ക്',
  ],
  ...[
    'වචනය',
    'คำ',
    'ຄຳ',
    'ཚིག',
    'စကားလုံး',
    'სიტყვა',
    'ቃል',
    'ពាក្យ',
    'үг',
    '単語',
    'ことば',
    'カタカナ',
    '词语',
    '단어',
    'ᐅᖃᐅᓯᖅ',
    'ދިވެހި',
  ],
  ...[
    '🙂',
    '👩‍💻',
    '🏳️‍🌈',
    '🇩🇪',
    '𝔘',
    '𠀀',
    'e\u0301',
    '\u200b',
    '\u202e',
    '\ufeff',
    '\0',
    '\t',
    '\n',
    '  ',
    '`',
    '```ts\n',
  ],
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...SCRIPTS), fc.string({ unit: 'binary' })), { maxLength: 12 })
  .map((words) => words.join(' '))
  .filter((words) => !words.endsWith('\ufffd'));

describe.each(['base', ...kindNames] as const)('the text of tokens of %s, one by one', async (name) => {
  const tokenizer = await Tokenizer.load(name === 'base' ? base : makeTokenizer(name));
  const decode = (tokens: readonly number[]) => tokenizer.decode(tokens);
  const parts = (tokens: readonly number[]) => {
    const stream = new TextStream(decode);
    return tokens.map((token) => stream.push(token));
  };

  it('is the text of all of them, in every script', () => {
    fc.assert(
      fc.property(text, (words) => {
        const tokens = tokenizer.encode(words);
        const whole = tokens.length === 0 ? '' : decode(tokens);
        fc.pre(!whole.endsWith('\ufffd'));
        expect(parts(tokens).join('')).toBe(whole);
      }),
      { numRuns: 300 },
    );
  });

  it('shows no half of a character, wherever the tokens of a text are cut', () => {
    fc.assert(
      fc.property(text, fc.nat(), (words, at) => {
        const tokens = tokenizer.encode(words);
        const some = tokens.slice(0, at % (tokens.length + 1));
        const whole = some.length === 0 ? '' : decode(some);
        const shown = parts(some).join('');
        expect(whole.startsWith(shown)).toBe(true);
        // What is held back is one character at most, and what its first token says before it.
        expect(whole.slice(shown.length)).toMatch(/^(?:[^\ufffd]{0,2}\ufffd{1,4})?$/);
      }),
      { numRuns: 300 },
    );
  });

  it('is that of any tokens, be they no text of anybody', () => {
    const id = fc.nat({ max: name === 'base' ? 151_640 : 250 });
    fc.assert(
      fc.property(fc.array(id, { maxLength: 30 }), (tokens) => {
        const whole = tokens.length === 0 ? '' : decode(tokens);
        const shown = parts(tokens).join('');
        expect(whole.startsWith(shown)).toBe(true);
        expect(whole.slice(shown.length)).toSatisfy((rest: string) => rest === '' || rest.endsWith('\ufffd'));
      }),
      { numRuns: 300 },
    );
  });
});

it('decodes as many tokens for the last one of a long text as for the first', async () => {
  const tokenizer = await Tokenizer.load(base);
  const tokens = tokenizer.encode(Array.from({ length: 200 }, () => SCRIPTS.join(' ')).join('\n'));
  let decoded = 0;
  const stream = new TextStream((some) => {
    decoded += some.length;
    return tokenizer.decode(some);
  });
  const costs = tokens.map((token) => {
    decoded = 0;
    stream.push(token);
    return decoded;
  });
  expect(tokens.length).toBeGreaterThan(10_000);
  const half = costs.length / 2;
  expect(Math.max(...costs.slice(half))).toBeLessThanOrEqual(Math.max(...costs.slice(0, half)));
  expect(Math.max(...costs)).toBeLessThan(20);
});
