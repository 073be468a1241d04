import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { answer } from '../../src/answer/answer.ts';
import { FolderIndex } from '../../src/index/folder-index.ts';
import { MultiFolderSearch } from '../../src/retrieve/multi-folder-search.ts';
import { Engine } from '../../src/engine/client/engine.ts';
import { defaultSettings } from '../../src/engine/settings.ts';
import { readCases } from './cases.ts';
import { findPacks, openRepository, packOf } from './repository.ts';

/**
 * Whether the token memory helps an answer: the same questions answered with the adapter's gate and without it. Says
 * how many names of an answer stand nowhere in the repository; prints both for reading.
 *
 *     node esbuild.js --quiet && node test/eval/answers.ts --data DIR --repo requests [--limit 16]
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    cache: { type: 'string', default: '.cache/eval' },
    repo: { type: 'string', default: 'requests' },
    limit: { type: 'string', default: '16' },
    print: { type: 'boolean', default: false },
  },
});

/** Names that look like code: with an underscore, a dot inside, a capital inside, or in backticks. */
const NAME = /`([^`\s]+)`|\b([A-Za-z]\w*(?:[._]\w+)+|[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*)\b/g;
const names = (text: string) =>
  new Set(
    [...text.matchAll(NAME)]
      .flatMap(([, quoted, plain]) => (quoted ?? plain ?? '').split(/[^\w]+/))
      .filter((name) => name.length > 2 && /[A-Za-z]/.test(name)),
  );

const packs = await findPacks(values.data);
const all = readCases(values.data, 'qa').filter(({ repository }) => repository.endsWith(`/${values.repo}`));
const cases = all
  .filter((_, at) => at % Math.max(1, Math.floor(all.length / Number(values.limit))) === 0)
  .slice(0, Number(values.limit));
const [first] = cases;
const pack = first && packOf(packs, first.repository, first.commit);
if (!pack) throw new Error(`There is no packed repository ${values.repo} with questions in ${values.data}.`);
const repository = await openRepository(pack, values.cache, new AbortController().signal);
const known = new Set(repository.files.flatMap(({ path, text }) => [...path.split(/\W+/), ...text.split(/\W+/)]));

const folder = mkdtempSync(join(tmpdir(), 'ask-codebase-answers-'));
const settings = defaultSettings({ device: 'cpu' });
cpSync(settings.adapterFolder, join(folder, 'adapter'), { recursive: true });
rmSync(join(folder, 'adapter/gate.json'), { force: true });
const systems = { closed: { ...settings, adapterFolder: join(folder, 'adapter') }, open: settings };
const rows: Record<string, { answered: number; names: number; strange: number; seconds: number }> = {};
try {
  for (const [system, own] of Object.entries(systems)) {
    const engine = new Engine({ script: resolve('dist/engine.js'), settings: own });
    const index = await FolderIndex.open({ root: repository.root, engine, home: resolve(values.cache, 'home') });
    await index.refresh({});
    const row = { answered: 0, names: 0, strange: 0, seconds: 0 };
    for (const one of cases) {
      const began = performance.now();
      let text = '';
      await answer(MultiFolderSearch.of(index), one.question, {}, (event) => {
        if (event.kind === 'answered') text = event.answer.text;
      });
      row.seconds += (performance.now() - began) / 1000;
      if (text === '') continue;
      row.answered += 1;
      const said = names(text);
      row.names += said.size;
      row.strange += [...said].filter((name) => !known.has(name)).length;
      if (values.print)
        console.log(
          `\n[${system}] ${one.question}\n${text}\nstrange: ${[...said].filter((name) => !known.has(name)).join(' ')}`,
        );
    }
    rows[system] = row;
    index.close();
    engine.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.table(rows);
