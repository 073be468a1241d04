import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percents } from '../../../../src/chat/share.ts';
import { edited, inWholePercents, recalledLines, strength } from '../../../../src/ui/marks/recalled-lines.ts';

const run = (start: number, end: number, share = 0.1) => ({ start, end, share });

describe('recalled lines', () => {
  it('stand in order, and what overlaps is one run with both shares', () => {
    const lines = [run(30, 40, 0.25), run(1, 5, 0.5), run(38, 50, 0.25), run(51, 60, 0.125)];
    const found = recalledLines([{ path: 'a.ts', share: 1, lines }]);
    expect(found.get('a.ts')).toEqual([run(1, 5, 0.5), run(30, 50, 0.5), run(51, 60, 0.125)]);
  });

  it('have three strengths', () => {
    expect([0.5, 0.2, 0.19, 0.05, 0.01, 0].map(strength)).toEqual([
      'strong',
      'strong',
      'medium',
      'medium',
      'faint',
      'faint',
    ]);
  });
});

describe('shares in whole percents', () => {
  it('are those of the chat, for files and for the lines of each', () => {
    const file = (path: string, ...shares: readonly number[]) => {
      const lines = shares.map((share, at) => run(10 * at + 1, 10 * at + 5, share));
      return { path, share: shares.reduce((sum, share) => sum + share, 0), lines };
    };
    // 77.4, 16.3, 3.3 and 3.0 add up to 100; rounded each for itself, they would add up to 99.
    const files = [file('a.ts', 0.5, 0.274), file('b.ts', 0.163), file('c.ts', 0.033), file('d.ts', 0.03)];
    const found = inWholePercents(files);
    expect(found.map(({ share }) => share)).toEqual([0.78, 0.16, 0.03, 0.03]);
    expect(found.map(({ share }) => Math.round(100 * share))).toEqual(percents(files.map(({ share }) => share)));
    expect(found[0]?.lines.map(({ share }) => share)).toEqual([0.5, 0.28]);
    expect(found[1]?.lines[0]?.share).toBe(0.16);
  });

  it('keep what rounds to nothing', () => {
    const [tiny] = inWholePercents([{ path: 'a.ts', share: 0.002, lines: [run(1, 5, 0.002)] }]);
    expect(tiny).toEqual({ path: 'a.ts', share: 0.002, lines: [run(1, 5, 0.002)] });
  });
});

describe('an edit', () => {
  const runs = [run(5, 10), run(20, 30)];

  it('inside a run takes its mark away and leaves the others', () => {
    expect(edited(runs, { start: 6, end: 6, lines: 1 })).toEqual([run(20, 30)]);
  });

  it('above moves what is below', () => {
    expect(edited(runs, { start: 0, end: 0, lines: 3 })).toEqual([run(7, 12), run(22, 32)]);
    expect(edited(runs, { start: 11, end: 14, lines: 1 })).toEqual([run(5, 10), run(17, 27)]);
  });

  it('below changes nothing', () => {
    expect(edited(runs, { start: 40, end: 50, lines: 1 })).toEqual(runs);
  });

  it('at the first and the last line touches the run', () => {
    expect(edited(runs, { start: 4, end: 4, lines: 2 })).toEqual([run(21, 31)]);
    expect(edited(runs, { start: 9, end: 9, lines: 1 })).toEqual([run(20, 30)]);
  });

  it('never leaves a mark on other text than was recalled', () => {
    const change = fc.record({ start: fc.nat(40), length: fc.nat(5), lines: fc.integer({ min: 1, max: 6 }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
        let text = Array.from({ length: 60 }, (_, n) => `line ${n + 1}`);
        let marks = runs.map((each) => ({ ...each, recalled: text.slice(each.start - 1, each.end) }));
        for (const { start, length, lines } of changes) {
          const end = Math.min(start + length, text.length - 1);
          if (start > end) continue;
          text = [...text.slice(0, start), ...Array.from({ length: lines }, () => 'new'), ...text.slice(end + 1)];
          marks = marks.flatMap((mark) =>
            edited([mark], { start, end, lines }).map((moved) => ({ ...moved, recalled: mark.recalled })),
          );
        }
        for (const { start, end, recalled } of marks) expect(text.slice(start - 1, end)).toEqual(recalled);
      }),
    );
  });
});
