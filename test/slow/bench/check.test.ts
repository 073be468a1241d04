import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lostRatios } from '../../bench/check.ts';
import type { Report } from '../../bench/report.ts';

const committed = readFileSync(join(import.meta.dirname, '../../bench/baseline.json'), 'utf8');

/** The committed report with each of its ratios so many times as large. */
function measured(times: (name: string) => { readonly clock: number; readonly cpu: number }): Report {
  const report = JSON.parse(committed) as Report;
  const ratios = Object.entries(report.speeds.against?.ratios ?? {}).map(([name, { clock, cpu, best }]) => {
    const scaled = ({ median, least, most }: typeof clock, by: number) => ({
      median: by * median,
      least: by * least,
      most: by * most,
    });
    return [name, { clock: scaled(clock, times(name).clock), cpu: scaled(cpu, times(name).cpu), best }];
  });
  const against = { ...report.speeds.against!, ratios: Object.fromEntries(ratios) as never };
  return { ...report, speeds: { ...report.speeds, against } };
}

test('figures that are not there are noticed before anything is measured', () => {
  const program = join(import.meta.dirname, '../../bench/main.ts');
  const args = [program, '--check', 'no-such.json', '--gguf', 'no-such.gguf', '--no-repo'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect([status, stdout, stderr]).toEqual([1, '', 'The figures to check against, no-such.json, cannot be read.\n']);
});

test('the committed figures hold themselves', () => {
  expect(
    lostRatios(
      committed,
      measured(() => ({ clock: 1, cpu: 1 })),
    ),
  ).toEqual([]);
});

test('a ratio that is lost by the clock and by the processor is named, the others are not', () => {
  const found = lostRatios(
    committed,
    measured((name) => (name === 'prefill' ? { clock: 0.5, cpu: 0.5 } : { clock: 1, cpu: 1 })),
  );
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^prefill: [\d.]+ at best, where [\d.]+ is committed\.$/);
});

test('a busy machine takes the clock and not the processor, and no ratio is lost by that', () => {
  expect(
    lostRatios(
      committed,
      measured(() => ({ clock: 0.3, cpu: 1 })),
    ),
  ).toEqual([]);
});

test('without the peer nothing is checked in silence', () => {
  const { against: _, ...speeds } = (JSON.parse(committed) as Report).speeds;
  expect(() => lostRatios(committed, { ...(JSON.parse(committed) as Report), speeds })).toThrow('Without the peer');
});
