import { Command, InvalidArgumentError, Option } from 'commander';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAppError } from '../../src/common/app-error.ts';
import { defaultThreads } from '../../src/engine/settings.ts';
import { lostRatios } from './check.ts';
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
  readonly next: string;
  readonly rounds: number;
  readonly model?: string;
  readonly json?: string;
  readonly check?: string | true;
  readonly peak?: 'ours' | 'peer';
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
  .option('--next <words>', 'what to ask next', 'What happens when a segment is too long?')
  .option('--model <folder>', 'a model that only answers, in place of the base; with the GGUF file that it was made of')
  .option('--rounds <count>', 'how often everything is measured', count, 3)
  .option('--json <file>', 'write the figures there too')
  .option('--check [file]', 'fail where a ratio of these committed figures is lost (test/bench/baseline.json)')
  .addOption(new Option('--peak <system>').choices(['ours', 'peer']).hideHelp());

const capacity = Math.max(SIZES.first, SIZES.prompt + SIZES.decode) + SIZES.decode;

const folder = join(root, 'test/bench');

/** Bytes that a process of its own held at most with one of the systems; undefined where it is not there. */
async function peakOf(system: 'ours' | 'peer', options: Options, signal: AbortSignal): Promise<number | undefined> {
  const model = options.model === undefined ? [] : ['--model', options.model];
  const given = ['--threads', String(options.threads), '--gguf', options.gguf, ...model];
  const args = [process.argv[1] ?? '', ...given, '--peak', system];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal });
  const bytes = Number(stdout.trim().split('\n').at(-1));
  return bytes > 0 ? bytes : undefined;
}

/** One system alone in this process reads a long prompt and writes some tokens; prints the most that it held. */
async function printPeak({ peak, threads, gguf, model }: Options, signal: AbortSignal): Promise<void> {
  const opened =
    peak === 'ours'
      ? await openOurs(threads, SIZES.decode, model)
      : await openPeer({ folder, gguf, threads, capacity }).then((peer) =>
          peer.kind === 'ready' ? peer.system : undefined,
        );
  if (!opened) return;
  const prompt = Array.from({ length: SIZES.first }, (_, at) => 1_000 + ((at * 7_919) % 50_000));
  const decoding = await opened.decode(prompt, signal);
  for (const token of prompt.slice(0, SIZES.decode)) await decoding.step(token);
  await decoding.end();
  console.log(1024 * process.resourceUsage().maxRSS);
}

async function main(options: Options, signal: AbortSignal): Promise<void> {
  const { threads, rounds } = options;
  if (options.peak) {
    await printPeak(options, signal);
    return;
  }
  if (options.repo !== false && !existsSync(options.repo)) throw new Problem(`There is no folder ${options.repo}.`);
  // Before anything is measured; and before `--json` may write to the same file.
  const committed = options.check === undefined ? undefined : await committedFigures(options.check);
  const [load = 0] = loadavg();
  const line = progressLine();
  if (load > BUSY * availableParallelism()) {
    const message = `Other programs want the cores (load ${load.toFixed(1)}). Threads then wait for one another and the ratios print little; --threads 1 says more.`;
    line.keep(message);
  }
  const print = line.show;
  print('Loading the model …');
  const ours = await openOurs(threads, SIZES.decode, options.model);
  const corpus = await readCorpus(root, ['src', 'kernels'], ours.model.tokenizer);
  const peer = await openPeer({ folder, gguf: options.gguf, threads, capacity });
  if (peer.kind === 'absent' && committed !== undefined) throw new Problem(peer.message);
  if (peer.kind === 'absent') line.keep(peer.message);
  const other = peer.kind === 'ready' ? peer.system : undefined;
  const speeds = await measureSpeeds({ ours, peer: other, corpus, rounds, signal, print });
  await other?.close();
  print('Measuring memory …');
  const ourPeak = await peakOf('ours', options, signal);
  const peerPeak = other && (await peakOf('peer', options, signal));
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
    ours: {
      ...{ model: ours.model.manifest.name, bytes: ours.bytes },
      ...(ourPeak !== undefined && { peakBytes: ourPeak }),
    },
    ...(peer.kind === 'ready' && {
      peer: {
        ...{ version: peer.version, bytes: peer.system.bytes },
        ...(peerPeak !== undefined && { peakBytes: peerPeak }),
      },
    }),
    speeds,
    ...(repository ? { repository } : {}),
  };
  line.clear();
  console.log(render(report));
  if (options.json !== undefined) await writeFile(options.json, toJson(report));
  if (committed !== undefined) check(committed, report);
}

/** The text of the file that `--check` names. */
async function committedFigures(named: string | true): Promise<string> {
  const file = named === true ? join(folder, 'baseline.json') : named;
  return readFile(file, 'utf8').catch(() => {
    throw new Problem(`The figures to check against, ${file}, cannot be read.`);
  });
}

/** Ends the program with 1 where a committed ratio is lost. */
function check(committed: string, report: Report): void {
  const lost = lostRatios(committed, report);
  for (const message of lost) console.error(message);
  if (lost.length === 0) console.log('Every committed ratio is held.');
  else process.exitCode = 1;
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
