import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ingest } from '../../src/index/ingest.ts';
import { Ledger } from '../../src/memory/store/ledger.ts';
import { SHAPE, StandIn } from '../support/encoder.ts';
import { spread } from '../bench/sample.ts';

export interface Replayed {
  /** Steps from one commit to the next; as many go back. */
  readonly steps: number;
  /** Of the last commit. */
  readonly files: number;
  readonly segments: number;
  /** Segments encoded for the first commit, and for all steps after it. */
  readonly encodedFirst: number;
  readonly encodedForward: number;
  /** Always 0: anything else throws. */
  readonly encodedBack: number;
  /** Commits at which the sums were compared with a rebuild, and with a memory that was built from nothing. */
  readonly rebuilt: number;
  readonly fromNothing: number;
  /** ms of bringing the memory up to a commit that is checked out, the walk included; the median step. */
  readonly forwardMs: number;
  readonly backMs: number;
}

export interface ReplayOptions {
  readonly commits: number;
  /** Every so many commits all is compared with a rebuild, and every ten times as many with a memory from nothing. */
  readonly rebuildEvery?: number;
}

interface State {
  readonly memory: string;
  readonly tree: string;
}

/**
 * Takes a clone of `history` through its last commits, one after the other by its first parents, and back again. After
 * each checkout the memory is brought up to the folder as the program does it, only that the model is a stand-in.
 * Throws unless the way back encodes nothing and gives, commit for commit, the hashes of the way there, and these are a
 * rebuild's.
 */
export async function replay(history: string, options: ReplayOptions, standIn = new StandIn()): Promise<Replayed> {
  const { commits, rebuildEvery = 10 } = options;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'torture-replay-')));
  const root = join(folder, 'root');
  const identity = { repository: 'r', checkout: root, adapter: 'base+adapter', shape: SHAPE };
  try {
    git('clone', '--quiet', '--no-checkout', history, root);
    const line = git('-C', root, 'rev-list', '--first-parent', '-n', String(commits + 1), 'HEAD');
    const hashes = line.trim().split('\n').reverse();
    const { ledger } = Ledger.open(join(folder, 'memory'), identity);
    try {
      const there: State[] = [];
      const times: { readonly forward: number[]; readonly back: number[] } = { forward: [], back: [] };
      let [encodedFirst, rebuilt, fromNothing] = [0, 0, 0];
      for (const [at, hash] of hashes.entries()) {
        times.forward.push(await checkOut(hash, ledger));
        const state = stateOf(ledger);
        there.push(state);
        if (at === 0) encodedFirst = standIn.encoded;
        if (at % rebuildEvery === 0 || at === hashes.length - 1) {
          await compareWithRebuild(ledger, state, hash);
          rebuilt++;
        }
        if (at % (10 * rebuildEvery) === 0 || at === hashes.length - 1) {
          await compareWithNew(state, hash);
          fromNothing++;
        }
      }
      const { files, segments } = { files: ledger.tree().size, segments: ledger.totals().segments };
      const encoded = standIn.encoded;
      for (const [back, hash] of hashes.slice(0, -1).reverse().entries()) {
        times.back.push(await checkOut(hash, ledger));
        const [state, expected] = [stateOf(ledger), there[hashes.length - 2 - back]];
        if (standIn.encoded !== encoded) throw new Error(`${hash}: on the way back it was encoded once more.`);
        if (state.memory !== expected?.memory || state.tree !== expected.tree) {
          throw new Error(`${hash}: on the way back it is another memory.`);
        }
        if (back % rebuildEvery === 0 || back === hashes.length - 2) {
          await compareWithRebuild(ledger, state, hash);
          rebuilt++;
        }
      }
      const verdict = await ledger.verify();
      if (verdict.kind !== 'sound') throw new Error(verdict.message);
      return {
        steps: hashes.length - 1,
        files,
        segments,
        encodedFirst,
        encodedForward: encoded - encodedFirst,
        encodedBack: standIn.encoded - encoded,
        rebuilt,
        fromNothing,
        forwardMs: spread(times.forward.slice(1)).median,
        backMs: spread(times.back).median,
      };
    } finally {
      ledger.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }

  async function checkOut(commit: string, ledger: Ledger): Promise<number> {
    git('-C', root, 'checkout', '--quiet', '--force', '--detach', commit);
    return (await ingest({ root, ledger, engine: standIn.engine })).milliseconds;
  }

  async function compareWithRebuild(ledger: Ledger, state: State, commit: string): Promise<void> {
    if ((await ledger.rebuild()).hex() !== state.memory) throw new Error(`${commit}: a rebuild is another memory.`);
  }

  /** Counted apart: what a new memory encodes says nothing about the one that is replayed. */
  async function compareWithNew(state: State, commit: string): Promise<void> {
    const { ledger } = Ledger.open(join(folder, `new-${commit}.sqlite`), identity);
    const before = standIn.encoded;
    try {
      await ingest({ root, ledger, engine: standIn.engine });
      const { memory, tree } = stateOf(ledger);
      if (memory !== state.memory || tree !== state.tree)
        throw new Error(`${commit}: from nothing it is another memory.`);
    } finally {
      ledger.close();
      standIn.encoded = before;
    }
  }
}

function stateOf(ledger: Ledger): State {
  return { memory: ledger.setHash().hex(), tree: ledger.treeHash() };
}

/** Without the user's and the machine's settings: no hook, filter or file monitor of theirs runs. */
function git(...args: readonly string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  return execFileSync('git', ['-c', 'advice.detachedHead=false', ...args], { encoding: 'utf8', env });
}
