// The name is what the extractor of strings looks for; nothing is imported, so that the page can read this file too.
import type * as l10n from '@vscode/l10n';

/** `@vscode/l10n`, or whatever stands in for it. */
export interface Translator {
  readonly t: (message: string) => ReturnType<typeof l10n.t>;
}

/**
 * Every word of the chat, in the user's language. `{0}`, `{1}` stay in the text and are filled with `fill` where it is
 * shown; the page has no translator of its own, so the host sends it this table.
 */
export function chatStrings(l10n: Translator) {
  return {
    // The composer.
    askLabel: l10n.t('Ask about this codebase'),
    askFirst: l10n.t('Ask about this codebase'),
    askNext: l10n.t('Ask a follow-up'),
    ask: l10n.t('Ask (Enter)'),
    stop: l10n.t('Stop (Escape)'),
    cancel: l10n.t('Cancel'),
    askAgain: l10n.t('Ask again'),
    editLabel: l10n.t('Edit the question'),

    // The scope.
    scope: l10n.t('Scope'),
    scopeWorkspace: l10n.t('Whole workspace'),
    scopeFolder: l10n.t('This folder'),
    scopeFolderNone: l10n.t('This folder: open a file of the workspace first'),
    scopeFolderTitle: l10n.t('Only {0}'),
    scopeEditors: l10n.t('Open editors'),
    scopeEditorsNone: l10n.t('Open editors: no file of the workspace is open'),
    scopeEditorsTitle: l10n.t('Only what is open in an editor ({0})'),
    scopeChanged: l10n.t('Changed files'),
    scopeChangedTitle: l10n.t('Only files that differ from the last commit'),
    scopeChangedRestricted: l10n.t('Changed files: in Restricted Mode git is not asked which these are'),
    scopeFiles: l10n.t('{0} files'),
    scopeFile: l10n.t('1 file'),
    scopeTerms: l10n.t('Add or leave out files'),
    attach: l10n.t('Read {0} first for this question'),
    attached: l10n.t('Read for this question: {0}'),
    scopeTermsHint: l10n.t('+src -tests'),

    // The ranked files.
    relevant: l10n.t('Relevant files'),
    nearest: l10n.t('The nearest files'),
    others: l10n.t('Others'),
    more: l10n.t('{0} more'),
    fewer: l10n.t('Fewer'),
    shareOf: l10n.t('{0} relevance'),
    readFor: l10n.t('Read for this answer: {0}'),
    notRead: l10n.t('Not read for this answer'),
    openAt: l10n.t('Open {0}'),

    // The evidence.
    evidenceKind: l10n.t('Kind of question: choose another to ask again'),
    evidenceOverview: l10n.t('Overview'),
    evidenceHowto: l10n.t('Build, run, test'),
    evidenceDefinition: l10n.t('Definition'),
    evidenceList: l10n.t('List'),
    evidenceReferences: l10n.t('References'),
    evidenceSettings: l10n.t('Settings and versions'),
    evidenceHistory: l10n.t('History'),
    evidenceTrace: l10n.t('Error or trace'),
    evidenceLines: l10n.t('Lines that say most'),
    evidenceNone: l10n.t('No evidence'),
    evidenceNothing: l10n.t('Nothing of this kind was found.'),
    evidencePlaces: l10n.t('{0} places in {1} files'),
    evidencePlacesInFile: l10n.t('{0} places in 1 file'),
    evidencePlace: l10n.t('1 place'),
    evidenceNames: l10n.t('{0} names'),
    evidenceBefore: l10n.t('Before'),
    evidenceAfter: l10n.t('After'),
    evidencePage: l10n.t('{0} to {1} of {2}'),
    evidencePerhapsMore: l10n.t('perhaps not all'),
    evidenceImported: l10n.t('{0} files import this'),
    evidenceAdded: l10n.t('Added by {0}'),
    evidenceTree: l10n.t('Top of the tree, {0} files'),

    // On the way to an answer.
    recalling: l10n.t('Recalling'),
    sortingPart: l10n.t('Ranked by the words of {0}% of the files; indexing goes on'),
    sorting: l10n.t('Ranked by words; ranking again by meaning'),
    begun: l10n.t('Indexing in progress: only the most relevant files were searched.'),
    embedded: l10n.t('{0}% of the code is embedded so far; the rest was ranked by its words.'),
    partial: l10n.t('Indexing in progress: {0}% of the files were searched, the most relevant first.'),
    reading: l10n.t('Reading {0} places'),
    readingPlace: l10n.t('Reading 1 place'),
    readingPercent: l10n.t('Reading {0}%'),
    writing: l10n.t('Writing'),
    checking: l10n.t('Checking sentence {0} of {1}'),
    waiting: l10n.t('Queued'),
    stopped: l10n.t('Stopped.'),
    interrupted: l10n.t('The window was closed before this was answered.'),

    // Above an answer.
    answeredHere: l10n.t('Answered by {0} on this machine'),
    answeredAt: l10n.t('Answered by {0} at {1}'),
    answeredAway: l10n.t('Answered by {0} at {1}: the question and lines of files were sent there'),
    answeredByEditor: l10n.t('Answered by {0}: the question and lines of files were sent to {1} through the editor'),

    // Below an answer.
    sources: l10n.t('Sources'),
    citation: l10n.t('Citation {0}: {1}'),
    // Of a notebook.
    cell: l10n.t('cell'),
    output: l10n.t('output'),
    unsupported: l10n.t('No source found'),
    unsupportedCount: l10n.t('{0} sentences have no source.'),
    unsupportedOne: l10n.t('1 sentence has no source.'),
    linesAlone: l10n.t('The lines above are the answer; the model adds nothing to them.'),
    linesChosen: l10n.t('The lines above say most about the question; the model adds nothing to them.'),
    leftOutCount: l10n.t('{0} sentences of the model had no source and were left out.'),
    leftOutOne: l10n.t('1 sentence of the model had no source and was left out.'),
    unknownNames: l10n.t('Names that stand in no file: {0}'),
    unknownName: l10n.t('This name stands in no file'),
    staleCount: l10n.t('{0} places have changed since they were read and were left out.'),
    staleOne: l10n.t('1 place has changed since it was read and was left out.'),
    cut: l10n.t('The answer was cut at its longest length.'),
    elapsed: l10n.t('{0} s'),
    elapsedTitle: l10n.t('{0} s from the question to the end, {1} tokens at {2} a second'),
    copyAnswer: l10n.t('Copy answer'),
    copied: l10n.t('Copied'),
    retry: l10n.t('Ask this again'),
    edit: l10n.t('Edit and ask again'),
    copyCode: l10n.t('Copy'),
    insertCode: l10n.t('Insert at cursor'),
    code: l10n.t('Code'),
    hiddenCharacter: l10n.t('An invisible character that changes the direction or the look of text'),

    // No answer.
    far: l10n.t('No relevant code found for this question.'),
    changed: l10n.t('The relevant files have changed since they were indexed.'),

    // Failures.
    actRetry: l10n.t('Try Again'),
    actRefresh: l10n.t('Refresh and Ask Again'),
    actResume: l10n.t('Resume Indexing'),
    actAllFiles: l10n.t('Ask All Files'),
    actMemory: l10n.t('Show Memory'),
    actOpenFolder: l10n.t('Open Folder'),
    actLog: l10n.t('Open Log'),
    actModel: l10n.t('Restore Model'),
    actChooseModel: l10n.t('Choose Answer Model…'),
    actUpdate: l10n.t('Show Extension'),
    actFolder: l10n.t('Show Folder'),
    nothingOpen: l10n.t('No editor is open to insert into.'),
    notFound: l10n.t('{0} is not in this workspace any more.'),
    setAside: l10n.t('The saved conversations could not be read and were set aside as {0}.'),
    notSaved: l10n.t('The conversations could not be saved: {0}'),
    unexpected: l10n.t('Something went wrong that should not. The log has the details.'),

    // The empty state.
    emptyTitle: l10n.t('Ask this codebase'),
    emptyLine: l10n.t('A model on this machine reads the files, and each sentence of an answer shows its source.'),
    noFolder: l10n.t('Open a folder, and its files can be asked about.'),
    openFolder: l10n.t('Open Folder'),
    tryThese: l10n.t('Try'),
    suggestWork: l10n.t('How does {0} work?'),
    suggestStart: l10n.t('Where does {0} begin, and what does it call first?'),
    suggestFail: l10n.t('What happens in {0} when something fails?'),
    recent: l10n.t('Recent'),
    allConversations: l10n.t('All conversations'),
    deleteConversation: l10n.t('Delete {0}'),
    memory: l10n.t('Memory'),

    // What is read aloud, and the regions.
    transcript: l10n.t('Conversation'),
    you: l10n.t('You asked'),
    answer: l10n.t('Answer'),
    toEnd: l10n.t('Go to the end'),
    announceAnswer: l10n.t('The answer is complete: {0} sentences, {1} of them have no source.'),
  };
}

export type Strings = ReturnType<typeof chatStrings>;

const KEYS = Object.keys(chatStrings({ t: (message) => message }));

/** Whether a value is the whole table. */
export function holdsStrings(value: unknown): value is Strings {
  if (typeof value !== 'object' || value === null) return false;
  const table = new Map<string, unknown>(Object.entries(value));
  return KEYS.every((key) => typeof table.get(key) === 'string');
}

/** Puts values in the places `{0}`, `{1}` of a text. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  return text.replace(/\{(\d+)\}/g, (place, index: string) => String(values[Number(index)] ?? place));
}

/** `12`, `12-15`; in a notebook `cell 3:1-2`, in the user's language. */
export function linesText(
  { start, end, cells }: { readonly start: number; readonly end: number; readonly cells?: string | undefined },
  strings: Pick<Strings, 'cell' | 'output'>,
): string {
  if (cells === undefined) return start === end ? `${start}` : `${start}-${end}`;
  return cells.replaceAll('cell', strings.cell).replaceAll('output', strings.output);
}
