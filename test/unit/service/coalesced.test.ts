import { expect, it } from 'vitest';
import { coalesced } from '../../../src/service/coalesced.ts';

it('calls during a run have one more run behind it, which begins after them', async () => {
  const runs: (() => void)[] = [];
  const call = coalesced(
    () =>
      new Promise((resolve) => {
        runs.push(resolve);
      }),
  );
  const ended: string[] = [];
  const named = async (name: string) => {
    await call();
    ended.push(name);
  };
  const all = [named('first'), named('second'), named('third')];
  expect(runs).toHaveLength(1);
  runs[0]?.();
  await all[0];
  await Promise.resolve();
  expect([runs.length, ended]).toEqual([2, ['first']]);
  runs[1]?.();
  await Promise.all(all);
  expect([runs.length, ended]).toEqual([2, ['first', 'second', 'third']]);
  void named('fourth');
  expect(runs).toHaveLength(3);
});

it('a run that fails is told to those who called for it, and the next begins all the same', async () => {
  let runs = 0;
  const call = coalesced(() => {
    runs += 1;
    return runs === 1 ? Promise.reject(new Error('It is closed.')) : Promise.resolve();
  });
  const all = await Promise.allSettled([call(), call()]);
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  await call();
  expect(runs).toBe(3);
});
