import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FolderIndex } from '../../src/index/folder-index.ts';
import { Engine } from '../../src/engine/client/engine.ts';
import { MultiFolderSearch } from '../../src/retrieve/multi-folder-search.ts';
import { findPacks, isWanted, openRepository } from './repository.ts';

/**
 * What a newcomer asks right after a folder was opened: is the right file among the first five, when words are all that
 * is read, and when the question's candidates are encoded within the usual time? With --complete, everything is encoded
 * first, for comparison; what is encoded lies in the cache and is made once.
 *
 *     node esbuild.js --quiet && node test/eval/newcomer.ts [--repos gin,hono] [--embed-ms 2000] [--complete]
 *
 * Each question is put to an index of its own, as it stands when the words are read: what one question has encoded
 * helps no other. The questions were written from the repositories' manuals, before anything was asked.
 */
const QUESTIONS: readonly (readonly [repository: string, question: string, ...right: RegExp[]])[] = [
  ['gin', 'How does it turn a panic in a handler into a 500 response?', /^recovery\.go$/],
  ['gin', 'How is a request path matched to its handlers?', /^tree\.go$/],
  [
    'gin',
    'Where are query string parameters bound to the fields of a struct?',
    /^binding\/(?:form_mapping|query)\.go$/,
  ],
  ['gin', 'How does it find out the IP of a client behind trusted proxies?', /^(?:context|gin)\.go$/],
  [
    'scrapy',
    'How does it adapt the delay between requests to the load of a site?',
    /^scrapy\/extensions\/throttle\.py$/,
  ],
  ['scrapy', 'Where are duplicate requests filtered out?', /^scrapy\/dupefilters\.py$/],
  ['scrapy', 'How is a failed download tried again?', /^scrapy\/downloadermiddlewares\/retry\.py$/],
  ['scrapy', 'How are scraped items written as CSV or XML?', /^scrapy\/(?:exporters|extensions\/feedexport)\.py$/],
  ['hono', 'How does one regular expression find the route of a request?', /^src\/router\/reg-exp-router\/(?!.*test)/],
  ['hono', 'How is the signature of a cookie checked?', /^src\/(?:helper\/cookie\/index|utils\/cookie)\.ts$/],
  ['hono', 'How are cross-site request forgeries rejected?', /^src\/middleware\/csrf\/index\.ts$/],
  ['hono', 'When does it answer that a response was not modified?', /^src\/middleware\/etag\/(?:index|digest)\.ts$/],
  [
    'vite',
    'How are dependencies bundled before the dev server starts?',
    /^packages\/vite\/src\/node\/optimizer\/\w+\.ts$/,
  ],
  [
    'vite',
    'Which updates are sent to the browser when a module changes?',
    /^packages\/vite\/src\/node\/server\/hmr\.ts$/,
  ],
  ['vite', 'How are variables of .env files loaded?', /^packages\/vite\/src\/node\/env\.ts$/],
  [
    'vite',
    'How is an import of all files that match a glob expanded?',
    /^packages\/vite\/src\/node\/plugins\/importMetaGlob\.ts$/,
  ],
  ['helix', 'How are the brackets around a selection replaced?', /^helix-core\/src\/surround\.rs$/],
  ['helix', 'How does undo go back to an earlier point in time?', /^helix-core\/src\/history\.rs$/],
  [
    'helix',
    'How are changed lines compared with the version in git?',
    /^helix-vcs\/src\/(?:diff|git)(?:\/\w+)?(?:\.rs)?$/,
  ],
  ['helix', 'How is a sequence of keys turned into a command?', /^helix-term\/src\/keymap(?:\/macros|\/default)?\.rs$/],
];

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    cache: { type: 'string', default: '.cache/newcomer' },
    repos: { type: 'string', default: 'gin,scrapy,hono,vite,helix' },
    'embed-ms': { type: 'string', default: '2000' },
    complete: { type: 'boolean', default: false },
  },
});
const stop = new AbortController();
process.on('SIGINT', () => {
  stop.abort();
});
const { signal } = stop;
const engine = new Engine({ script: resolve('dist/engine.js'), settings: { device: 'cpu' } });
const scratch = mkdtempSync(join(tmpdir(), 'ask-codebase-newcomer-'));
const wanted = values.repos.split(',');
const hits: Record<string, { asked: number; first: number; five: number }> = {};
const seconds: number[] = [];
const done = new Set<string>();

/** The place of a right file in a ranking, from 1; Infinity where none is listed. */
async function rankOf(
  index: FolderIndex,
  question: string,
  right: readonly RegExp[],
  embedMs: number,
): Promise<number> {
  const { files } = await MultiFolderSearch.of(index).recall(question, { embedMs, signal });
  const at = files.findIndex(({ path }) => right.some((pattern) => pattern.test(path)));
  return at < 0 ? Infinity : at + 1;
}

function count(system: string, rank: number): void {
  const row = (hits[system] ??= { asked: 0, first: 0, five: 0 });
  row.asked += 1;
  row.first += Number(rank === 1);
  row.five += Number(rank <= 5);
}

try {
  for (const pack of await findPacks(values.data)) {
    const own = QUESTIONS.filter(([name]) => wanted.includes(name) && isWanted(pack, [name]));
    // Of several commits of one repository, the first.
    if (own.length === 0 || done.has(pack.repository)) continue;
    done.add(pack.repository);
    const repository = await openRepository(pack, values.cache, signal);
    const home = join(scratch, repository.name);
    const fresh = await FolderIndex.open({ root: repository.root, engine, home });
    const began = performance.now();
    await fresh.indexWords({ signal });
    seconds.push((performance.now() - began) / 1000);
    fresh.close();
    for (const [name, question, ...right] of own) {
      const ranks: Record<string, number> = {};
      for (const [system, embedMs] of [
        ['words alone', 0],
        [`words, then ${values['embed-ms']} ms of encoding`, Number(values['embed-ms'])],
      ] as const) {
        const copy = join(scratch, 'copy');
        cpSync(home, copy, { recursive: true });
        const index = await FolderIndex.open({ root: repository.root, engine, home: copy });
        ranks[system] = await rankOf(index, question, right, embedMs);
        ranks[`encoded in ${system}`] = index.embedded;
        count(system, ranks[system]);
        index.close();
        rmSync(copy, { recursive: true });
      }
      if (values.complete) {
        const index = await FolderIndex.open({ root: repository.root, engine, home: resolve(values.cache, 'home') });
        await index.refresh({ signal });
        ranks.complete = await rankOf(index, question, right, 0);
        count('complete', ranks.complete);
        index.close();
      }
      console.log(JSON.stringify({ name, question, ...ranks }));
    }
  }
  console.log(
    `Words of a repository: ${seconds.map((each) => each.toFixed(1)).join(', ')} s; load ${loadavg()[0]?.toFixed(1)}`,
  );
  console.table(hits);
} finally {
  engine.close();
  rmSync(scratch, { recursive: true, force: true });
}
