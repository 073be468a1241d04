import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitText } from '../../../src/library/tool-text.ts';

const count = (text: string) => Math.ceil(text.length / 4);

describe('the text of a tool', () => {
  it('never has more tokens than its caller allows', async () => {
    const lines = fc.array(fc.string({ maxLength: 80 }), { maxLength: 30 }).map((all) => all.join('\n'));
    const parts = fc.record({ head: lines, items: fc.array(lines, { maxLength: 12 }), foot: fc.string() });
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 1, max: 600 }), async (given, budget) => {
        const { text, tokens, shown } = await fitText(given, budget, count);
        expect(tokens).toBe(count(text));
        expect(tokens).toBeLessThanOrEqual(budget);
        for (const item of given.items.slice(0, shown)) expect(text).toContain(item);
      }),
      { seed: 7 },
    );
  });

  it('leaves the last results out and says how many', async () => {
    const parts = { head: 'Found:', items: ['one '.repeat(40), 'two '.repeat(40), 'three '.repeat(40)], foot: 'All.' };
    const { text, shown } = await fitText(parts, 80, count);
    expect(shown).toBe(1);
    expect(text).toContain('2 of 3 results are left out to keep the token budget.');
    expect(text.endsWith('All.')).toBe(true);
  });

  it('shows the first lines of a result that is too long', async () => {
    const item = Array.from({ length: 100 }, (_, n) => `line ${n}`).join('\n');
    const { text } = await fitText({ head: 'Found:', items: [item], foot: '' }, 100, count);
    expect(text).toContain('line 3\n');
    expect(text).toContain('(cut here)');
    expect(text).not.toContain('line 99');
    expect(text).toContain('The result is cut to keep the token budget. Raise');
    const two = await fitText({ head: 'Found:', items: [item, 'b'], foot: '', next: [1, 1] }, 100, count);
    expect(two.text).toContain('The first of 2 results is cut, and no other is shown, to keep the token budget.');
    expect(two.text).toContain('repeat the call with "from": 1.');
  });

  it('shows as many lines as fit, of a result and of a head', async () => {
    const lines = Array.from({ length: 90 }, (_, n) => `line ${n}`).join('\n');
    const budget = 120;
    for (const parts of [
      { head: 'Found:', items: [lines], foot: '' },
      { head: lines, items: [], foot: 'All.' },
    ]) {
      const { text, tokens } = await fitText(parts, budget, count);
      // One line more, of seven characters and its end, would be too long.
      expect(budget - tokens).toBeLessThanOrEqual(count('line 00\n'));
      expect(text).toContain('(cut here)');
    }
  });

  it('keeps its foot, and that results are left out, where the head is too long', async () => {
    const head = Array.from({ length: 40 }, (_, n) => `changed src/a/long/folder/file${n}.ts`).join('\n');
    const { text } = await fitText({ head, items: ['one '.repeat(40)], foot: 'Two files are not read.' }, 200, count);
    expect(text).toContain('changed src/a/long/folder/file9.ts\n');
    expect(text).toContain('(cut here)\n\n1 of 1 results are left out');
    expect(text.endsWith('Two files are not read.')).toBe(true);
  });

  it('is the same where a tokenizer joins what stands side by side', async () => {
    // Parts cost more together than alone.
    const greedy = (text: string) => text.length ** 1.1;
    const parts = { head: 'h', items: ['a'.repeat(50), 'b'.repeat(50), 'c'.repeat(50)], foot: 'f' };
    for (const budget of [60, 120, 200, 260]) {
      expect((await fitText(parts, budget, greedy)).tokens).toBeLessThanOrEqual(budget);
    }
  });
});
