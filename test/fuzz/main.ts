import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { Slot } from './slot.ts';
import { isTargetName, TARGETS } from './targets.ts';
import type { TargetName } from './targets.ts';
import type { Order, Report } from './worker.ts';

/** Far above what any input takes on a loaded machine: what passes them has no bound. */
const LIMITS = {
  /** Milliseconds of one input; git alone may take its ten seconds of patience several times. */
  input: 60_000,
  /** Megabytes of a target's heap, and of the whole process. */
  heap: 512,
  resident: 2_048,
} as const;

type Ended =
  | { readonly kind: 'clean'; readonly runs: number }
  | { readonly kind: 'found'; readonly input: Uint8Array; readonly what: string };

/** Runs one target in a thread of its own until the time is over or a promise is broken. */
function fuzz(target: TargetName, seed: number, until: number): Promise<Ended> {
  const shared = Slot.make();
  const slot = new Slot(shared);
  const order: Order = { target, seed, until, shared };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: LIMITS.heap },
  });
  return new Promise((resolve) => {
    const end = (ended: Ended) => {
      clearInterval(watch);
      void worker.terminate();
      resolve(ended);
    };
    const found = (what: string, input: Uint8Array = slot.input) => {
      end({ kind: 'found', input, what });
    };
    const watch = setInterval(() => {
      const resident = process.memoryUsage.rss() / 1e6;
      if (slot.took > LIMITS.input) found(`It took more than ${LIMITS.input / 1000} s.`);
      else if (resident > LIMITS.resident) found(`The process holds ${resident.toFixed(0)} MB.`);
    }, 500);
    worker.on('message', (report: Report) => {
      if (report.kind === 'failed') found(report.error, report.input);
      else end({ kind: 'clean', runs: report.runs });
    });
    worker.on('error', (error: Error) => {
      found(error.stack ?? error.message);
    });
  });
}

function keep(target: TargetName, input: Uint8Array): string {
  const folder = join(import.meta.dirname, 'found', target);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, createHash('sha256').update(input).digest('hex').slice(0, 16));
  writeFileSync(file, input);
  return file;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '5' },
      target: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    },
  });
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  const names = values.target === undefined ? Object.keys(TARGETS) : [values.target];
  if (!(minutes > 0) || !Number.isInteger(seed) || !names.every(isTargetName)) {
    console.error(`npm run fuzz -- --minutes N [--target ${Object.keys(TARGETS).join('|')}] [--seed N]`);
    process.exit(2);
  }
  console.log(`Seed ${seed}, ${minutes} minutes for ${names.join(', ')}.`);
  for (const name of names.filter(isTargetName)) {
    const ended = await fuzz(name, seed, Date.now() + (minutes * 60_000) / names.length);
    if (ended.kind === 'clean') console.log(`${name}: ${ended.runs} inputs, every promise kept.`);
    else {
      process.exitCode = 1;
      console.error(`${name}: ${ended.what}\nThe input is in ${keep(name, ended.input)}.`);
    }
  }
}

await main();
