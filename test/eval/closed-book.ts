import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FolderIndex } from '../../src/index/folder-index.ts';
import { MultiFolderSearch } from '../../src/retrieve/multi-folder-search.ts';
import type { RecallBy } from '../../src/retrieve/ranked-files.ts';
import { Engine } from '../../src/engine/client/engine.ts';
import { Model } from '../../src/engine/runtime/model.ts';
import { defaultSettings } from '../../src/engine/settings.ts';
import { TokenMemory } from '../../models/training/research/token-memory/token-memory.ts';
import { segmentHeader } from '../../src/workspace/segment/header.ts';
import { roleOf } from '../../src/workspace/files/role.ts';
import { findPacks, isWanted, openRepository } from './repository.ts';
import type { Repository } from './repository.ts';

/**
 * "In which file is X defined?", with no text of the repository in the prompt. The question's recall routes the read:
 * the token memory holds the headers of all segments, each weighted by its share, and the path is read out of it token
 * by token. Beside it the decoder alone, asked the same.
 *
 *     node esbuild.js --quiet && node test/eval/closed-book.ts --data DIR --repos requests [--limit 200]
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    cache: { type: 'string', default: '.cache/eval' },
    repos: { type: 'string', default: 'requests' },
    limit: { type: 'string', default: '200' },
    /** Names that the decoder alone is asked for. */
    alone: { type: 'string', default: '20' },
  },
});

const DEFINITION =
  /^[ \t]*(?:(?:export|default|pub(?:\([^)]*\))?|public|protected|private|static|final|abstract|async)\s+)*(?:def|class|function|func(?:\s*\([^)]*\))?|fn|struct|enum|trait|interface|type)\s+([A-Za-z_]\w{3,})/gm;

/** Names that sources define once in the whole repository, with their file. */
function definitions({ files }: Repository): { readonly name: string; readonly path: string }[] {
  const found = new Map<string, Set<string>>();
  for (const { path, text } of files) {
    if (roleOf(path) !== 'source') continue;
    for (const [, name = ''] of text.matchAll(DEFINITION)) found.set(name, (found.get(name) ?? new Set()).add(path));
  }
  return [...found].flatMap(([name, [path, another]]) =>
    path !== undefined && another === undefined ? [{ name, path }] : [],
  );
}

/**
 * A path out of the memory alone: from the sign that begins a header, always the token that most of the weight goes to.
 */
function readPath(model: Model, shares: ReadonlyMap<string, number>): string {
  const memory = new TokenMemory();
  const weights: number[] = [];
  for (const [path, share] of shares) {
    const header = segmentHeader(path, { start: 1, end: 1, text: '' });
    memory.put(weights.push(share) - 1, model.tokenizer.encode(header));
  }
  const [sign = 0] = model.tokenizer.encode('# a\n');
  const said: number[] = [sign];
  while (said.length < 40) {
    const heads = memory.read(said, (id) => weights[id] ?? 0);
    // The longest context that stands anywhere: the most said of what follows it.
    const head = heads.findLast(({ total }) => total > 0);
    const [best] = [...(head?.followed ?? [])].sort(([, p], [, q]) => q - p);
    if (!best) break;
    said.push(best[0]);
    if (model.tokenizer.decode([best[0]]).includes('\n')) break;
  }
  return model.tokenizer.decode(said).replace(/^#\s*/, '').trim();
}

const settings = defaultSettings({ device: 'cpu' });
const model = await Model.open({ ...settings, device: 'cpu' });
const engine = new Engine({ script: resolve('dist/engine.js'), settings });
const wanted = values.repos.split(',');
const rows: Record<string, Record<string, number | string>> = {};
try {
  for (const pack of await findPacks(values.data)) {
    if (!isWanted(pack, wanted)) continue;
    const repository = await openRepository(pack, values.cache, new AbortController().signal);
    const index = await FolderIndex.open({ root: repository.root, engine, home: resolve(values.cache, 'home') });
    await index.refresh({});
    const search = MultiFolderSearch.of(index);
    const all = definitions(repository);
    const step = Math.max(1, Math.floor(all.length / Number(values.limit)));
    const asked = all.filter((_, at) => at % step === 0).slice(0, Number(values.limit));
    const exact: Record<RecallBy | 'alone', number> = { fused: 0, memory: 0, lexical: 0, alone: 0 };
    const alone = asked.slice(0, Number(values.alone));
    for (const { name, path } of asked) {
      const question = `In which file is \`${name}\` defined?`;
      for (const by of ['memory', 'fused', 'lexical'] as const) {
        const { files } = await search.recall(question, { by });
        const read = readPath(model, new Map(files.map((file) => [file.path, file.share])));
        if (read === path) exact[by] += 1;
      }
    }
    for (const { name, path } of alone) {
      const content = `In which file of the ${pack.repository} repository is \`${name}\` defined? Answer with its path alone.`;
      const sampling = { kind: 'greedy', repetitionPenalty: 1 } as const;
      const { text } = await engine.generate([{ role: 'user', content }], { maxTokens: 24, sampling });
      if (text.includes(path)) exact.alone += 1;
    }
    const part = (count: number, of: number) => `${((100 * count) / Math.max(1, of)).toFixed(1)}%`;
    rows[repository.name] = {
      names: asked.length,
      files: index.paths().length,
      'routed by the memory': part(exact.memory, asked.length),
      'by memory and words': part(exact.fused, asked.length),
      'by words': part(exact.lexical, asked.length),
      'decoder alone': part(exact.alone, alone.length),
    };
    index.close();
  }
} finally {
  engine.close();
}
console.table(rows);
