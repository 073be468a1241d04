import { roleOf } from '../workspace/files/role.ts';
import type { LineRange } from '../retrieve/named-lines.ts';
import type { Corpus } from './corpus.ts';
import { extentOf } from './definition.ts';
import type { Definition } from './definition.ts';
import type { LinesOf } from './history.ts';

/** What marks a test or a module of tests in the source that it tests: `#[test]`, `#[tokio::test]`, `#[cfg(test)]`. */
const MARK = /^\s*#\[(?:(?:\w+::)*test\b|cfg\((?:all\()?test\b)/;
const ATTRIBUTE = /^\s*#\[/;
/** Lines of a module of tests. */
const LONGEST = 10_000;

/** A test says the words of what it tests, and seldom how that works: it counts where tests are asked for, or alone. */
export async function withoutTests(corpus: Corpus, recalled: readonly LinesOf[]): Promise<readonly LinesOf[]> {
  const tests = await Promise.all(recalled.map(({ path, lines }) => isTestCode(corpus, path, lines.start)));
  const wanted = recalled.filter((_, at) => tests[at] !== true);
  return wanted.length === 0 ? recalled : wanted;
}

/** Whether a definition in a source is a test; files of tests are left out before, or are all that there is. */
export async function isTestAmongSources(corpus: Corpus, { path, line }: Definition): Promise<boolean> {
  return roleOf(path) === 'source' && (await isTestCode(corpus, path, line));
}

/** Whether a line (from 1) is one of a test: of a file of tests, or in Rust of tests in the file that they test. */
async function isTestCode(corpus: Corpus, path: string, line: number): Promise<boolean> {
  if (roleOf(path) === 'test') return true;
  if (!path.endsWith('.rs')) return false;
  return testRanges(await corpus.lines(path)).some(({ start, end }) => start <= line && line <= end);
}

/** By the lines of a file, which a question reads once. */
const known = new WeakMap<readonly string[], readonly LineRange[]>();

function testRanges(lines: readonly string[]): readonly LineRange[] {
  const before = known.get(lines);
  if (before) return before;
  const ranges: LineRange[] = [];
  for (const [at, line] of lines.entries()) {
    if (at < (ranges.at(-1)?.end ?? 0) || !MARK.test(line)) continue;
    let head = at + 1;
    while (ATTRIBUTE.test(lines[head] ?? '')) head += 1;
    ranges.push({ start: at + 1, end: extentOf(lines, head, LONGEST).context.end });
  }
  known.set(lines, ranges);
  return ranges;
}
