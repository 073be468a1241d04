import { AppError } from '../common/app-error.ts';
import { counted } from '../common/number-format.ts';
import { terms } from '../memory/search/tokenize.ts';
import { Corpus } from '../evidence/corpus.ts';
import { rank } from '../evidence/definition.ts';
import { MOST_SEGMENTS, referencesOf } from '../evidence/references.ts';
import type { IndexedFolder } from '../retrieve/multi-folder-search.ts';
import { chosenFiles } from './chosen-files.ts';
import type { Choice } from './chosen-files.ts';
import { coverageFoot, coverageOf } from './coverage.ts';
import type { Coverage, IndexingStates } from './coverage.ts';
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
  /** Definitions first, then sources, configuration, tests, examples and texts; within these by folder and path. */
  readonly references: readonly Reference[];
  /** Whether more segments hold the word than are looked through. */
  readonly isCut: boolean;
  readonly coverage: Coverage;
  readonly parts: ToolText;
}

const LONGEST_NAME = 200;

/**
 * Every line of the indexed files that says a name as a whole word, read from disk now.
 *
 * @throws `command/usage` for what is no name, `scope/…`; the signal's reason
 */
export async function findReferences(
  members: readonly IndexedFolder[],
  states: IndexingStates,
  request: ReferencesRequest,
  signal?: AbortSignal,
): Promise<References> {
  const name = request.name.trim();
  if (name.length > LONGEST_NAME || /\s/.test(name) || terms(name).length === 0) {
    throw new AppError(
      'command/usage',
      'A name is one identifier of two letters or more, such as "openFile". Use search_codebase for words.',
    );
  }
  const scope = chosenFiles(members, states(), request);
  const references: Reference[] = [];
  let isCut = false;
  for (const member of members) {
    const corpus = new Corpus(member, scope?.(member), signal);
    const { lines, definitions, isComplete } = await referencesOf(corpus, name);
    isCut ||= !isComplete;
    for (const { path, at } of lines) {
      const text = (await corpus.lines(path))[at]?.trimEnd() ?? '';
      const isDefinition = definitions.some((definition) => definition.path === path && definition.line === at + 1);
      references.push({ path: member.prefix + path, line: at + 1, text, isDefinition });
    }
  }
  references.sort((a, b) => Number(b.isDefinition) - Number(a.isDefinition) || rank(a.path) - rank(b.path));
  const coverage = coverageOf(members, states());
  return {
    references,
    isCut,
    coverage,
    parts: partsOf(name, references, isCut, coverageFoot(coverage, { members, scope, isRanked: false })),
  };
}

function partsOf(name: string, references: readonly Reference[], isCut: boolean, covered: string): ToolText {
  const files = new Set(references.map(({ path }) => path)).size;
  const definitions = references.filter(({ isDefinition }) => isDefinition).length;
  const head =
    references.length > 0
      ? `"${name}" stands in ${counted(references.length, 'line')} of ${counted(files, 'file')}; ${definitionsText(definitions)}.`
      : `"${name}" stands in no indexed file as a whole word. That does not prove that there is none.`;
  const items = [...Map.groupBy(references, ({ path, isDefinition }) => `${isDefinition ? 'D' : 'R'}${path}`)].map(
    ([, own]) => {
      const [first] = own;
      const title = `${first?.path ?? ''}${first?.isDefinition === true ? ' (definition)' : ''}`;
      return [title, ...own.map(({ line, text }) => numbered([text], line))].join('\n');
    },
  );
  const cut = isCut
    ? `These are not all: only ${MOST_SEGMENTS} segments with the word were searched. Narrow "paths". `
    : '';
  return { head, items, foot: (cut + covered).trim() };
}

function definitionsText(count: number): string {
  if (count === 0) return 'no line looks like a definition';
  return `${counted(count, 'line')} ${count === 1 ? 'looks' : 'look'} like a definition`;
}
