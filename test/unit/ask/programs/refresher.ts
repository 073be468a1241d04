import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { Codebase } from '../../../../src/ask/codebase.ts';
import { LedgerError } from '../../../../src/memory/ledger-error.ts';
import type { Engine } from '../../../../src/engine/host.ts';
import { StandIn } from '../../../torture/encoder.ts';

const MODELS = join(import.meta.dirname, '../../../../models');

/** Stands for the model with keys of the real adapter's shape, and takes its time. */
class Slow extends StandIn {
  readonly settings = { baseFolder: join(MODELS, 'base'), adapterFolder: join(MODELS, 'adapter'), device: 'cpu' };
  readonly #ms: number;
  size = 0;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  override async encode(header: string, text: string) {
    const { keys, ...rest } = await super.encode(header, text);
    process.stdout.write('encoded\n');
    await wait(this.#ms);
    const repeated = Float32Array.from({ length: this.size }, (_, at) => keys[at % keys.length] ?? 0);
    const all = Float32Array.from(repeated, (x) => x / Math.sqrt(KEY / keys.length));
    return { keys: all, ...rest };
  }
}

const KEY = 256;

/** refresher.ts <home> <root> <ms>: brings the memory of a folder up to its files, each segment taking so many ms. */
const [home = '', root = '', ms = '0'] = process.argv.slice(2);
const slow = new Slow(Number(ms));
const codebase = await Codebase.open({ root, home, engine: slow as unknown as Engine });
slow.size = codebase.adapter.tokens * codebase.adapter.keySize;
try {
  process.stdout.write('opened\n');
  const { read, encoded, reused } = await codebase.refresh({ onWait: () => process.stdout.write('waits\n') });
  process.stdout.write(`${JSON.stringify({ read, encoded, reused, segments: codebase.length })}\n`);
} catch (error) {
  if (!(error instanceof LedgerError)) throw error;
  process.stdout.write(`${JSON.stringify({ kind: error.kind, message: error.message })}\n`);
} finally {
  codebase.close();
}
