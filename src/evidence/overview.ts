import { pathDepth } from '../common/path-depth.ts';
import { MANIFEST, README } from '../retrieve/question-kind.ts';
import { roleOf } from '../workspace/files/role.ts';
import type { LineRange } from '../retrieve/named-lines.ts';
import type { Corpus } from './corpus.ts';
import type { EvidenceItem, Gathered } from './evidence.ts';
import { commentStart } from './definition.ts';
import { IMPORT } from './references.ts';

const LIMITS = {
  /** Lines of the README that say what it is about. */
  readme: 24,
  /** Characters of a line that are looked at. */
  line: 1_000,
  /** Lines of a manifest before its lists. */
  manifest: 14,
  /** Folders and files of the tree that are shown. */
  tree: 40,
  /** Lines of an entry point, and files of them. */
  entry: 20,
  entries: 6,
  /** Lines of a file that others import. */
  head: 6,
  /** Files that most others import. */
  imported: 5,
  /** Files whose imports are read. */
  files: 4_000,
} as const;

/** Badges, pictures and marks of HTML: they say nothing of the project. */
const ORNAMENT =
  /^(?:$|\[?!\[|#+\s*<img\b|<\/?(?:p|div|img|a|h1|br|hr|picture|source|center|span|strong|sub|table|tr|td)\b[^>]*>?$|\[!\w+\]|\.\. image::|:(?:target|alt|width):|<!--.*-->$)/i;
const ABOUT =
  /^\s*(?:"(?:name|description|version|license|main|module|bin|type|exports|private|keywords)"\s*:|(?:\w+\.)?(?:name|summary|description|version|license|authors|edition|readme|homepage|rust-version|requires-python|keywords)\s*=|module\s|go\s+\d|<(?:artifactId|name|description|groupId)>|project\()/i;
/** The same in Elixir's `mix.exs`; elsewhere such a line is an argument of many a call. */
const ABOUT_MIX = /^\s*(?:app|description|version|elixir):\s/;
/** A description that is text: `description=about["…"]` says nothing. */
const DESCRIPTION = /^\s*(?:"description"\s*:|(?:\w+\.)?(?:summary|description)\s*=\s*["'(~]|<description>)/i;
const ENTRY =
  /^(?:(?:src|lib|app|cmd|bin|packages|crates)\/)?(?:[\w.-]+\/)?(?:src\/)?(?:main|index|__main__|cli|app|server|lib|mod|extension|program)\.(?:[cm]?[jt]sx?|py|rs|go|java|kt|rb|c|cc|cpp|cs|swift|php|ex|scala)$/i;
const DECLARED_ENTRY =
  /"(?:main|module|bin|browser|types)"\s*:\s*"([^"]+)"|^\s*[\w-]+\s*=\s*["']([\w.]+):\w+["']|"[\w-]+"\s*:\s*"(\.{0,2}\/?[\w./-]+\.[cm]?[jt]s)"/;

/** README, manifests, the top of the tree, entry points, and the files that most others import. */
export async function gatherOverview(corpus: Corpus): Promise<Gathered> {
  const top = corpus.paths.filter((path) => !path.includes('/'));
  const items: EvidenceItem[] = [];
  const [readme] = top.filter((path) => README.test(path));
  if (readme !== undefined) items.push(await readmeOf(corpus, readme));
  for (const path of top.filter((one) => MANIFEST.test(one))) {
    const lines = await aboutLines(corpus, path);
    if (lines) items.push(await corpus.item('manifest', path, lines));
  }
  if (corpus.paths.length > 0) items.push(treeOf(corpus));
  for (const path of await entriesOf(corpus)) {
    items.push(await headOf(corpus, 'entry', path, LIMITS.entry));
  }
  const { ranked, isComplete } = await importedMost(corpus);
  for (const { path, by } of ranked) items.push(await headOf(corpus, 'imported', path, LIMITS.head, `${by}`));
  return { items, isComplete };
}

/**
 * From the first line that says something, through the paragraphs behind it, to the next badge or piece of HTML, or to
 * what is only planned: told in a row with what is there, a plan reads as a fact.
 */
async function readmeOf(corpus: Corpus, path: string): Promise<EvidenceItem> {
  const lines = await corpus.lines(path);
  const prose = lines.findIndex(isProse);
  const first = Math.max(0, prose >= 0 ? prose : lines.findIndex((line) => !ORNAMENT.test(line.trim())));
  const most = lines.slice(first, first + LIMITS.readme);
  const ornament = most.findIndex((line, at) => at > 0 && line.trim() !== '' && ORNAMENT.test(line.trim()));
  const ends = [ornament, planAt(lines.slice(0, first + LIMITS.readme), first) - first].filter((at) => at > 0);
  return corpus.item('readme', path, { start: first + 1, end: first + Math.min(most.length, ...ends) });
}

/** A heading under which plans stand, and a sentence that tells one. Examples want to do, and are going to, as well. */
const PLANS =
  /^#+[^\p{L}#]*(?:(?:the|our|my|project|long-term)\s+)?(?:vision|ideas|plans?|to-?dos?(?: list)?|future|planned|upcoming)\P{L}*$|^#+\s.*\b(?:road ?map|geplant|ausblick|zukunft|futur|feuille de route|futuro)\b|^#+\s.*\b(?:future|planned|upcoming) (?:additions?|changes?|development|directions?|enhancements?|features?|ideas?|improvements?|plans?|releases?|steps?|support|versions?|work)\b|^#+\s.*(?:план|будущ|路线图|未来|计划|ロードマップ|今後|로드맵)/iu;
const PLAN =
  /\b(?:(?:I['’]m|I am|we['’]re|we are) (?:interested in|planning|looking into|considering)|(?:(?:I['’]m|I am|we['’]re|we are) going|(?:I|we) want) to (?:add|support|implement|release)|(?:I|we) (?:plan|hope|intend|would like|aim) to|(?:is|are) planned|plans? to (?:add|support|implement|provide|offer)|will (?:eventually|some ?day)|future (?:plans|versions?|releases?) (?:of \w+ )?(?:will|may|might)|coming soon)\b/i;

/**
 * The first line of the heading or paragraph that tells a plan, outside of code; -1 where none does.
 *
 * @param first the first line that counts; all lines from 0
 */
function planAt(lines: readonly string[], first: number): number {
  let isCode = false;
  const at = lines.findIndex((line, index) => {
    if (/^\s*(?:```|~~~)/.test(line)) isCode = !isCode;
    return index >= first && !isCode && (PLANS.test(line) || PLAN.test(line.slice(0, LIMITS.line)));
  });
  if (at < 0 || PLANS.test(lines[at] ?? '')) return at;
  // A point of a list is left out with what follows, and not with the points before it.
  let start = at;
  while (start > first && (lines[start - 1] ?? '').trim() !== '' && !/^\s*[-*+] /.test(lines[start] ?? '')) start -= 1;
  return start;
}

/** Whether a line of a README is a sentence about the project: no title, badge, list of links or note. */
function isProse(line: string): boolean {
  // A directive, an option of it, a note, a row, a comment, a tag that is open, an attribute of it.
  if (/^\s*(?:\.\. |:[\w-]+:|>\s*\[!|\||<!--|<[^>]*$|[\w-]+=["'])/.test(line)) return false;
  if (/^(?:\[?!\[|image::?\S+\[)/.test(line.trim())) return false;
  const said = line
    .slice(0, LIMITS.line)
    .replace(/!\[[^\]]*\]\([^)]*\)|<[^<>]*>|&\w+;/g, ' ')
    .replace(/\[([^[\]]*)\]\([^()]*\)/g, '$1');
  if (/[•·|]/.test(said)) return false;
  const words = said.match(/\p{L}[\p{L}\p{N}’'-]*/gu) ?? [];
  const isSentence = /[.!:。][*_"”)]*\s*$/.test(said) && !/^#+ /.test(said.trim());
  // Languages without blanks between words say more with fewer.
  return words.length >= (isSentence ? 3 : 5) || /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Hangul}]{8}/u.test(said);
}

const COMMENT = /^\s*(?:\/\/|\/?\*|#(?!\s*(?:include|define|if|pragma))|--|<\?php\s*$|declare\(strict_types)/;

/** The first lines of a file behind its licence, and behind its imports where there are many. */
async function headOf(
  corpus: Corpus,
  label: 'entry' | 'imported',
  path: string,
  length: number,
  note = '',
): Promise<EvidenceItem> {
  const lines = await corpus.lines(path);
  const isLicensed = lines.slice(0, 8).some((line) => /copyright|licen[sc]e|spdx/i.test(line));
  const first = (isAside: (line: string) => boolean) =>
    Math.max(
      0,
      lines.findIndex((line) => line.trim() !== '' && !isAside(line)),
    );
  const isComment = (line: string) => COMMENT.test(line);
  // What brings other names in says little where it fills what is shown.
  const own = first((line) => isComment(line) || IMPORT.test(line) || /^\s*(?:package|namespace)\s/.test(line));
  const said = commentStart(lines, own);
  const start = said > length / 2 ? said + 1 : isLicensed ? first(isComment) + 1 : 1;
  return corpus.item(label, path, { start, end: Math.min(lines.length, start + length - 1) }, note);
}

async function aboutLines(corpus: Corpus, path: string): Promise<LineRange | undefined> {
  const all = await corpus.lines(path);
  const isMix = /(?:^|\/)mix\.exs$/.test(path);
  const at = all.flatMap((line, index) => (ABOUT.test(line) || (isMix && ABOUT_MIX.test(line)) ? [index] : []));
  // What the project is stands in its description, which in a script of setup may be far down.
  const described = at.find((line) => DESCRIPTION.test(all[line] ?? ''));
  const first = at.find((line) => described === undefined || line > described - LIMITS.manifest);
  if (first === undefined) return undefined;
  const last = at.filter((one) => one < first + LIMITS.manifest).at(-1) ?? first;
  return { start: first + 1, end: last + 1 };
}

/** The first level of the tree: folders with the number of their files, then files. */
function treeOf(corpus: Corpus): EvidenceItem {
  const folders = new Map<string, number>();
  const files: string[] = [];
  for (const path of corpus.paths) {
    const cut = path.indexOf('/');
    if (cut < 0) files.push(path);
    else folders.set(path.slice(0, cut), (folders.get(path.slice(0, cut)) ?? 0) + 1);
  }
  const rows = [
    ...[...folders].sort(([, a], [, b]) => b - a).map(([name, count]) => `${name}/ (${count})`),
    ...files,
  ].slice(0, LIMITS.tree);
  return corpus.said('tree', '', { start: 1, end: rows.length }, rows.join('\n'), `${corpus.paths.length}`);
}

/** The files that a program begins in: those that the manifest names, then those whose names say so. */
async function entriesOf(corpus: Corpus): Promise<string[]> {
  const known = new Set(corpus.paths);
  const found = new Set<string>();
  for (const path of corpus.paths.filter((one) => !one.includes('/') && MANIFEST.test(one))) {
    for (const line of await corpus.lines(path)) {
      const [, main, module, script] = DECLARED_ENTRY.exec(line) ?? [];
      const named = main ?? script ?? module?.replaceAll('.', '/');
      if (named === undefined) continue;
      const stem = named.replace(/^\.?\//, '').replace(/\.\w+$/, '');
      for (const candidate of [
        named.replace(/^\.?\//, ''),
        ...ENDINGS.map((ending) => `${stem}.${ending}`),
        `src/${stem}.py`,
      ]) {
        if (known.has(candidate)) found.add(candidate);
      }
    }
  }
  const called = corpus.paths
    .filter((path) => ENTRY.test(path) && roleOf(path) === 'source')
    .sort((a, b) => pathDepth(a) - pathDepth(b));
  return [...new Set([...found, ...called])].slice(0, LIMITS.entries);
}

const ENDINGS = ['ts', 'tsx', 'mts', 'js', 'mjs', 'cjs', 'py'] as const;

/** The source files that most other source files import, with how many do. */
async function importedMost(corpus: Corpus) {
  const sources = corpus.paths.filter((path) => roleOf(path) === 'source');
  const read = sources.slice(0, LIMITS.files);
  const known = Map.groupBy(sources, stemOf);
  const by = new Map<string, Set<string>>();
  await corpus.scan(read, (line, at, _, path) => {
    if (at > 400 || !(IMPORT.test(line) || /^\}?\s*from\s+["']/.test(line.trim()))) return [];
    for (const target of importedFrom(line, path, known)) {
      const own = by.get(target) ?? new Set();
      by.set(target, own.add(path));
    }
    return [];
  });
  const ranked = [...by]
    .map(([path, others]) => ({ path, by: others.size }))
    .filter(({ by: count }) => count > 2)
    .sort((a, b) => b.by - a.by || (a.path < b.path ? -1 : 1))
    .slice(0, LIMITS.imported);
  return { ranked, isComplete: read.length === sources.length };
}

/** The last part of a path without its ending; of an index file, its folder. */
function stemOf(path: string): string {
  const parts = path.replace(/\.\w+$/, '').split('/');
  const last = parts.at(-1) ?? '';
  return /^(?:index|__init__|mod)$/.test(last) ? (parts.at(-2) ?? last) : last;
}

/** The files that a line imports: of those with the right name, the ones whose path ends as the line says. */
function importedFrom(line: string, from: string, known: ReadonlyMap<string, readonly string[]>): string[] {
  const [, quoted] = /["'<]([\w@$./-]+)["'>]/.exec(line) ?? [];
  const [, dotted] = /^\s*(?:from|import|use|using)\s+(?:static\s+)?([\w.:]+)/.exec(line) ?? [];
  const spoken = quoted ?? dotted?.replace(/::|\./g, '/');
  if (spoken === undefined) return [];
  const parts = spoken
    .replace(/\.(?:[cm]?[jt]sx?|h|hpp|hh|py)$/, '')
    .split('/')
    .filter((part) => !['.', '..', '', '@', '~', 'crate', 'self', 'super', 'src'].includes(part));
  const last = parts.at(-1) ?? '';
  const own = (known.get(last) ?? []).filter((path) => path !== from);
  const fitting = own.filter((path) => {
    const folders = path
      .replace(/\.\w+$/, '')
      .replace(/\/(?:index|__init__|mod)$/, '')
      .split('/');
    return parts.every((part, at) => folders.at(at - parts.length) === part);
  });
  const [near] = fitting.sort((a, b) => shared(b, from) - shared(a, from));
  return near === undefined ? [] : [near];
}

/** Folders that two paths have in common. */
function shared(one: string, other: string): number {
  const [a, b] = [one.split('/'), other.split('/')];
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  return same;
}
