import type { Action } from '../../common/error-codes.ts';
import type { MemoryState } from '../../service/protocol.ts';

/** Where the memory of the whole workspace stands, from the states of its roots. */
export type WorkspaceStatus =
  /** No folder is open. */
  | { readonly kind: 'none' }
  | { readonly kind: 'opening' }
  | { readonly kind: 'walking'; readonly files: number }
  | {
      readonly kind: 'reading';
      /** 0..100. */
      readonly percent: number;
      readonly files: number;
      readonly ofFiles: number;
      readonly path: string;
    }
  | {
      readonly kind: 'embedding';
      /** 0..100, of what had no vectors. */
      readonly percent: number;
      readonly files: number;
      /** Tokens per second; 0 while nothing was measured. */
      readonly rate: number;
      readonly secondsLeft?: number;
      readonly path: string;
    }
  /** `isIndexed`: only vectors are missing. */
  | { readonly kind: 'paused'; readonly percent: number; readonly isIndexed: boolean }
  | { readonly kind: 'ready'; readonly files: number; readonly segments: number }
  | { readonly kind: 'failed'; readonly message: string; readonly action: Action };

type Of<Kind extends MemoryState['kind']> = Extract<MemoryState, { kind: Kind }>;

/**
 * One state for many: what goes on is said before what has failed, which stays and is said when the rest is done; what
 * waits for the user comes before what is in order.
 */
export function workspaceStatus(states: Iterable<MemoryState>): WorkspaceStatus {
  const all = [...states];
  const of = <Kind extends MemoryState['kind']>(kind: Kind) =>
    all.filter((state): state is Of<Kind> => state.kind === kind);
  const [reading, embedding, walking, failed, paused, ready] = [
    of('reading'),
    of('embedding'),
    of('walking'),
    of('failed'),
    of('paused'),
    of('ready'),
  ];
  const [first] = reading;
  if (first) return { kind: 'reading', ...progress(reading), path: first.path };
  const [deepest] = embedding;
  if (deepest) {
    const files = sum([...embedding, ...ready], (state) => state.files);
    return { kind: 'embedding', ...pace(embedding), files, path: deepest.path };
  }
  if (walking.length > 0) return { kind: 'walking', files: sum(walking, ({ files }) => files) };
  if (of('opening').length > 0) return { kind: 'opening' };
  const [worst] = failed;
  if (worst) return { kind: 'failed', message: worst.message, action: worst.action };
  if (paused.length > 0) {
    const done = 100 * ready.length + sum(paused, ({ percent }) => percent);
    const isIndexed = paused.every((state) => state.isIndexed);
    return { kind: 'paused', percent: done / (ready.length + paused.length), isIndexed };
  }
  if (ready.length === 0) return { kind: 'none' };
  return { kind: 'ready', files: sum(ready, ({ files }) => files), segments: sum(ready, ({ segments }) => segments) };
}

function progress(reading: readonly Of<'reading'>[]) {
  const ofFiles = sum(reading, (state) => state.ofFiles);
  const weighted = sum(reading, (state) => state.percent * state.ofFiles);
  const percent = ofFiles > 0 ? weighted / ofFiles : 0;
  return { percent, files: sum(reading, ({ files }) => files), ofFiles };
}

/** One model works for all roots in turn, so their times add and the rate is that of the fastest report. */
function pace(embedding: readonly Of<'embedding'>[]) {
  const left = embedding.flatMap(({ secondsLeft }) => (secondsLeft === undefined ? [] : [secondsLeft]));
  return {
    percent: sum(embedding, ({ percent }) => percent) / embedding.length,
    rate: Math.max(...embedding.map(({ rate }) => rate)),
    ...(left.length === embedding.length ? { secondsLeft: left.reduce((a, b) => a + b, 0) } : {}),
  };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
