import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { answer } from '../../src/answer/answer.ts';
import type { PlacedLines } from '../../src/answer/excerpt.ts';
import { Engine } from '../../src/engine/client/engine.ts';
import type { Message } from '../../src/engine/generate/tokenizer.ts';
import { FolderIndex } from '../../src/index/folder-index.ts';
import { MultiFolderSearch } from '../../src/retrieve/multi-folder-search.ts';
import { rouge } from './rouge.ts';

/**
 * One long file, asked for a line or summed up: does recall-then-read, which ships, find more than its beginning does?
 *
 *     node esbuild.js --quiet && node test/eval/long-files.ts --out DIR [--python python3] [--seconds 90]
 *
 * Needles: thirty questions about five files that `package-lock.json` fixes (long-files.json), each with a pattern of
 * the line that answers it. Summaries: the twenty longest modules of Python's library whose docstring has 30 to 150
 * words; the docstring is taken out and is what a summary is compared with. Each row is written when it is there, so a
 * run that ends after `--seconds` goes on when it is started again.
 */
const Needle = v.object({ file: v.string(), question: v.string(), needle: v.string() });
/** `text` is without the docstring. */
const Module = v.object({ name: v.string(), text: v.string(), docstring: v.string() });
const Row = v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.array(v.number())]));
type Needle = v.InferOutput<typeof Needle>;
type Module = v.InferOutput<typeof Module>;
type Row = v.InferOutput<typeof Row>;

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    seconds: { type: 'string', default: '3600' },
  },
});
if (values.out === undefined) throw new Error('Give a folder for the rows: --out DIR.');
const out = resolve(values.out);

/** Tokens of a file's beginning that may hold the needle; the base can read no more than the larger. */
const BEGINNINGS = { small: 4_096, whole: 32_768 } as const;
const SUMMARY = { tokens: 700, answer: 110 } as const;
const WORDS = { least: 30, most: 150 } as const;

/** Prints [{name, text, docstring}] of the longest modules, the docstring cut out. */
const MODULES = `
import ast, json, pathlib, sys, sysconfig
found = []
root = pathlib.Path(sysconfig.get_paths()["stdlib"])
for path in sorted(root.rglob("*.py")):
    name = path.relative_to(root).as_posix()
    if any(part in name for part in ("test", "site-packages", "idlelib", "lib2to3", "pydoc_data", "encodings")):
        continue
    text = path.read_text("utf-8", "replace")
    try:
        body = ast.parse(text).body
    except SyntaxError:
        continue
    first = body[0] if body else None
    if not isinstance(first, ast.Expr) or not isinstance(getattr(first.value, "value", None), str):
        continue
    words = len(first.value.value.split())
    if ${WORDS.least} <= words <= ${WORDS.most}:
        lines = text.splitlines(True)
        rest = "".join(lines[: first.lineno - 1] + lines[first.end_lineno :])
        found.append({"name": name.replace("/", "."), "text": rest, "docstring": first.value.value})
found.sort(key=lambda one: -len(one["text"]))
json.dump(sorted(found[:20], key=lambda one: one["name"]), sys.stdout)
`;

const engine = new Engine({ script: resolve('dist/engine.js'), settings: { device: 'cpu' } });
const scratch = mkdtempSync(join(tmpdir(), 'ask-codebase-long-files-'));
const until = Date.now() + 1000 * Number(values.seconds);

/** A folder of one file, with its words indexed. */
async function opened(name: string, write: (path: string) => void): Promise<FolderIndex> {
  const root = join(scratch, name);
  mkdirSync(root, { recursive: true });
  write(join(root, name));
  const index = await FolderIndex.open({ root, engine, home: join(scratch, `${name} home`) });
  await index.indexWords({});
  return index;
}

/** The lines that a question shows and those that a model would be given, as it ships; no answer is written. */
async function recalled(index: FolderIndex, question: string): Promise<readonly PlacedLines[]> {
  const found: PlacedLines[] = [];
  const stop = new AbortController();
  const asked = answer(MultiFolderSearch.of(index), question, { embedMs: 2_000, signal: stop.signal }, (event) => {
    if (event.kind === 'evidence') {
      found.push(...event.evidence.items.map(({ path, lines }) => ({ path, ...lines })));
    } else if (event.kind === 'read') {
      found.push(...event.places);
      stop.abort();
    }
  });
  await asked.catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return found;
}

/** Lines as text, in reading order and once each; a gap is a line of three dots. */
function textOf(text: string, places: readonly PlacedLines[]): string {
  const lines = text.split('\n');
  const wanted = new Set(
    places.flatMap(({ start, end }) => Array.from({ length: end - start + 1 }, (_, at) => start + at)),
  );
  const shown: string[] = [];
  let last = 0;
  for (const line of [...wanted].sort((a, b) => a - b)) {
    if (line > last + 1) shown.push('...');
    shown.push(lines[line - 1] ?? '');
    last = line;
  }
  return shown.join('\n');
}

/** The longest beginning of whole lines of at most so many tokens. */
async function beginning(text: string, most: number): Promise<string> {
  const lines = text.split('\n');
  let [few, many] = [0, lines.length];
  while (few < many) {
    const middle = Math.ceil((few + many) / 2);
    if ((await engine.countHere(lines.slice(0, middle).join('\n'))) <= most) few = middle;
    else many = middle - 1;
  }
  return lines.slice(0, few).join('\n');
}

