import { cachedBlock, decoderBlock, normalize } from './decoder-block.ts';
import type { Residual } from './decoder-block.ts';
import { Graph } from './graph.ts';
import type { Value } from './graph.ts';
import { groupedInputs } from './grouped-attention.ts';
import type { BlockMemory } from './infini-attention.ts';
import { linear, parts, SHORTLIST, unembeddings } from './linear.ts';
import type { AccuracyLevel, TableRows, Weights } from './linear.ts';
import { SPARE_ROWS } from './local-attention.ts';
import type { Attending } from './local-attention.ts';
import type { Loras } from './lora.ts';
import type { BaseConfig, Manifest } from './manifest.ts';
import { MAX_POSITIONS } from './rotary.ts';
import { tableRows } from './table.ts';

export interface DecoderOptions {
  readonly accuracyLevel: AccuracyLevel;
  /** Candidates that leave the graph for sampling: the whole vocabulary stays inside. */
  readonly candidates: number;
  /** Memories by block, from 0. */
  readonly memories?: Readonly<Record<number, BlockMemory>>;
  /** Additions to the blocks' matrices, by name. */
  readonly lowRanks?: Loras | undefined;
  /** What the graph is called: `lower` where it is not said. */
  readonly name?: string;
  /**
   * On the CPU, with quantized matrices and activations: a token's numbers are the same, to the bit, in a run of any
   * length, so that a run may verify a draft. Costs a row more of attention, and a position more of the cache.
   */
  readonly isRunInvariant?: boolean;
  /** How a table's rows are widened: in blocks where it is not said. */
  readonly tables?: TableRows | undefined;
  /**
   * Of keys and values the whole cache leaves the graph where it is not said, or the rows of a run alone. `parts` takes
   * parts of the cache in, too, and attends by groups of heads where there are groups (`groupedAttention`).
   */
  readonly cache?: 'whole' | 'rows' | 'parts';
}

/** int8 activations; 64 candidates are more than top-p sampling of a small model ever keeps. */
export const decoderDefaults: DecoderOptions = { accuracyLevel: 4, candidates: 64 };

/** Tokens on a shortlist, in candidates. */
const SHORTLISTED = 4;

/**
 * The lower half: token ids to the residual stream after `layers` blocks.
 *
 * inputs: ids, positions [1, T] int64; last_key [1], total_keys [] int32; past.N.key|value [1, G, S, d]
 * outputs: states [1, T, D]; present.N.key|value
 *
 * Ingest runs this graph alone; an answer runs it and then `upperGraph`. With a LoRA it is another
 * function, which only recall may run.
 */
export function lowerGraph(manifest: Manifest, layers: number, options: DecoderOptions = decoderDefaults): Graph {
  const { accuracyLevel, lowRanks, tables, name = 'lower' } = options;
  const graph = new Graph(`${name}-${layers}`);
  const weights = { tensors: manifest.tensors, accuracyLevel, lowRanks, tables };
  const ids = graph.input('ids', 'int64', [1, 'tokens']);
  const residual = { sum: embed(graph, weights, ids), branch: undefined };
  const top = blocks(
    graph,
    weights,
    manifest,
    [0, layers],
    residual,
    attendingOf(graph, manifest.config, options),
    options,
  );
  graph.output('states', added(graph, top), 'float32', [1, 'tokens', manifest.config.hidden]);
  return graph;
}

/**
 * The upper half: states [1, T, D] after `from` blocks to the best candidates for the tokens after the last R
 * positions: one for what is said next, more where a draft is verified.
 *
 * inputs: states, positions, last_key, total_keys, past.N.key|value; first [1] int64, which is -R
 * outputs: logits [1, R, candidates] float32 and tokens [1, R, candidates] int64, best first; present.N.key|value
 */
export function upperGraph(manifest: Manifest, from: number, options: DecoderOptions = decoderDefaults): Graph {
  const graph = new Graph(`upper-${from}`);
  const { normal } = upperStates(graph, manifest, from, options);
  const first = graph.input('first', 'int64', [1]);
  const end = graph.int64s([MAX_POSITIONS]);
  const rows = graph.node('Slice', [normal, first, end, graph.int64s([1])]); // [1, R, D]
  const weights = { tensors: manifest.tensors, accuracyLevel: options.accuracyLevel, tables: options.tables };
  const { best, tokens } =
    manifest.tensors[`${SHORTLIST}.0`] === undefined
      ? topOf(graph, unembed(graph, weights, rows), options.candidates) // of [1, R, V]
      : shortlisted(graph, weights, manifest, rows, options.candidates);
  graph.output('logits', best, 'float32', [1, 'rows', options.candidates]);
  graph.output('tokens', tokens, 'int64', [1, 'rows', options.candidates]);
  return graph;
}

