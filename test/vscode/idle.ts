import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Chat } from './driver/chat.ts';
import { Code } from './driver/code.ts';
import { LIMITS } from './driver/limits.ts';
import { PROBE } from './driver/places.ts';
import { descendants, processorTime } from './driver/processes.ts';
import { libraryRepository } from './driver/repository.ts';

/**
 * What the extension costs while nobody uses it: processor time of the extension host (which holds the memory's own
 * thread) and of the engine, over a minute after an answer, beside the same VS Code without the extension.
 *
 *     node esbuild.js && node test/vscode/idle.ts [--seconds 60]
 */
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
const SECONDS = Number(values.seconds);
/** Until what an answer and a start leave behind is done. */
const SETTLED = 15;

type Spent = Readonly<Record<'extension host' | 'engine', number>>;

/** Processor time that has gone so far, user and system, in milliseconds. */
function spent(code: Code): Spent {
  const all = descendants(code.server.pid);
  const time = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + processorTime(pid), 0);
  const hosts = all.filter(({ args }) => args.some((arg) => arg.includes('extensionHost')));
  return { 'extension host': time(hosts.map(({ pid }) => pid)), engine: time(code.engines().map(({ pid }) => pid)) };
}

async function idle(code: Code): Promise<Record<string, string>> {
  await wait(1_000 * SETTLED);
  const before = spent(code);
  await wait(1_000 * SECONDS);
  const after = spent(code);
  const per = (name: keyof Spent) => `${((after[name] - before[name]) / SECONDS).toFixed(1)} ms/s`;
  return { 'extension host': per('extension host'), engine: code.engines().length === 0 ? 'none' : per('engine') };
}

const folder = libraryRepository();
const rows: Record<string, Record<string, string>> = {};

const without = await Code.start({ folder, extension: PROBE });
rows['without the extension'] = await idle(without);
await without.stop();

const code = await Code.start({ folder, settings: { 'askCodebase.device': 'cpu' } });
try {
  const { workbench } = code;
  await workbench.statusItem('4 files are remembered', LIMITS.answer);
  await workbench.openContainer('Ask Codebase');
  const chat = new Chat(code.view);
  const question = 'How many days may a reader keep a book?';
  await chat.ask(question);
  console.log(`The question was ${await chat.ended(question)}.`);
  rows['after an answer'] = await idle(code);
} finally {
  await code.stop();
}
console.table(rows);
