import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableJson, PrintableStream } from '../../../src/common/printable.ts';

const ESC = '\x1b';
const of = (...codes: number[]) => String.fromCodePoint(...codes);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** Everything that a terminal obeys or that nobody sees, alone between two letters. */
const HIDDEN = [
  ...range(0x00, 0x1f),
  ...range(0x7f, 0x9f),
  0xad,
  0x34f,
  0x61c,
  0x115f,
  0x1160,
  0x180e,
  ...range(0x200b, 0x200f),
  0x2028,
  0x2029,
  ...range(0x202a, 0x202e),
  ...range(0x2060, 0x206f),
  0x3164,
  ...range(0xfe00, 0xfe0f),
  0xfeff,
  0xffa0,
  ...range(0xfff9, 0xfffb),
  0xfffe,
  ...range(0x1d173, 0x1d17a),
  ...range(0xe0000, 0xe007f),
  ...range(0xe0100, 0xe01ef),
  0xd800,
  0xdfff,
];

const SEEN = /^[\x20-\x7e]*$/;

describe('printable', () => {
  it('escapes every hidden character in a line, and says which it was', () => {
    for (const code of HIDDEN) {
      const text = `a${of(code)}b`;
      expect(printable(text), code.toString(16)).toMatch(SEEN);
      expect(printable(text), code.toString(16)).not.toBe('ab');
    }
    expect(printable(`${ESC}]52;c;aGk=\x07`)).toBe(String.raw`\x1b]52;c;aGk=\x07`);
    expect(printable('\x9b31m')).toBe(String.raw`\x9b31m`);
    expect(printable('exe.\u202Egpj')).toBe(String.raw`exe.\u{202e}gpj`);
    expect(printable('a\nb\r\tc')).toBe(String.raw`a\nb\r\tc`);
    expect(printable('\ud83d')).toBe(String.raw`\u{d83d}`);
  });

  it('keeps ends of lines and tabs of a block, and nothing else', () => {
    expect(printable('a\n\tb\r\nc', 'block')).toBe('a\n\tb\nc');
    expect(printable(`safe\rfake${ESC}[2K`, 'block')).toBe(String.raw`safe\rfake\x1b[2K`);
    for (const code of HIDDEN.filter((each) => each !== 9 && each !== 10)) {
      expect(printable(`a${of(code)}b`, 'block'), code.toString(16)).toMatch(SEEN);
    }
  });

  it('leaves writing of all kinds and whole emoji as they are', () => {
    const texts = [
      'naïve café',
      'Ελληνικά',
      'русский',
      '日本語　全角',
      'שלום',
      'مرحبا',
      '한국어',
      'e\u0301',
      '½ ± → ≤',
      '\u0600',
    ];
    const emoji = ['☕', '❤️', '👍🏽', '👩‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '1️⃣', '🇩🇪', '🏳️‍🌈', '☎︎'];
    for (const text of [...texts, ...emoji]) expect(printable(text)).toBe(text);
    expect(printable(String.raw`C:\new`)).toBe(String.raw`C:\new`);
  });

  it('escapes what hides behind an emoji', () => {
    expect(printable('👍\u200d')).toBe(String.raw`👍\u{200d}`);
    expect(printable(`👍${of(0xe0041, 0xe0042)}`)).toBe(String.raw`👍\u{e0041}\u{e0042}`);
    expect(printable(`😀${of(0xe0100, 0xe0101)}`)).toBe(String.raw`😀\u{e0100}\u{e0101}`);
    expect(printable(`🏴${of(0xe0068, 0xe0069, 0xe007f)}`)).toMatch(/^🏴[\x20-\x7e]+$/u);
  });

  it('leaves nothing hidden in any text', () => {
    const unit = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(unit, (text) => {
        const left = Array.from(printable(text), (each) => each.codePointAt(0)!);
        const obeyed = left.filter((code) => code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x61c);
        expect(obeyed).toEqual([]);
        expect(printable(text)).not.toMatch(/[\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/u);
      }),
    );
  });
});

describe('JSON', () => {
  it('has no hidden character and is equal when parsed', () => {
    const value = HIDDEN.map((code) => ({ [`k${of(code)}`]: `a${of(code)}b` }));
    expect(printableJson(value)).toMatch(SEEN);
    expect(JSON.parse(printableJson(value))).toEqual(value);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(printableJson(text))).toBe(text);
      }),
    );
  });

  it('leaves readable text readable', () => {
    expect(printableJson({ path: 'café/👩‍👩‍👧‍👦.ts', n: 1 })).toBe('{"path":"café/👩‍👩‍👧‍👦.ts","n":1}');
    expect(printableJson(undefined)).toBe('null');
  });
});

describe('a text in pieces', () => {
  const inPieces = (pieces: readonly string[]): string => {
    const stream = new PrintableStream();
    return pieces.map((piece) => stream.push(piece)).join('') + stream.end();
  };

  it('is escaped as the whole text is, wherever it is cut', () => {
    const text = `One ${ESC}]8;;http://x\x07link${ESC}]8;;\x07, 👩‍👩‍👧‍👦 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣.\r\nTwo\u202e\x9b2J\ud83d.`;
    for (let at = 0; at <= text.length; at++) {
      expect(inPieces([text.slice(0, at), text.slice(at)]), String(at)).toBe(printable(text, 'block'));
    }
    expect(inPieces(Array.from({ length: text.length }, (_, at) => text[at]!))).toBe(printable(text, 'block'));
  });

  it('is not held back: a line is shown before the next one comes', () => {
    const stream = new PrintableStream();
    expect(stream.push('Words. ')).toBe('Words. ');
    expect(stream.push('3'.repeat(1000)).length).toBeGreaterThan(900);
  });
});
