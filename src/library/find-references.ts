import { AppError } from '../common/app-error.ts';
import { terms } from '../memory/search/tokenize.ts';
import type { IndexedFolder } from '../retrieve/multi-folder-search.ts';
import { ROLES, roleOf } from '../workspace/files/role.ts';
import { definingLines } from '../workspace/segment/definition.ts';
import { chosenFiles } from './chosen-files.ts';
import type { Choice } from './chosen-files.ts';
import { coverageOf } from './coverage.ts';
import type { Coverage, ReadingState } from './coverage.ts';
import { numbered } from './numbered.ts';
import type { ToolText } from './tool-text.ts';

export interface ReferencesRequest extends Choice {
  /** An identifier, letter for letter. */
  readonly name: string;
}

export interface Reference {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** Told from the line and what follows it; no grammar is read. */
  readonly isDefinition: boolean;
}

interface References {
  /** Definitions first, then sources, tests, examples and texts; within these by path and line. */
  readonly references: readonly Reference[];
  /** Whether more segments hold the word than are looked through. */
  readonly isCut: boolean;
  readonly coverage: Coverage;
  readonly parts: ToolText;
}

/** Segments of a folder that are looked through for a name. */
const SEGMENTS = 4_000;
const LONGEST_NAME = 200;

/**
 * Every line of the indexed files that says a name as a whole word, read from disk now.
 *
 * @throws `command/usage` for what is no name, `scope/…`; the signal's reason
 */
export async function findReferences(
  members: readonly IndexedFolder[],
  states: readonly ReadingState[],
  request: ReferencesRequest,
  signal?: AbortSignal,
): Promise<References> {
  const name = request.name.trim();
  const [term] = terms(name).sort((a, b) => b.length - a.length);
  if (name.length > LONGEST_NAME || /\s/.test(name) || term === undefined) {
    const sentence =
      'A name is one identifier of two letters or more, such as "openFile". Use search_codebase for words.';
    throw new AppError('command/usage', sentence);
  }
  const scope = chosenFiles(members, states, request);
  const wanted = new RegExp(
    `(?<![\\p{L}\\p{N}_$])${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?![\\p{L}\\p{N}_$])`,
    'u',
  );
  const references: Reference[] = [];
  let isCut = false;
  for (const member of members) {
    const { index, prefix } = member;
    const holding = index.holding(term, SEGMENTS + 1, scope?.(member));
    isCut ||= holding.length > SEGMENTS;
    for (const path of new Set(holding.map((place) => place.path))) {
      signal?.throwIfAborted();
      const lines = (await index.lines(path)) ?? [];
      const defining = new Set(definingLines(lines, name));
      for (const [at, text] of lines.entries()) {
        if (!wanted.test(text)) continue;
        references.push({ path: prefix + path, line: at + 1, text: text.trimEnd(), isDefinition: defining.has(at) });
      }
    }
  }
  const rank = ({ path, isDefinition }: Reference) => ROLES.indexOf(roleOf(path)) + (isDefinition ? 0 : ROLES.length);
  references.sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line));
  const coverage = coverageOf(members, states);
  return { references, isCut, coverage, parts: partsOf(name, references, isCut, coverage) };
}

function partsOf(name: string, references: readonly Reference[], isCut: boolean, coverage: Coverage): ToolText {
  const files = new Set(references.map(({ path }) => path)).size;
  const definitions = references.filter(({ isDefinition }) => isDefinition).length;
  const head =
    references.length > 0
      ? `"${name}": lines ${references.length}, in files ${files}; lines that look like definitions: ${definitions}.`
      : `"${name}" stands in no indexed file as a whole word. That does not prove that there is none.`;
  const items = [...Map.groupBy(references, ({ path, isDefinition }) => `${isDefinition ? 'D' : 'R'}${path}`)].map(
    ([, own]) => {
      const [first] = own;
      const title = `${first?.path ?? ''}${first?.isDefinition === true ? ' (definition)' : ''}`;
      return [title, ...own.map(({ line, text }) => numbered([text], line))].join('\n');
    },
  );
  const cut = isCut ? `Only ${SEGMENTS} segments that hold the word were looked through; narrow the paths. ` : '';
  return { head, items, foot: cut + coverage.message };
}
