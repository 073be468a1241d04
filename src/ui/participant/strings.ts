import * as l10n from '@vscode/l10n';

/** What the participant says in the editor's chat, in the user's language; filled in with `fill`. */
export function participantStrings() {
  return {
    noFolder: l10n.t('Open a folder, and its files can be asked about.'),
    virtual: l10n.t('The folders of this window lie on no disk, so there is no memory of them.'),
    empty: l10n.t('Ask a question about this codebase. /where, /why, /diff, /at and /scope say how it is answered.'),
    atWhat: l10n.t('Give a branch, a tag or a commit, and then a question: /at v1.2 How are sessions stored?'),
    searching: l10n.t('Searching the memory'),
    reading: l10n.t('Reading {0} places'),
    partial: l10n.t('Indexing in progress: {0}% of the files were searched, the most relevant first.'),
    far: l10n.t('No relevant code found for this question.'),
    changed: l10n.t('The relevant files have changed since they were indexed.'),
    nearest: l10n.t('The nearest files'),
    relevant: l10n.t('Relevant files'),
    sources: l10n.t('Sources'),
    unsupported: l10n.t('No source found'),
    linesAlone: l10n.t('The lines above are the answer; the model adds nothing to them.'),
    leftOutCount: l10n.t('{0} sentences of the model had no source and were left out.'),
    leftOutOne: l10n.t('1 sentence of the model had no source and was left out.'),
    unknownNames: l10n.t('Names that stand in no file: {0}'),
    commits: l10n.t('Commits'),
    noCommits: l10n.t('No commit was found: the lines are not committed, or git may not be asked in Restricted Mode.'),
    open: l10n.t('Open {0}'),
    scopeIs: l10n.t('This conversation is about: {0}'),
    scopeWhole: l10n.t('This conversation is about the whole workspace.'),
    answeredHere: l10n.t('Answered by {0} on this machine'),
    answeredAt: l10n.t('Answered by {0} at {1}'),
    answeredAway: l10n.t('Answered by {0} at {1}: the question and lines of files were sent there'),
    answeredByEditor: l10n.t('Answered by {0}: the question and lines of files were sent to {1} through the editor'),
    cancelled: l10n.t('Stopped.'),
    model: l10n.t('Answers from the memory of this workspace, on this machine. It changes no file and calls no tool.'),
    // What may be asked next.
    nextWhy: l10n.t('Why is it like that?'),
    nextTests: l10n.t('Where is that tested?'),
    nextAnswer: l10n.t('Explain these places'),
    nextBreak: l10n.t('What could these changes break?'),
    nextWhole: l10n.t('Ask the whole workspace'),
  };
}

export type ParticipantStrings = ReturnType<typeof participantStrings>;
