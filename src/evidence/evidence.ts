import type { LineRange } from '../retrieve/named-lines.ts';

/** The kinds of questions that have evidence of their own, and `lines` for all others. */
export const EVIDENCE_KINDS = [
  'overview',
  'howto',
  'definition',
  'list',
  'references',
  'settings',
  'history',
  'trace',
  'lines',
] as const;

export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** Lines of a file that are shown. */
export interface ShownLines {
  readonly path: string;
  readonly range: LineRange;
}

/** What a user may choose for a question: a kind, or that nothing is gathered. */
export type EvidenceChoice = EvidenceKind | 'none';

/** What an item is to the question. */
export const EVIDENCE_LABELS = [
  'readme',
  'manifest',
  'tree',
  'entry',
  'imported',
  'script',
  'ci',
  'section',
  'definition',
  'use',
  'import',
  'match',
  'variable',
  'version',
  'setting',
  'commit',
  'added',
  'frame',
  'message',
  'line',
] as const;

export type EvidenceLabel = (typeof EVIDENCE_LABELS)[number];

/** Lines that answer a question by themselves, as the user sees the file now; a commit has those that it wrote. */
export interface EvidenceItem {
  readonly label: EvidenceLabel;
  /** As it is shown: with the folder's name first where there are several. Of the tree, the folder. */
  readonly path: string;
  readonly lines: LineRange;
  /** Without the last line's end. Of a commit its message, of the tree its first level. */
  readonly text: string;
  /** A name, a number of files, or a commit with its date and author; '' where the lines say everything. */
  readonly note: string;
  /** The lines around, where these alone say too little to a model. */
  readonly context?: LineRange;
}

/** What was gathered for a question without any model. */
export interface Evidence {
  readonly kind: EvidenceKind;
  /** A page of what was found, in the order in which it is to be read. */
  readonly items: readonly EvidenceItem[];
  /** How many stand before this page. */
  readonly from: number;
  /** How many there are, on all pages; 0 where it is sure that there are none. Exact where `isComplete`. */
  readonly count: number;
  /** Files that they stand in, on all pages. */
  readonly files: number;
  /** Different names among them, such as those of variables; 0 where items have none. */
  readonly names: number;
  /** Whether every indexed file of the scope was looked through. */
  readonly isComplete: boolean;
}

/** Whether this is an exact list of all that was asked for, so that its count is an answer. */
export function isCounted({ kind, isComplete }: Evidence): boolean {
  return isComplete && ['list', 'references', 'settings'].includes(kind);
}

/** Lines of an item that a list shows: many of a definition and of chosen lines, which are what is asked for. */
export function linesShown({ label }: Pick<EvidenceItem, 'label'>): number {
  return label === 'line' || label === 'definition' ? 40 : 8;
}

/** What one of the gatherers found, on all pages. */
export interface Gathered {
  readonly items: readonly EvidenceItem[];
  /** False where files or matches were left out. */
  readonly isComplete: boolean;
}
