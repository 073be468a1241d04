import * as l10n from '@vscode/l10n';
import { chatStrings } from '../../chat/strings.ts';

/**
 * What the participant says in the editor's chat, in the user's language; filled in with `fill`. It says what the
 * extension's own chat says in the same words.
 */
export function participantStrings() {
  return {
    ...chatStrings(l10n),
    virtual: l10n.t('The folders of this window lie on no disk, so there is no memory of them.'),
    empty: l10n.t('Ask a question about this codebase. /where, /why, /diff, /at and /scope say how it is answered.'),
    atWhat: l10n.t('Give a branch, a tag or a commit, and then a question: /at v1.2 How are sessions stored?'),
    searching: l10n.t('Searching the memory'),
    // {0}: paths of files
    byWords: l10n.t('Ranked by words so far: {0}'),
    commits: l10n.t('Commits'),
    noCommits: l10n.t('No commit was found: the lines are not committed, or git may not be asked in Restricted Mode.'),
    scopeIs: l10n.t('This conversation is about: {0}'),
    scopeWhole: l10n.t('This conversation is about the whole workspace.'),
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