/** The largest of logits [1, R, V] and their tokens, both [1, R, count]. */
function topOf(graph: Graph, logits: Value, count: number): { best: Value; tokens: Value } {
  const [best, tokens] = graph.nodes('TopK', [logits, graph.int64s([count])], 2, { axis: -1, largest: 1, sorted: 1 });
  if (best === undefined || tokens === undefined) throw new Error('TopK has two outputs');
  return { best, tokens };
}

/**
 * As `topOf` over all logits, in two steps: a table of 4 bits names the tokens that may be best, four times as many as
 * are wanted, and their rows of the real table give their logits. A row of a run costs a fraction then, and a drafted
 * one next to nothing; a product of floats for each row alone keeps a run's numbers apart from its length.
 */
function shortlisted(
  graph: Graph,
  weights: Weights,
  { config }: Manifest,
  rows: Value,
  count: number,
): { best: Value; tokens: Value } {
  const short = parts(weights, SHORTLIST).map(({ name }) => linear(graph, weights, rows, name));
  const near = short.length === 1 ? (short[0] ?? '') : graph.node('Concat', short, { axis: -1 }); // [1, R, V]
  const size = Math.min(config.vocab, SHORTLISTED * count);
  const named = topOf(graph, near, size).tokens; // [1, R, S]
  const names = unembeddings(weights.tensors);
  const table = tableRows(graph, weights, named, names, [1, -1, size]); // [1, R, S, D]
  const column = graph.node('Unsqueeze', [rows, graph.int64s([-1])]); // [1, R, D, 1]
  const exact = graph.node('Squeeze', [graph.node('MatMul', [table, column]), graph.int64s([-1])]); // [1, R, S]
  const { best, tokens: places } = topOf(graph, exact, count);
  return { best, tokens: graph.node('GatherElements', [named, places], { axis: -1 }) };
}

/**
 * What reads a prompt up to its last token: token ids to the keys and values of all blocks.
 *
 * inputs: ids, positions [1, T] int64; last_key [1], total_keys [] int32; past.N.key|value [1, G, S, d]
 * outputs: present.N.key|value
 *
 * The last token goes through `lowerGraph` and `upperGraph`, so there is no table to unembed with, and of the last
 * block nothing behind its keys and values.
 *
 * Of a part of the blocks, `first` … `end - 1`, what leaves it enters the next part: sum and branch [1, T, D] of the
 * residual stream. They are not added between, so the numbers are those of the whole, to the bit.
 */
export function promptGraph(
  manifest: Manifest,
  options: DecoderOptions = decoderDefaults,
  [first, end]: readonly [number, number] = [0, manifest.config.layers],
): Graph {
  const { config, tensors } = manifest;
  const isWhole = first === 0 && end === config.layers;
  const graph = new Graph(isWhole ? 'prompt' : `prompt-${first}-${end}`);
  const weights = { tensors, accuracyLevel: options.accuracyLevel, tables: options.tables };
  const shape = [1, 'tokens', config.hidden];
  const entering = (name: string) => graph.input(name, 'float32', shape);
  const start: Residual =
    first === 0
      ? { sum: embed(graph, weights, graph.input('ids', 'int64', [1, 'tokens'])), branch: undefined }
      : { sum: entering('sum'), branch: entering('branch') };
  const attending = attendingOf(graph, manifest.config, options);
  const last = config.layers - 1;
  const residual = blocks(graph, weights, manifest, [first, Math.min(end, last)], start, attending, options);
  if (end === config.layers) cachedBlock(graph, weights, config, last, residual, attending);
  else {
    graph.output('next.sum', residual.sum, 'float32', shape);
    if (residual.branch === undefined) throw new RangeError('A part of a prompt has a block at least.');
    graph.output('next.branch', residual.branch, 'float32', shape);
  }
  return graph;
}

/**
 * For tests, benchmarks and evaluations: as `upperGraph`, but for every position the best token, the candidates, and
 * the loss of `targets` [T] int64.
 *
 * outputs: best [1, T] int64; loss [1, T] float32 in nats; logits [1, T, candidates] float32 and tokens [1, T,
 * candidates] int64; total [1, T], the logarithm of the sum of all exponents, which turns logits into probabilities
 */
