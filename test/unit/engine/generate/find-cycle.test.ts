import { expect, it } from 'vitest';
import { findCycle } from '../../../../src/engine/generate/find-cycle.ts';

const repeated = (cycle: readonly number[], times: number) => Array.from({ length: times }, () => cycle).flat();

it('sees a cycle at the end and keeps one turn of it', () => {
  expect(findCycle([1, 2, 3, ...repeated([7], 24)])).toBe(4);
  expect(findCycle([1, 2, 3, ...repeated([7, 8, 9], 8)])).toBe(6);
  expect(findCycle([1, ...repeated([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 4)])).toBe(11);
});

it('lets a table, a list and a line of dashes be', () => {
  expect(findCycle(repeated([7], 20))).toBeUndefined();
  expect(findCycle([...repeated([7, 8, 9], 8), 1])).toBeUndefined();
  expect(findCycle(repeated([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 3))).toBeUndefined();
  expect(findCycle(Array.from({ length: 200 }, (_, at) => at % 13))).toBeUndefined();
});