async function needleRow({ file, question, needle }: Needle): Promise<Row> {
  const name = basename(file);
  const index = await opened(name, (path) => {
    write(file, path);
  });
  const text = readFileSync(join(scratch, name, name), 'utf8');
  const pattern = new RegExp(needle, 'm');
  if (!pattern.test(text)) throw new Error(`${file} has no line for: ${question}`);
  const shown = textOf(text, await recalled(index, question));
  index.close();
  const tokens = await engine.countHere(shown);
  return {
    ...{ task: 'needle', file, question, tokens, 'of tokens': await engine.countHere(text) },
    recall: pattern.test(shown),
    'beginning, as many tokens': pattern.test(await beginning(text, tokens)),
    'beginning, 4,096': pattern.test(await beginning(text, BEGINNINGS.small)),
    'beginning, 32,768': pattern.test(await beginning(text, BEGINNINGS.whole)),
  };
}

/** A package's file, or what the compiler logs of how it looks for modules. */
function write(file: string, path: string): void {
  if (existsSync(file)) cpSync(file, path);
  else {
    const entry = 'node_modules/vite/dist/node/index.d.ts';
    const given = ['--noEmit', '--traceResolution', '--ignoreConfig', '--module', 'nodenext', '--skipLibCheck', entry];
    const { stdout } = spawnSync('node_modules/.bin/tsc', given, { encoding: 'utf8', maxBuffer: 2 ** 26 });
    writeFileSync(path, stdout.replaceAll(resolve('.'), ''));
  }
}

async function summed(name: string, lines: string): Promise<string> {
  const task = `Say in two or three sentences what the Python module \`${name}\` is for and what it offers.`;
  const content = lines === '' ? task : `${task}\n\nLines of it:\n\n${lines}`;
  const messages: readonly Message[] = [{ role: 'user', content }];
  const sampling = { kind: 'greedy', repetitionPenalty: 1.05 } as const;
  return (await engine.generate(messages, { maxTokens: SUMMARY.answer, sampling })).text;
}

async function summaryRow({ name, text, docstring }: Module, foreign: Module): Promise<Row> {
  const index = await opened(name, (path) => {
    writeFileSync(path, text);
  });
  const found = await recalled(index, `What is ${name} for, and what does it offer?`);
  index.close();
  const given = {
    recall: await beginning(textOf(text, found), SUMMARY.tokens),
    beginning: await beginning(text, SUMMARY.tokens),
    'name alone': '',
    'foreign lines': await beginning(foreign.text, SUMMARY.tokens),
  };
  const row: Row = { task: 'summary', file: name };
  row['of tokens'] = await engine.countHere(text);
  row.tokens = await engine.countHere(given.recall);
  for (const [way, lines] of Object.entries(given)) {
    const summary = await summed(name, lines);
    row[way] = rouge(summary, docstring);
    row[`${way} said`] = summary;
  }
  return row;
}

/** How many needles each way finds, and the mean ROUGE-1 and ROUGE-L of each way's summaries. */
function report(rows: readonly Row[]): void {
  const found: Record<string, number> = {};
  const summed: Record<string, [one: number, longest: number]> = {};
  const summaries = rows.filter(({ task }) => task === 'summary').length;
  for (const [way, value] of rows.flatMap((row) => Object.entries(row))) {
    if (typeof value === 'boolean') found[way] = (found[way] ?? 0) + Number(value);
    if (!Array.isArray(value)) continue;
    const [one = 0, longest = 0] = value;
    const sum = (summed[way] ??= [0, 0]);
    sum[0] += one / summaries;
    sum[1] += longest / summaries;
  }
  console.table(found);
  console.table(summed);
}

async function main(): Promise<void> {
  mkdirSync(out, { recursive: true });
  const path = join(out, 'rows.jsonl');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  const kept = lines.map((line) => v.parse(Row, JSON.parse(line)));
  const done = new Set(kept.map(({ file, question }) => `${String(file)} ${String(question ?? '')}`));
  const keep = (row: Row): void => {
    kept.push(row);
    appendFileSync(path, `${JSON.stringify(row)}\n`);
    console.log(JSON.stringify(row).slice(0, 200));
  };
  const needles = v.parse(v.array(Needle), JSON.parse(readFileSync('test/eval/long-files.json', 'utf8')));
  for (const needle of needles) {
    if (Date.now() > until) return;
    if (!done.has(`${needle.file} ${needle.question}`)) keep(await needleRow(needle));
  }
  const printed = execFileSync(values.python, ['-c', MODULES], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  const modules = v.parse(v.array(Module), JSON.parse(printed));
  for (const [at, module] of modules.entries()) {
    if (Date.now() > until) return;
    const foreign = modules[(at + 1) % modules.length];
    if (foreign && !done.has(`${module.name} `)) keep(await summaryRow(module, foreign));
  }
  report(kept);
}

try {
  await main();
} finally {
  engine.close();
  rmSync(scratch, { recursive: true, force: true });
}
