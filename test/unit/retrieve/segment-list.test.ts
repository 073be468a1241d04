import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listSegments } from '../../../src/retrieve/segment-list.ts';

const segment = (segmentId: number, score: number) => ({ segmentId, score });

test('every file’s best segment in the files’ order, then the rest by score', () => {
  const files = [
    { segments: [segment(1, 5), segment(2, 4)] },
    { segments: [] },
    { segments: [segment(3, 9), segment(4, 8)] },
  ];
  expect(listSegments(files).map(({ segmentId }) => segmentId)).toEqual([1, 3, 4, 2]);
});

test('nothing is lost, and no file stands twice before each stands once', () => {
  const segments = fc.array(fc.nat(), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(segments), (scores) => {
      let id = 0;
      const files = scores.map((own, file) => ({ segments: own.map((e) => ({ ...segment(id++, e), file })) }));
      const list = listSegments(files);
      expect(list.length).toBe(id);
      const filled = files.filter((file) => file.segments.length > 0).length;
      expect(new Set(list.slice(0, filled).map(({ file }) => file)).size).toBe(filled);
    }),
  );
});