export function scoreGraph(manifest: Manifest, from: number, options: DecoderOptions = decoderDefaults): Graph {
  const graph = new Graph(`score-${from}`);
  const { normal } = upperStates(graph, manifest, from, options);
  const { accuracyLevel } = options;
  const logits = unembed(graph, { tensors: manifest.tensors, accuracyLevel }, normal); // [1, T, V]
  const targets = graph.input('targets', 'int64', [1, 'tokens']);
  const flat = graph.reshape(logits, [-1, manifest.config.vocab]);
  const goal = graph.reshape(targets, [-1]);
  const loss = graph.node('SoftmaxCrossEntropyLoss', [flat, goal], { reduction: 'none' });
  const best = graph.node('ArgMax', [logits], { axis: -1, keepdims: 0 });
  graph.output('best', best, 'int64', [1, 'tokens']);
  graph.output('loss', graph.reshape(loss, [1, -1]), 'float32', [1, 'tokens']);
  const count = graph.int64s([options.candidates]);
  const [candidates, tokens] = graph.nodes('TopK', [logits, count], 2, { axis: -1, largest: 1, sorted: 1 });
  if (candidates === undefined || tokens === undefined) throw new Error('TopK has two outputs');
  graph.output('logits', candidates, 'float32', [1, 'tokens', options.candidates]);
  graph.output('tokens', tokens, 'int64', [1, 'tokens', options.candidates]);
  const total = graph.node('ReduceLogSumExp', [logits, graph.int64s([-1])], { keepdims: 0 });
  graph.output('total', total, 'float32', [1, 'tokens']);
  return graph;
}

function upperStates(graph: Graph, manifest: Manifest, from: number, options: DecoderOptions): { normal: Value } {
  const weights = { tensors: manifest.tensors, accuracyLevel: options.accuracyLevel };
  const states = graph.input('states', 'float32', [1, 'tokens', manifest.config.hidden]);
  const range = [from, manifest.config.layers] as const;
  const start = { sum: states, branch: undefined };
  const top = blocks(graph, weights, manifest, range, start, attendingOf(graph, manifest.config, options), options);
  return normalize(graph, weights, top, 'norm', manifest.config.rmsEps);
}

/** The inputs that say where in the cache a run stands. */
function attendingOf(
  graph: Graph,
  config: BaseConfig,
  { isRunInvariant: hasSpareRow = false, cache = 'whole' }: DecoderOptions,
): Attending {
  const positions = graph.input('positions', 'int64', [1, 'tokens']);
  // A head of keys that one head of queries has would make a product of one row.
  if (cache === 'parts' && config.heads > config.kvHeads) return groupedInputs(graph, config, positions);
  const counted = (keys: Value, shape: readonly number[]) =>
    hasSpareRow ? graph.node('Add', [keys, graph.cast(graph.int64s([SPARE_ROWS], shape), 'int32')]) : keys;
  return {
    kind: 'operator',
    positions,
    lastKey: counted(graph.input('last_key', 'int32', [1]), [1]),
    totalKeys: counted(graph.input('total_keys', 'int32', []), []),
    hasSpareRow,
    cache: cache === 'whole' ? 'whole' : 'rows',
  };
}

function blocks(
  graph: Graph,
  weights: Weights,
  manifest: Manifest,
  [first, end]: readonly [number, number],
  start: Residual,
  attending: Attending,
  { memories = {} }: DecoderOptions,
): Residual {
  let residual = start;
  for (let layer = first; layer < end; layer += 1) {
    residual = decoderBlock(graph, weights, manifest.config, layer, residual, attending, memories[layer]);
  }
  return residual;
}

function added(graph: Graph, residual: Residual): Value {
  return residual.branch === undefined ? residual.sum : graph.node('Add', [residual.sum, residual.branch]);
}

/** ids [1, T] → [1, T, D]. */
function embed(graph: Graph, weights: Weights, ids: Value): Value {
  const names = parts(weights, 'embedding').map(({ name }) => name);
  return tableRows(graph, weights, ids, names, [1, -1]);
}

/** x [.., D] → logits [.., V] with the table of the output, or with that of the input where it has none of its own. */
function unembed(graph: Graph, weights: Weights, x: Value): Value {
  const logits = unembeddings(weights.tensors).map((name) => linear(graph, weights, x, name));
  const [only] = logits;
  return logits.length === 1 && only !== undefined ? only : graph.node('Concat', logits, { axis: -1 });
}
