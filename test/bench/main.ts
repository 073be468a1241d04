import { Command, InvalidArgumentError } from 'commander';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { isAppError } from '../../src/common/app-error.ts';
import { defaultThreads } from '../../src/engine/settings.ts';
import { readCorpus } from './corpus.ts';
import { openOurs } from './ours.ts';
import { openPeer } from './peer.ts';
import { defaultGguf, projectFolder } from './place.ts';
import { Problem } from './problem.ts';
import { render, toJson } from './report.ts';
import type { Report } from './report.ts';
import { measureRepository } from './repository.ts';
import { measureSpeeds, SIZES } from './speed.ts';

interface Options {
  readonly threads: number;
  readonly gguf: string;
  readonly repo: string | false;
  readonly question: string;
  readonly rounds: number;
  readonly json?: string;
}

/** Load per core from which on the figures are not to be trusted. */
const BUSY = 0.5;

const count = (value: string) => {
  if (!/^[1-9]\d*$/.test(value)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(value);
};

const root = projectFolder();
const command = new Command('bench')
  .description('Speed and size, beside llama.cpp on the same weights; test/bench/README.md says what the numbers mean.')
  .option('--threads <count>', 'threads of both systems', count, defaultThreads())
  .option('--gguf <file>', "the base's GGUF file, for the peer", defaultGguf())
  .option('--repo <folder>', 'the repository to read and to ask about', root)
  .option('--no-repo', 'measure no repository, which takes the most time')
  .option('--question <words>', 'what to ask the repository', 'Where is a file cut into segments?')
  .option('--rounds <count>', 'how often everything is measured', count, 3)
  .option('--json <file>', 'write the figures there too');

async function main(options: Options, signal: AbortSignal): Promise<void> {
  const { threads, rounds } = options;
  if (options.repo !== false && !existsSync(options.repo)) throw new Problem(`There is no folder ${options.repo}.`);
  const [load = 0] = loadavg();
  const line = progressLine();
  if (load > BUSY * availableParallelism()) {
    const message = `Other programs want the cores (load ${load.toFixed(1)}). Threads then wait for one another and the ratios print little; --threads 1 says more.`;
    line.keep(message);
  }
  const print = line.show;
  print('Loading the model …');
  const ours = await openOurs(threads, SIZES.decode);
  const corpus = await readCorpus(root, ['src', 'kernels'], ours.model.tokenizer);
  const folder = join(root, 'test/bench');
  const capacity = Math.max(SIZES.prefill, SIZES.prompt + SIZES.decode) + 1;
  const peer = await openPeer({ folder, gguf: options.gguf, threads, capacity });
  if (peer.kind === 'absent') line.keep(peer.message);
  const other = peer.kind === 'ready' ? peer.system : undefined;
  const speeds = await measureSpeeds({ ours, peer: other, corpus, rounds, signal, print });
  await other?.close();
  const repository =
    options.repo === false
      ? undefined
      : await measureRepository({ ...options, root: options.repo, dist: join(root, 'dist'), signal, print });
  const report: Report = {
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      threads,
      platform: `${process.platform}-${process.arch}`,
      node: process.versions.node,
      load,
    },
    rounds,
    ours: { model: ours.model.manifest.name, bytes: ours.bytes },
    ...(peer.kind === 'ready' ? { peer: { version: peer.version, bytes: peer.system.bytes } } : {}),
    speeds,
    ...(repository ? { repository } : {}),
  };
  line.clear();
  console.log(render(report));
  if (options.json !== undefined) await writeFile(options.json, toJson(report));
}

/** Milliseconds between lines where there is no terminal: a log should stay readable. */
const LINE_EVERY = 10_000;

/** Sentences on stderr: `keep` stays; `show` overwrites the last one shown, or is one line now and then in a log. */
function progressLine() {
  let last = -Infinity;
  const clear = () => process.stderr.write(process.stderr.isTTY ? '\r\u001b[K' : '');
  const keep = (message: string) => {
    clear();
    process.stderr.write(`${message}\n`);
  };
  const show = (message: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${message}`);
    else if (performance.now() - last >= LINE_EVERY) {
      last = performance.now();
      keep(message);
    }
  };
  return { clear, keep, show };
}

const stop = new AbortController();
process.on('SIGINT', () => {
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
});
try {
  await main(command.parse().opts<Options>(), stop.signal);
} catch (error) {
  if (stop.signal.aborted) {
    console.error('Stopped; nothing was written.');
    process.exitCode = 130;
  } else {
    if (!(error instanceof Problem) && !isAppError(error)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
