import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { roleOf } from '../../src/workspace/files/role.ts';

/** A commit that says what it does and changes a few source files that all existed before it. */
export interface Commit {
  readonly id: string;
  /** The message without trailers, links and numbers of issues, on one line. */
  readonly message: string;
  readonly kind: 'fix' | 'feature' | 'refactor' | 'other';
  /** Source files that it changed. */
  readonly files: readonly string[];
}

/** Code, by the ending of its name: what a localisation case may ask for. */
const CODE = /\.(?:[cm]?[jt]sx?|py|go|rs|java|kt|c|h|cc|cpp|hpp|cs|rb|php|swift|scala|lua|ex|exs|hs|vue|svelte)$/i;
const GENERATED = /(?:^|\/)(?:vendor|node_modules|dist|build|third_party|\.yarn)\//;

/** Bounds of what is asked about; more files are a rewrite, fewer words say nothing. */
const BOUNDS = { files: 3, words: 5, characters: 900 } as const;

const EMPTY = /\b(?:bump|merge|revert|release|changelog|version \d|v\d+\.\d+|typo|lint|prettier|dependabot)\b/i;
const KINDS: readonly (readonly [Commit['kind'], RegExp])[] = [
  ['refactor', /\b(?:refactor\w*|renam\w+|mov(?:e|ed|ing)|clean ?up|simplif\w+|reorgani[sz]\w+|extract)\b/i],
  ['fix', /\b(?:fix\w*|bug|correct\w*|prevent\w*|avoid\w*|handle[sd]?|don'?t|crash\w*|wrong\w*|leak\w*)\b/i],
  ['feature', /\b(?:feat\w*|add\w*|support\w*|allow\w*|implement\w*|introduc\w+|enabl\w+|new|option)\b/i],
];

/**
 * The newest commits of `clone` that fit, newest first; at most `count` of them, of the last `among` that are looked
 * at.
 */
export async function commitsOf(clone: string, count: number, among = 4_000): Promise<Commit[]> {
  const format = '--format=%x01%H%x02%B%x02';
  const text = await git(clone, 'log', '--no-merges', '--name-status', '--no-renames', `-${among}`, format, 'HEAD');
  const commits: Commit[] = [];
  for (const part of text.split('\u0001').slice(1)) {
    const [id = '', body = '', changes = ''] = part.split('\u0002');
    const commit = commitOf(id, body, changes);
    if (commit) commits.push(commit);
    if (commits.length === count) break;
  }
  return commits;
}

/** The paths of a tree. */
export async function pathsAt(clone: string, commit: string): Promise<ReadonlySet<string>> {
  return new Set((await git(clone, 'ls-tree', '-r', '--name-only', '-z', commit)).split('\0'));
}

/** The commit before this one, in full. */
export async function parentOf(clone: string, commit: string): Promise<string> {
  return (await git(clone, 'rev-parse', `${commit}^`)).trim();
}

/** One commit of a log with its message and `--name-status`; undefined where it would ask nothing sensible. */
export function commitOf(id: string, body: string, changes: string): Commit | undefined {
  const message = cleanMessage(body);
  if (message.split(' ').length < BOUNDS.words || EMPTY.test(message.slice(0, 80))) return undefined;
  const rows = changes.split('\n').flatMap((row) => {
    const [status = '', path = ''] = row.split('\t');
    return path === '' ? [] : [{ status, path }];
  });
  const sources = rows.filter(({ path }) => CODE.test(path) && !GENERATED.test(path) && roleOf(path) === 'source');
  if (sources.length < 1 || sources.length > BOUNDS.files) return undefined;
  if (sources.some(({ status }) => status !== 'M')) return undefined;
  const kind = KINDS.find(([, pattern]) => pattern.test(message))?.[0] ?? 'other';
  return { id, message, kind, files: sources.map(({ path }) => path) };
}

/** Without what was written for trackers and mailing lists. */
export function cleanMessage(body: string): string {
  return body
    .split('\n')
    .filter(
      (line) => !/^\s*(?:[\w-]+-by|cc|change-id|piperorigin-revid|cherry[- ]picked.*):?\s.*(?:@|\d{5,})/i.test(line),
    )
    .join(' ')
    .replace(/^\s*(?:feat|fix|chore|docs|refactor|perf|style|test|build|ci)(?:\([^)]*\))?!?:\s*/i, '')
    .replace(/https?:\/\/\S+/g, ' ')
    .replace(/\(?(?:\b(?:fix(?:es|ed)?|close[sd]?|resolve[sd]?|refs?|see|gh))?[ :-]*#\d+\)?/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, BOUNDS.characters);
}

/** Whether the message gives a file away: its name without the ending is one of the words. */
export function namesFile(message: string, files: readonly string[]): boolean {
  const words = new Set(message.toLowerCase().split(/[^a-z0-9_-]+/));
  return files.some((path) => words.has(stem(path).toLowerCase()));
}

function stem(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.slice(0, name.indexOf('.', 1) < 0 ? undefined : name.indexOf('.', 1));
}

async function git(clone: string, ...command: string[]): Promise<string> {
  const options = { maxBuffer: 1 << 30, encoding: 'utf8' } as const;
  return (await promisify(execFile)('git', ['-C', clone, ...command], options)).stdout;
}
