import type { SearchCase } from './cases.ts';
import { mean, ndcgAt } from './metrics.ts';
import { views, type Result } from './run.ts';
import { align } from './table.ts';

/** A part of the questions and which of them belong to it. */
type Part = readonly [name: string, holds: (one: SearchCase) => boolean];

const shown = ['search-files', 'search-places'] as const;

/**
 * NDCG@10 of every system by language, by kind of question and by what training has seen, of the questions that every
 * system was asked. The last row is the mean of the repositories' means, which is what the benchmark publishes.
 *
 * @param cases the questions of the results; their language and kind are not kept with the results
 */
export function breakdown(results: readonly Result[], cases: readonly SearchCase[]): string[] {
  const known = new Map(cases.map((one) => [one.id, one]));
  return shown.flatMap((view) => {
    const own = results.filter((result) => result.view === view && known.has(result.id));
    const systems = [...Map.groupBy(own, ({ system }) => system).keys()];
    const scores = new Map(
      [...Map.groupBy(own, ({ id }) => id)]
        .filter(([, its]) => its.length === systems.length)
        .map(([id, its]) => [id, new Map(its.map(({ system, outcome }) => [system, ndcgAt(outcome, 10)]))]),
    );
    const asked = cases.filter(({ id }) => scores.has(id));
    if (asked.length === 0) return [];
    const score = (some: readonly SearchCase[], system: string) =>
      mean(some.map(({ id }) => scores.get(id)?.get(system) ?? 0));
    const rows = partsOf(asked).map(([name, holds]) => {
      const some = asked.filter(holds);
      return [name, String(some.length), ...systems.map((system) => score(some, system).toFixed(3))];
    });
    const repositories = [...Map.groupBy(asked, ({ repository }) => repository).values()];
    const even = systems.map((system) => mean(repositories.map((some) => score(some, system))).toFixed(3));
    const last = ['mean of the repositories', String(repositories.length), ...even];
    return [`## ${views[view]}, NDCG@10 by part\n\n${align([['', 'cases', ...systems], ...rows, last])}`];
  });
}

function partsOf(cases: readonly SearchCase[]): Part[] {
  const distinct = (of: (one: SearchCase) => string) => [...new Set(cases.map(of))].sort();
  const parts: readonly Part[] = [
    ...distinct(({ language }) => language).map((name): Part => [name, ({ language }) => language === name]),
    ...distinct(({ category }) => category).map((name): Part => [name, ({ category }) => category === name]),
    ['seen in training', ({ isTrained }) => isTrained],
    ['not known to be seen', ({ isTrained }) => !isTrained],
    ['all', () => true],
  ];
  return parts.filter(([, holds]) => cases.some(holds));
}
