import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Engine } from '../../src/engine/client/engine.ts';
import { costRow, spend, type Spent } from './agent-cost.ts';
import { codeGraph, grepAndRead, searchCodebase, semble, type AgentTool } from './agent-tools.ts';
import { readCases, taskFiles, type Task } from './cases.ts';
import { Peer, peerProgram } from './peers.ts';
import { Problem } from './problem.ts';
import { findPacks, isWanted, openRepository, packOf } from './repository.ts';
import { rootOf } from './run.ts';

/**
 * What a tool costs and saves an agent: tokens returned, and files of which lines are shown, until lines of all gold
 * files of a question are in context. An agent that has spent 128,000 tokens gives the question up.
 *
 *     node esbuild.js --quiet && node test/eval/agents.ts [--tasks semble] [--repos chi,express,gin] [--limit 20]
 *
 * `--tools semble,grep` asks those alone whose names begin so. Peers are asked where peers/setup.sh has put them.
 * Memories of the cache are copied, never changed; those that are missing are made of words alone, and each question
 * has candidates encoded for --embed-ms. `--words` ranks by words alone.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    cache: { type: 'string', default: '.cache/eval' },
    repos: { type: 'string', default: 'chi,express,gin,requests' },
    tasks: { type: 'string', default: 'localisation,qa,semble' },
    limit: { type: 'string', default: '1000' },
    tools: { type: 'string', default: '' },
    words: { type: 'boolean', default: false },
    'embed-ms': { type: 'string', default: '2000' },
  },
});
const stop = new AbortController();
process.on('SIGINT', () => {
  stop.abort(new Problem('Stopped.'));
});
const { signal } = stop;
const isTask = (name: string): name is Task => Object.hasOwn(taskFiles, name);
const tasks = values.tasks.split(',').filter(isTask);

/** Asks with no direction at all: where nothing has vectors, words alone decide, and no model is loaded. */
class WordsAlone extends Engine {
  override question(): Promise<Float32Array> {
    return Promise.resolve(new Float32Array(256));
  }
}
const engine = new (values.words ? WordsAlone : Engine)({
  script: resolve('dist/engine.js'),
  settings: { device: 'cpu' },
});
const scratch = mkdtempSync(join(tmpdir(), 'ask-codebase-agents-'));

function openTools(): AgentTool[] {
  const peers = join(values.cache, 'peers');
  const count = (text: string) => engine.countHere(text, { signal });
  const home = join(scratch, 'home');
  if (!values.words && existsSync(join(values.cache, 'home')))
    cpSync(join(values.cache, 'home'), home, { recursive: true });
  const ripgrep = peerProgram('ripgrep', peers);
  const explore = peerProgram('codegraph', peers);
  const search = Peer.open('semble', peers);
  return [
    ...[500, 1_000, 2_000, 4_000].map((tokens) =>
      searchCodebase(engine, home, values.words ? 0 : Number(values['embed-ms']), tokens),
    ),
    ...(ripgrep === undefined ? [] : (['words', 'lines'] as const).map((by) => grepAndRead(ripgrep, count, by))),
    // Ten lines are what it gives unasked.
    ...(search === undefined ? [] : [10, Infinity].map((lines) => semble(search, count, lines))),
    ...(explore === undefined ? [] : [codeGraph(explore, count)]),
  ];
}

/** What every tool spent on every question, by task and tool. */
async function measure(): Promise<Map<string, Map<string, Spent[]>>> {
  const wanted = values.tools.split(',');
  const tools = openTools().filter(({ name }) => wanted.some((part) => name.startsWith(part)));
  const packs = (await findPacks(values.data)).filter((pack) => isWanted(pack, values.repos.split(',')));
  const spent = new Map(tasks.map((task) => [task, new Map(tools.map(({ name }): [string, Spent[]] => [name, []]))]));
  for (const task of tasks) {
    const cases = readCases(values.data, task).filter((one) => one.task !== 'semble' || one.doubt === undefined);
    for (const pack of packs) {
      const own = cases.filter(({ repository, commit }) => packOf(packs, repository, commit) === pack);
      for (const [below, there] of Map.groupBy(own.slice(0, Number(values.limit)), rootOf)) {
        const repository = await openRepository(pack, values.cache, signal, below);
        const known = new Set(repository.files.map(({ path }) => path));
        // What is no candidate no tool can show: it is asked of none.
        const asked = there.flatMap(({ id, question, files }) => {
          const gold = files.filter((path) => known.has(path));
          return gold.length === 0 ? [] : [{ id, text: question, gold }];
        });
        for (const tool of tools) {
          await tool.use({ repository, questions: asked, signal }, async (calls) => {
            for (const question of asked) {
              spent
                .get(task)
                ?.get(tool.name)
                ?.push(await spend(calls(question), question.gold));
            }
          });
          console.error(`${task}, ${repository.name}: ${tool.name} was asked ${asked.length} questions.`);
        }
      }
    }
  }
  return spent;
}

function table(byTool: ReadonlyMap<string, readonly Spent[]>): string {
  const percent = (part: number) => (100 * part).toFixed(1);
  const whole = (count: number) => Math.round(count).toLocaleString('en');
  const rows = [...byTool].map(([name, spent]) => {
    const { complete, recall, tokens, calls, files } = costRow(spent);
    const cells = [whole(tokens.mean), whole(tokens.median), calls.toFixed(1), files.toFixed(1)];
    return `| ${[name, percent(complete), percent(recall), ...cells].join(' | ')} |`;
  });
  const head = '| tool | all gold files, % | gold files, % | tokens: mean | median | calls | files shown |';
  return [head, '| --- | ---: | ---: | ---: | ---: | ---: | ---: |', ...rows].join('\n');
}

try {
  for (const [task, byTool] of await measure()) {
    const questions = [...byTool.values()][0]?.length ?? 0;
    if (questions > 0) console.log(`\n${task}, ${questions} questions\n\n${table(byTool)}`);
  }
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  engine.close();
  rmSync(scratch, { recursive: true, force: true });
}
