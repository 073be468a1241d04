import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Encoder } from './encoder.ts';
import { Fused } from './fused.ts';
import { Lexical } from './lexical.ts';
import { Memory } from './memory.ts';
import { Peer, type PeerName } from './peers.ts';
import { Problem } from './problem.ts';
import { Semantic } from './semantic.ts';
import type { System } from './system.ts';

/** A system, or the sentence that says what it still needs. */
export type Found = { kind: 'ready'; system: System } | { kind: 'missing'; name: string; message: string };

interface Setup {
  readonly cache: string;
  /** The project's bundled command-line program. */
  readonly program: string;
  readonly print: (message: string) => void;
  /** The MiniLM encoder, loaded when first asked for; undefined where there is none. */
  readonly encoder: () => Promise<Encoder | undefined>;
}

type Open = (name: string, setup: Setup) => Promise<Found>;

/** Every system by name, in the order of the tables. */
const systems: Readonly<Record<string, Open>> = {
  bm25: () => Promise.resolve({ kind: 'ready', system: new Lexical() }),
  minilm: (name, setup) => withMiniLM(name, setup, (semantic) => semantic),
  'minilm+bm25': (name, setup) => withMiniLM(name, setup, (semantic) => new Fused(semantic)),
  memory: (name, setup) => ours(name, 'memory', setup),
  'memory+bm25': (name, setup) => ours(name, 'fused', setup),
  semble: (name, setup) => peer(name, 'semble', setup),
  codegraph: (name, setup) => peer(name, 'codegraph', setup),
  ripgrep: (name, setup) => peer(name, 'ripgrep', setup),
};

export const systemNames: readonly string[] = Object.keys(systems);

/** The named systems, in the order of the tables. Throws a Problem for a name that is none. */
export async function openSystems(
  names: readonly string[],
  setup: Pick<Setup, 'cache' | 'program' | 'print'>,
): Promise<Found[]> {
  const unknown = names.find((name) => !systemNames.includes(name));
  if (unknown !== undefined) throw new Problem(`There is no system ${unknown}; there are ${systemNames.join(', ')}.`);
  let opened: Promise<Encoder | undefined> | undefined;
  const encoder = () => (opened ??= Encoder.open(modelFolder(setup.cache)));
  const chosen = Object.entries(systems).filter(([name]) => names.includes(name));
  return Promise.all(chosen.map(([name, open]) => open(name, { ...setup, encoder })));
}

function modelFolder(cache: string): string {
  return join(cache, 'minilm');
}

async function withMiniLM(
  name: string,
  { cache, print, encoder }: Setup,
  build: (semantic: Semantic) => System,
): Promise<Found> {
  const opened = await encoder();
  if (opened !== undefined) return { kind: 'ready', system: build(new Semantic(opened, cache, print)) };
  const message = `${name} is left out: there is no model in ${modelFolder(cache)} (run test/eval/setup.sh ${cache}).`;
  return { kind: 'missing', name, message };
}

function ours(name: string, by: 'memory' | 'fused', { cache, program }: Setup): Promise<Found> {
  return Promise.resolve(
    existsSync(program)
      ? { kind: 'ready', system: new Memory(name, by, program, join(cache, 'home')) }
      : { kind: 'missing', name, message: `${name} is left out: ${program} is not built.` },
  );
}

function peer(name: string, which: PeerName, { cache }: Setup): Promise<Found> {
  const folder = join(cache, 'peers');
  const system = Peer.open(which, folder);
  const message = `${name} is left out: it is not in ${folder} (run test/eval/peers/setup.sh ${cache}).`;
  return Promise.resolve(system ? { kind: 'ready', system } : { kind: 'missing', name, message });
}
