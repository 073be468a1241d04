import { Command, InvalidArgumentError } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { breakdown } from './breakdown.ts';
import { readCases, taskFiles, type Task } from './cases.ts';
import { merged, readKept, writeKept } from './kept.ts';
import { Problem } from './problem.ts';
import { findPacks, isNamed } from './repository.ts';
import { evaluate } from './run.ts';
import type { Result } from './run.ts';
import { openSystems, systemNames } from './systems.ts';
import { leads, render, rowsOf } from './table.ts';

const names = (value: string) => value.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));

const isTask = (name: string): name is Task => Object.hasOwn(taskFiles, name);
const allTasks = Object.keys(taskFiles).filter(isTask);

const tasks = (value: string) => {
  const chosen = names(value).filter(isTask);
  if (chosen.length < names(value).length) throw new InvalidArgumentError(`There are ${allTasks.join(', ')}.`);
  return chosen;
};

const count = (value: string) => {
  if (!/^[1-9]\d*$/.test(value)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(value);
};

const command = new Command('eval')
  .description('Scores how well files and functions are found; test/eval/README.md says what the numbers mean.')
  .option('--data <folder>', 'the questions and repositories', '../shared/eval')
  .option('--cache <folder>', 'unpacked repositories, the MiniLM model, embeddings, ledgers', '.cache/eval')
  .option('--repos <names>', 'only these repositories, as name, owner/name or name@commit', names, [])
  .option('--systems <names>', 'only these systems', names, [...systemNames])
  .option('--tasks <names>', 'only these tasks', tasks, allTasks)
  .option('--limit <count>', 'at most so many cases per task and repository', count, Number.POSITIVE_INFINITY)
  .option('--program <file>', 'the command-line program that the memory systems ask', 'dist/cli.js')
  .option('--kept <file>', 'results of other runs, which count too; those of this run are added')
  .option('--table', 'run nothing, show what is kept, of all repositories or of those of --repos');

interface Options {
  readonly data: string;
  readonly cache: string;
  readonly repos: string[];
  readonly systems: string[];
  readonly tasks: Task[];
  readonly limit: number;
  readonly program: string;
  readonly kept?: string;
  readonly table?: boolean;
}

async function main(options: Options, signal: AbortSignal): Promise<void> {
  if (options.table === true) {
    if (options.kept === undefined) throw new Problem('Which results? Name them with --kept FILE.');
    const kept = await readKept(options.kept);
    const namesOf = ({ repository }: Result) => [repository, ...repository.split('@', 1)];
    console.log(
      shown(
        kept.filter((result) => isNamed(namesOf(result), options.repos)),
        options.data,
      ),
    );
    return;
  }
  const packs = await findPacks(options.data);
  const line = progressLine();
  const found = await openSystems(options.systems, {
    cache: options.cache,
    program: options.program,
    print: line.show,
  });
  const systems = found.flatMap((one) => {
    if (one.kind === 'ready') return [one.system];
    line.print(one.message);
    return [];
  });
  if (systems.length === 0) throw new Problem('There is no system left to score.');
  const order = { ...options, packs, repositories: options.repos, systems };
  const fresh = await evaluate(order, signal, line.print);
  line.clear();
  const before = options.kept === undefined ? [] : await readKept(options.kept);
  const results = merged(before, fresh);
  if (options.kept !== undefined && fresh.length > 0) await writeKept(options.kept, results);
  console.log(
    results.length === 0 ? 'No case of these tasks is over a packed repository.' : shown(results, options.data),
  );
}

function shown(results: readonly Result[], data: string): string {
  const cases = existsSync(join(data, taskFiles.semble)) ? readCases(data, 'semble') : [];
  const parts = breakdown(
    results,
    cases.filter((one) => one.task === 'semble'),
  );
  return [render(rowsOf(results)), ...parts, ...leads(results, 'memory+bm25')].join('\n\n');
}

/** Sentences on stderr: `print` keeps its own line, `show` overwrites the last one shown where stderr is a terminal. */
function progressLine() {
  const clear = () => process.stderr.write(process.stderr.isTTY ? '\r\u001b[K' : '');
  return {
    clear,
    print: (message: string) => {
      clear();
      process.stderr.write(`${message}\n`);
    },
    show: (message: string) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${message}`);
    },
  };
}

const stop = new AbortController();
process.once('SIGINT', () => {
  stop.abort(new Problem('Stopped; what was embedded is kept.'));
});
try {
  await main(command.parse().opts<Options>(), stop.signal);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
