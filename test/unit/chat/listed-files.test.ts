import { expect, test } from 'vitest';
import type { AnswerEvent } from '../../../src/answer/answer.ts';
import { toListed } from '../../../src/chat/listed-files.ts';

const file = (path: string, share: number) => ({ path, share, lines: [] });
const recalled: AnswerEvent = {
  kind: 'recalled',
  files: [file('a.ts', 0.6), file('b.ts', 0.3), file('c.ts', 0.1)],
};

function passed(event: AnswerEvent, most: number, leastShare: number): AnswerEvent[] {
  const events: AnswerEvent[] = [];
  toListed((one) => events.push(one), { most, leastShare })(event);
  return events;
}

const paths = (most: number, leastShare: number) =>
  passed(recalled, most, leastShare).flatMap((event) => (event.kind === 'recalled' ? event.files : []));

test('so many files are listed as are wanted', () => {
  expect(paths(20, 0)).toHaveLength(3);
  expect(paths(2, 0)).toEqual([file('a.ts', 0.6), file('b.ts', 0.3)]);
});

test('files with a smaller share are left out, the best one never', () => {
  expect(paths(20, 0.3)).toEqual([file('a.ts', 0.6), file('b.ts', 0.3)]);
  expect(paths(20, 0.9)).toEqual([file('a.ts', 0.6)]);
});

test('other events pass as they are', () => {
  const event = { kind: 'partial', percent: 40 } as const;
  expect(passed(event, 1, 1)).toEqual([event]);
});
