import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Label } from './metrics.ts';
import { Problem } from './problem.ts';

/** The sets of questions and the file that holds each. */
export const taskFiles = {
  localisation: 'localisation.jsonl',
  repoqa: 'repoqa.jsonl',
  qa: 'qa.jsonl',
  issues: 'issue_localisation.jsonl',
  semble: 'semble.jsonl',
} as const;

export type Task = keyof typeof taskFiles;

interface Common {
  readonly id: string;
  /** owner/name */
  readonly repository: string;
  /** The commit whose text is searched: full or abbreviated. */
  readonly commit: string;
  readonly question: string;
  /** Gold paths, relative to the repository, with '/'. */
  readonly files: readonly string[];
}

/**
 * `strict`: a fix or a feature whose message does not name a gold file. `lines`: where the function meant may begin.
 */
export type Case =
  | (Common & { readonly task: 'localisation'; readonly strict: boolean })
  | (Common & { readonly task: 'repoqa'; readonly lines: readonly number[] })
  | (Common & { readonly task: 'qa' | 'issues' })
  | SearchCase;

/** A question of semble's benchmark; its paths are relative to `root`. */
export interface SearchCase extends Common {
  readonly task: 'semble';
  /** The folder that is indexed, relative to the repository; '' is the whole. */
  readonly root: string;
  readonly language: string;
  readonly category: string;
  readonly labels: readonly Label[];
  /** Whether the adapter has seen the repository in training, or probably has. */
  readonly isTrained: boolean;
  /** Why its label cannot be right. */
  readonly doubt?: string;
}

/** Reads one task's file of a data folder, one JSON object a line. Throws a Problem that lists the bad lines. */
export function readCases(folder: string, task: Task): Case[] {
  const file = join(folder, taskFiles[task]);
  if (!existsSync(file)) {
    throw new Problem(`${file} does not exist: test/eval/README.md says how to make a data folder.`);
  }
  return parseCases(readFileSync(file, 'utf8'), task);
}

/** The cases of one task's text; `Problem` names each bad line and what it should hold. */
export function parseCases(text: string, task: Task): Case[] {
  const cases: Case[] = [];
  const bad: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      cases.push(parseCase(line, task));
    } catch (error) {
      bad.push(`${taskFiles[task]} line ${index + 1}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const ids = new Set<string>();
  for (const { id } of cases) {
    if (ids.has(id)) bad.push(`${taskFiles[task]}: the id ${id} stands twice.`);
    ids.add(id);
  }
  if (bad.length > 0) throw new Problem(bad.join('\n'));
  return cases;
}

function parseCase(line: string, task: Task): Case {
  const value: unknown = JSON.parse(line);
  if (!isRecord(value)) throw new Problem('the line is not a JSON object.');
  const names = { id: text(value, 'id'), repository: text(value, 'repo') };
  if (task === 'semble') return { ...names, task, ...searchCase(value) };
  const common = { ...names, files: paths(value, 'files') };
  switch (task) {
    case 'localisation': {
      const strict = ['fix', 'feature'].includes(text(value, 'kind')) && !flag(value, 'stem_in_query');
      return { ...common, task, strict, commit: text(value, 'pin'), question: text(value, 'query') };
    }
    case 'repoqa': {
      const lines = lineNumbers(value, 'def_lines');
      return { ...common, task, lines, commit: text(value, 'commit'), question: text(value, 'question') };
    }
    case 'qa':
    case 'issues':
      return { ...common, task, commit: text(value, 'commit'), question: text(value, 'question') };
  }
}

function searchCase(value: Record<string, unknown>): Omit<SearchCase, 'id' | 'repository' | 'task'> {
  const { root, doubtful } = value;
  if (typeof root !== 'string') throw new Problem('`root` must be a text.');
  const labels = [...list(value, 'relevant'), ...list(value, 'secondary')].map((label) => labelOf(label, root));
  return {
    root,
    labels,
    files: [...new Set(labels.map(({ path }) => path))],
    commit: text(value, 'commit'),
    question: text(value, 'query'),
    language: text(value, 'language'),
    category: text(value, 'category'),
    isTrained: value['trained'] === true,
    ...(typeof doubtful === 'string' ? { doubt: doubtful } : {}),
  };
}

function labelOf(label: unknown, root: string): Label {
  if (!isRecord(label)) throw new Problem('a label is not a JSON object.');
  const whole = text(label, 'path');
  if (root !== '' && !whole.startsWith(`${root}/`)) throw new Problem(`${whole} does not lie in ${root}.`);
  const path = root === '' ? whole : whole.slice(root.length + 1);
  if (label['lines'] === undefined) return { path };
  const [start = 1, end = start] = lineNumbers(label, 'lines');
  return { path, lines: { start, end } };
}

/** Narrows what JSON.parse gave to an object whose fields are still unknown. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The field as a text that is not empty. */
export function text(record: Record<string, unknown>, field: string): string {
  const value = record[field];
  if (typeof value !== 'string' || value.trim() === '') throw new Problem(`\`${field}\` must be a text.`);
  return value;
}

/** The field as a finite number. */
export function number(record: Record<string, unknown>, field: string): number {
  const value = record[field];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Problem(`\`${field}\` must be a number.`);
  return value;
}

/** The field as a list, its items still unknown. */
export function list(record: Record<string, unknown>, field: string): readonly unknown[] {
  const value = record[field];
  if (!Array.isArray(value)) throw new Problem(`\`${field}\` must be a list.`);
  return value;
}

function flag(record: Record<string, unknown>, field: string): boolean {
  const value = record[field];
  if (typeof value !== 'boolean') throw new Problem(`\`${field}\` must be true or false.`);
  return value;
}

function paths(record: Record<string, unknown>, field: string): readonly string[] {
  const values = list(record, field);
  const good = values.filter((path) => typeof path === 'string' && path !== '' && !path.startsWith('/'));
  if (good.length !== values.length) throw new Problem(`\`${field}\` must be a list of relative paths.`);
  return good.filter((path) => typeof path === 'string');
}

function lineNumbers(record: Record<string, unknown>, field: string): readonly number[] {
  const values = list(record, field);
  const good = values.filter((line) => typeof line === 'number').filter((line) => Number.isInteger(line) && line > 0);
  if (good.length !== values.length || good.length === 0) {
    throw new Problem(`\`${field}\` must be a list of line numbers, counted from 1.`);
  }
  return good;
}
