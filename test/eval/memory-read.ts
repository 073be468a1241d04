import { appendFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as ort from 'onnxruntime-node';
import { scoreGraph } from '../../kernels/decoder.ts';
import { floats, integers, keyValueCache, runDecoder } from '../../src/engine/runtime/decoder.ts';
import { Model } from '../../src/engine/runtime/model.ts';
import { createSession } from '../../src/engine/runtime/session.ts';
import { defaultSettings, SEGMENT_TOKENS } from '../../src/engine/settings.ts';
import { TokenMemory } from '../../models/training/research/token-memory/token-memory.ts';
import { evidenceOf } from '../../models/training/research/token-memory/token-gate.ts';
import type { Local } from '../../models/training/research/token-memory/token-gate.ts';
import { segmentHeader } from '../../src/workspace/segment/header.ts';
import { roleOf } from '../../src/workspace/files/role.ts';
import { segment } from '../../src/workspace/segment/segment.ts';
import { findPacks, isWanted, openRepository } from './repository.ts';
import type { Repository } from './repository.ts';

// The runtime reads this with its first session; src/engine/client/process.ts says why.
process.env.ORT_DISABLE_TELEMETRY = '1';

/**
 * What the gate of the token memory is fitted on and judged by: windows of source files that the memory has not seen,
 * while it holds the rest of their repository, cut to some thousand tokens, or another repository. A line a window and
 * memory: {"repo", "path", "memory", "held", "positions": [[p of the token that came, local evidence, evidence and p of
 * each head]]}.
 *
 *     node test/eval/memory-read.ts --data DIR --out FILE [--repos a,b] [--windows 3] [--tokens 320]
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    cache: { type: 'string', default: '.cache/eval' },
    out: { type: 'string', default: 'reads.jsonl' },
    repos: { type: 'string', default: '' },
    windows: { type: 'string', default: '3' },
    tokens: { type: 'string', default: '320' },
  },
});
const wanted = values.repos.split(',').filter((name) => name !== '');
const windowTokens = Number(values.tokens);

/** Sizes of memory in tokens that are compared. */
const BUDGETS = { '10K': 10_000, '100K': 100_000, '1M': 1_000_000 } as const;

const settings = defaultSettings({ device: 'cpu' });
const model = await Model.open({ ...settings, device: 'cpu' });
const { layer } = model.adapter;
const { config } = model.manifest;
const upper = await createSession(scoreGraph(model.manifest, layer), settings.baseFolder, {
  device: 'cpu',
  threads: settings.threads,
});

/** The decoder's own view of every token of a window that follows another. */
async function locals(ids: readonly number[]): Promise<readonly (Local & { readonly probability: number })[]> {
  const states = await model.states(ids);
  const row = new ort.Tensor('int64', BigInt64Array.from([...ids.slice(1), 0], BigInt), [1, ids.length]);
  const cache = keyValueCache(config, [layer, config.layers], 'once');
  const results = await runDecoder(upper, { states, targets: row }, cache, ids.length, [
    'loss',
    'logits',
    'tokens',
    'total',
  ]);
  const [loss, logits, total] = [floats(results, 'loss'), floats(results, 'logits'), floats(results, 'total')];
  const tokens = integers(results, 'tokens');
  const count = logits.length / ids.length;
  return ids.slice(1).map((_, at) => ({
    probability: Math.exp(-(loss[at] ?? 0)),
    tokens: tokens.slice(at * count, (at + 1) * count),
    probabilities: Array.from(logits.subarray(at * count, (at + 1) * count), (logit) =>
      Math.exp(logit - (total[at] ?? 0)),
    ),
  }));
}

interface Written {
  readonly path: string;
  readonly segments: readonly (readonly number[])[];
}

function write({ files }: Repository): Written[] {
  const measure = (text: string) => model.tokenizer.count(text);
  return files.map(({ path, text }) => ({
    path,
    segments: segment(text, { maxTokens: SEGMENT_TOKENS, measure }).map((cut) =>
      model.tokenizer.encode(segmentHeader(path, cut) + cut.text),
    ),
  }));
}

/** The files in an order that says nothing, so that a cut memory is a sample. */
function shuffled<File extends { readonly path: string }>(files: readonly File[]): File[] {
  const hash = (text: string) => Array.from(text).reduce((sum, c) => (Math.imul(sum, 31) + c.charCodeAt(0)) >>> 0, 7);
  return files.toSorted((a, b) => hash(a.path) - hash(b.path) || (a.path < b.path ? -1 : 1));
}

function remember(files: readonly Written[], budget: number): TokenMemory {
  const memory = new TokenMemory();
  let id = 0;
  for (const { segments } of files) {
    if (memory.tokens >= budget) break;
    for (const tokens of segments) memory.put(id++, tokens);
  }
  return memory;
}

interface Window {
  readonly path: string;
  /** The header's tokens, then the window's own. */
  readonly ids: readonly number[];
  readonly headerTokens: number;
}

function windowsOf({ files }: Repository): Window[] {
  const long = files
    .filter(({ path, text }) => roleOf(path) === 'source' && text.length > 5 * windowTokens)
    .filter(({ path }) => /\.(?:[cm]?[jt]sx?|py|go|rs|java|kt|c|h|cc|cpp)$/.test(path));
  return shuffled(long)
    .slice(0, Number(values.windows))
    .map(({ path, text }) => {
      const header = model.tokenizer.encode(segmentHeader(path, { start: 1, end: 1, text }));
      const tokens = model.tokenizer.encode(text);
      const from = Math.max(0, Math.floor((tokens.length - windowTokens) / 2));
      return { path, ids: [...header, ...tokens.slice(from, from + windowTokens)], headerTokens: header.length };
    });
}

function told(
  repo: string,
  { path, ids, headerTokens }: Window,
  name: string,
  memory: TokenMemory,
  own: Awaited<ReturnType<typeof locals>>,
): void {
  const positions = own.flatMap((local, at) => {
    // The header is given, not guessed.
    if (at + 1 < headerTokens) return [];
    const goal = ids[at + 1] ?? 0;
    const heads = memory.read(ids.slice(0, at + 1));
    const numbers = [
      local.probability,
      ...evidenceOf(local, heads).flat(),
      ...heads.map(({ total, followed }) => (total > 0 ? (followed.get(goal) ?? 0) / total : 0)),
    ];
    return [numbers.map((x) => Number(x.toFixed(5)))];
  });
  appendFileSync(values.out, `${JSON.stringify({ repo, path, memory: name, held: memory.tokens, positions })}\n`);
}

writeFileSync(values.out, '');
const packs = (await findPacks(values.data)).filter((pack) => isWanted(pack, wanted));
/** The repository before this one: another, not the same at another commit. */
let foreign: { readonly repository: string; readonly files: readonly Written[] } | undefined;
let last: typeof foreign;
for (const pack of packs) {
  const repository = await openRepository(pack, values.cache, new AbortController().signal);
  const began = performance.now();
  const written = shuffled(write(repository));
  if (last?.repository !== pack.repository) foreign = last;
  const strange = remember(foreign?.files ?? [], BUDGETS['100K']);
  let ran = 0;
  for (const window of windowsOf(repository)) {
    const before = performance.now();
    const own = await locals(window.ids);
    ran += performance.now() - before;
    const rest = written.filter((file) => file.path !== window.path);
    let held = -1;
    for (const [name, budget] of Object.entries(BUDGETS)) {
      const memory = remember(rest, budget);
      // A small repository is whole in several of them.
      if (memory.tokens === held) continue;
      held = memory.tokens;
      told(repository.name, window, name, memory, own);
    }
    if (strange.tokens > 0) told(repository.name, window, 'foreign', strange, own);
  }
  last = { repository: pack.repository, files: written };
  console.log(
    `${repository.name}: ${Math.round((performance.now() - began) / 1000)} s, of which the model ${Math.round(ran / 1000)}`,
  );
}
