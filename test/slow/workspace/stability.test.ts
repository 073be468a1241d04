import { describe, expect, it } from 'vitest';
import { splitLines } from '../../../src/workspace/segment/line.ts';
import { segment } from '../../../src/workspace/segment/segment.ts';
import type { Segment } from '../../../src/workspace/segment/segment.ts';
import { dice } from '../../support/random.ts';
import { measure, sources, texts } from '../../unit/workspace/source.ts';

function generated(seed: number): string {
  const next = dice(seed);
  const word = () =>
    ['read', 'write', 'path', 'value', 'index', 'token', 'state', 'error'][next(8)]! + String(next(50));
  let text = '';
  for (let i = 0; i < 40; i++) {
    text += `/** ${word()} ${word()}. */\nexport function ${word()}(${word()}: string) {\n`;
    for (let k = next(25); k >= 0; k--)
      text += `  ${'  '.repeat(next(3))}const ${word()} = ${word()}(${word()}, ${next(100)});\n`;
    text += '}\n\n';
  }
  return text;
}

/** How many segments of `after` are not among those of `before`: what would have to be encoded again. */
function changed(before: readonly Segment[], after: readonly Segment[]): number {
  const left = new Map<string, number>();
  for (const text of texts(before)) left.set(text, (left.get(text) ?? 0) + 1);
  return texts(after).filter((text) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count <= 0;
  }).length;
}

function edit(text: string, next: (below: number) => number): string {
  const lines = splitLines(text);
  const at = next(lines.length);
  const other = lines[next(lines.length)]!;
  lines.splice(at, ...([[1], [0, other], [1, other]][next(3)] as [number, ...string[]]));
  return lines.join('');
}

describe('one edit moves few segments', () => {
  const known = new Map<string, number>();
  const fast = {
    maxTokens: 256,
    measure: (text: string) => {
      const count = known.get(text) ?? measure(text);
      known.set(text, count);
      return count;
    },
  };

  it.each([
    ['installed packages', () => sources()],
    ['generated code', () => Array.from({ length: 20 }, (_, i) => generated(i + 1))],
  ])(
    'in %s: at most 2 in the median, 4 in 95 of 100',
    (_, make) => {
      const next = dice(7);
      const counts: number[] = [];
      for (const text of make()) {
        const before = segment(text, fast);
        for (let i = 0; i < 12; i++) counts.push(changed(before, segment(edit(text, next), fast)));
      }
      counts.sort((a, b) => a - b);
      expect(counts.length).toBeGreaterThan(200);
      expect(counts[Math.floor(counts.length / 2)]).toBeLessThanOrEqual(2);
      expect(counts[Math.floor(counts.length * 0.95)]).toBeLessThanOrEqual(4);
    },
    30_000,
  );

  it('and never the far end of the file', () => {
    let long = 0;
    for (const text of sources()) {
      const before = segment(text, fast);
      if (before.length < 30) continue;
      long++;
      for (const line of ['x\n', '/*\n', '"""\n', '```\n', '{\n', '\n']) {
        const after = segment(line + text, fast);
        expect(texts(after).slice(-8)).toEqual(texts(before).slice(-8));
      }
    }
    expect(long).toBeGreaterThan(0);
  });

  it('with segments that are well filled', () => {
    const fills = sources().flatMap((text) => {
      const segments = segment(text, fast);
      return segments.length > 1 ? segments.map(({ text }) => fast.measure(text) / 256) : [];
    });
    const mean = fills.reduce((sum, fill) => sum + fill, 0) / fills.length;
    expect(mean).toBeGreaterThan(0.7);
    expect(fills.filter((fill) => fill < 0.25).length / fills.length).toBeLessThan(0.05);
  });
});
