import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { segmentHeader } from '../../../../src/workspace/segment/header.ts';
import { splitLines } from '../../../../src/workspace/segment/line.ts';
import { segment } from '../../../../src/workspace/segment/segment.ts';
import type { Segment } from '../../../../src/workspace/segment/segment.ts';
import { measure, options, sources, texts } from '../source.ts';

function checkCover(text: string, segments: readonly Segment[]): void {
  expect(texts(segments).join('')).toBe(text);
  const lines = text === '' ? 0 : text.split(/\r\n|\r|\n/).length - (/[\r\n]$/.test(text) ? 1 : 0);
  let next = 1;
  for (const { start, end, text } of segments) {
    expect(start).toBe(next);
    expect(end).toBeGreaterThanOrEqual(start);
    expect(splitLines(text)).toHaveLength(end - start + 1);
    next = end + 1;
  }
  expect(next).toBe(lines + 1);
}

describe('every line is in exactly one segment, in order', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '',
      '  ',
      '\t',
      '}',
      'def f():',
      '    return 1',
      '/* open',
      '*/',
      '"""',
      '```js',
      '@x',
      '# title',
      '{',
      '\0',
    ),
    fc.string({ unit: 'grapheme', maxLength: 200 }),
  );
  const anyText = fc
    .array(fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n', '\r', '\u2028')), { maxLength: 120 })
    .chain((lines) => fc.constantFrom('', 'end').map((end) => lines.flat().join('') + end));

  it('for any text, any limit and any measure', () => {
    const measures = fc.constantFrom(
      measure,
      (text: string) => text.length,
      () => 0,
      // Joined lines may count more than the sum of them, as they do for some tokenizers.
      (text: string) => Math.ceil(text.length / 3) + Math.floor(text.length / 20),
    );
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 80 }), measures, (text, maxTokens, measure) => {
        const segments = segment(text, { maxTokens, measure });
        checkCover(text, segments);
        for (const { start, end, text } of segments) {
          if (end > start) expect(measure(text)).toBeLessThanOrEqual(maxTokens);
        }
        expect(segment(text, { maxTokens, measure })).toEqual(segments);
      }),
      { numRuns: 150 },
    );
  }, 30_000);

  it('for the shortest ones', () => {
    expect(segment('', options)).toEqual([]);
    expect(segment('\n', options)).toEqual([{ start: 1, end: 1, text: '\n' }]);
    expect(segment('a\rb', options)).toEqual([{ start: 1, end: 2, text: 'a\rb' }]);
    expect(segment('a\r\n\r\nb\n', options)).toEqual([{ start: 1, end: 3, text: 'a\r\n\r\nb\n' }]);
  });

  it('lets a line that is too long stand alone', () => {
    const long = 'x '.repeat(500);
    expect(segment(`a\n${long}\nb`, options).map(({ start, end }) => [start, end])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it('refuses a limit that no line could meet', () => {
    expect(() => segment('a', { maxTokens: 0, measure })).toThrow(RangeError);
    expect(() => segment('a', { maxTokens: NaN, measure })).toThrow(RangeError);
  });

  it('measures every different line once and every segment once', () => {
    const text = sources().slice(0, 5).join('');
    let units = 0;
    const segments = segment(text, {
      maxTokens: 256,
      measure: (part) => {
        units += part.length;
        return measure(part);
      },
    });
    expect(segments.length).toBeGreaterThan(20);
    expect(units).toBeLessThanOrEqual(2 * text.length);
  });
});

describe('segments follow the structure', () => {
  const short = (i: number) => `/** Adds ${i}. */\nexport function add${i}(x: number) {\n  return x + ${i};\n}\n\n`;

  it('lets small neighbors share one, and keeps comments with what they explain', () => {
    const segments = segment(Array.from({ length: 60 }, (_, i) => short(i)).join(''), options);
    expect(segments.length).toBeLessThan(20);
    for (const { text } of segments) {
      expect(text).toMatch(/^\/\*\* Adds \d+\. \*\/\n/);
      expect(text).toMatch(/\}\n\n$/);
    }
  });

  it('does not cut a definition that fits, in several languages', () => {
    const body = (indent: string) =>
      Array.from({ length: 12 }, (_, i) => `${indent}total = combine(total, ${i}, "a word")\n`).join(`${indent}\n`);
    const kinds = {
      python: (i: number) =>
        `# Explains ${i}.\n@cached\ndef compute_${i}(total):\n    """Says what.\n\n    It does.\n    """\n${body('    ')}\n`,
      go: (i: number) => `// Compute${i} explains.\nfunc Compute${i}(total int) int {\n${body('\t')}}\n\n`,
      rust: (i: number) =>
        `/// Explains ${i}.\n#[inline]\npub fn compute_${i}(total: u32) -> u32 {\n${body('    ')}}\n\n`,
      ruby: (i: number) => `# Explains ${i}.\ndef compute_${i}(total)\n${body('  ')}end\n\n`,
      c: (i: number) => `/*\n   Explains ${i}.\n*/\nstatic int compute_${i}(int total)\n{\n${body('  ')}}\n\n`,
      sql: (i: number) => `-- Explains ${i}.\nCREATE TABLE compute_${i} (\n${body('  ')});\n\n`,
    };
    for (const make of Object.values(kinds)) {
      const parts = Array.from({ length: 25 }, (_, i) => make(i));
      expect(measure(parts[0]!)).toBeLessThan(256);
      const starts = new Set(segment(parts.join(''), options).map(({ start }) => start));
      const allowed = new Set(parts.map((_, i) => 1 + splitLines(parts.slice(0, i).join('')).length));
      expect([...starts].filter((start) => !allowed.has(start))).toEqual([]);
    }
  });

  it('cuts a class between its methods, and a long document between its sections', () => {
    const method = (i: number) =>
      `  /** Explains ${i}. */\n  async method${i}(value: string): Promise<void> {\n${'    await this.work(value);\n'.repeat(16)}  }\n\n`;
    const inClass = segment(`class Many {\n${Array.from({ length: 20 }, (_, i) => method(i)).join('')}}\n`, options);
    for (const { text } of inClass.slice(1)) expect(text).toMatch(/^ {2}\/\*\* Explains/);
    const section = (i: number) => `## Section ${i}\n\n${'Some words of this section.\n'.repeat(15)}\nMore words.\n\n`;
    for (const { text } of segment(Array.from({ length: 20 }, (_, i) => section(i)).join(''), options)) {
      expect(text).toMatch(/^## Section/);
    }
  });
});

describe('the header', () => {
  it('is one line with the path, whatever the segment', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.nat(), (path, start) => {
        const header = segmentHeader(path, { start, end: start + 3, text: 'x' });
        expect(header).toBe(segmentHeader(path, { start: 1, end: 1, text: '' }));
        expect(splitLines(header)).toHaveLength(1);
      }),
    );
    expect(segmentHeader('src/a b.ts', { start: 1, end: 1, text: '' })).toBe('# src/a b.ts\n');
  });
});
