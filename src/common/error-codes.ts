import * as l10n from '@vscode/l10n';

/**
 * The one thing that repairs a failure.
 * - `retry`         read or ask again
 * - `refresh`       read the files again, then ask again
 * - `resume`        end the pause
 * - `all-files`     ask again, of every file
 * - `show-memory`   see for each file why it is not remembered
 * - `restore-model` bring back the model's files
 * - `choose-model`  choose who writes the answers
 * - `update`        get a newer extension
 * - `free-space`, `show-folder` look at the folder where memories lie
 */
export const ACTIONS = [
  'retry',
  'refresh',
  'resume',
  'all-files',
  'show-memory',
  'open-folder',
  'open-log',
  'restore-model',
  'choose-model',
  'update',
  'free-space',
  'show-folder',
  'none',
] as const;
export type Action = (typeof ACTIONS)[number];

/** What is known of every error of one code. */
export interface ErrorEntry {
  readonly action: Action;
  /** What the editor says of it, in its language; left out where the error's own message was made for the editor. */
  readonly text?: () => string;
  /** What to do, which every message of this code ends with: for the terminal and the log. */
  readonly remedy?: string;
  /** `usage`: the command was called wrongly. `bug`: nobody has to expect it, and it is told so. */
  readonly blame?: 'usage' | 'bug';
}

const texts = {
  unexpected: () => l10n.t('Something unexpected happened. The log has the details.'),
  damaged: () => l10n.t('A part of the memory is damaged. Its files are read again; the rest is kept.'),
  full: () => l10n.t('The disk is full. Free some space, then go on; nothing is lost.'),
  notChosen: () => l10n.t('None of the files that you chose is in the memory.'),
  emptyQuestion: () => l10n.t('The question is empty. Ask in a sentence what you want to know.'),
  modelFailed: () => l10n.t('The model could not do this. The log says why.'),
} as const;

const bug = { action: 'open-log', text: texts.unexpected, blame: 'bug' } as const;
const terminalOnly = { action: 'open-log', text: texts.unexpected } as const;

/**
 * Every code with what the editor and the terminal do about it. Each error must carry the one action that repairs it
 * (complaints about dead ends).
 */
export const ERRORS = {
  unexpected: bug,

  // What was asked, and of what.
  'ask/no-folder': {
    action: 'open-folder',
    text: () => l10n.t('No folder is open, so there is nothing to ask.'),
  },
  'ask/folder-gone': {
    action: 'open-folder',
    text: () => l10n.t('The folder is not there any more. Open another one.'),
  },
  'ask/nothing-to-read': {
    action: 'show-memory',
    text: () => l10n.t('Nothing of this folder is remembered. The memory view says for each file why.'),
  },
  /** Nothing is in the memory because the engine failed at every file. */
  'ask/engine-failed': { action: 'open-log', text: texts.modelFailed },
  'ask/nothing-chosen': { action: 'all-files', text: texts.notChosen },
  'ask/unknown-path': { action: 'all-files', text: texts.notChosen },
  // The chat sends neither of these two.
  'ask/empty-question': { action: 'none', text: texts.emptyQuestion },
  'ask/bad-questions': { action: 'none', text: texts.emptyQuestion },
  'scope/unreadable': {
    action: 'all-files',
    text: () => l10n.t('The “+” and “-” terms cannot be read. Write them like +src -tests.'),
    blame: 'usage',
  },
  'scope/no-match': { action: 'all-files', blame: 'usage' },
  'pattern/unreadable': { ...terminalOnly, blame: 'usage' },
  'command/usage': { ...terminalOnly, blame: 'usage' },
  'command/environment': { ...terminalOnly, blame: 'usage' },
  'git/failed': {
    action: 'retry',
    text: () => l10n.t('Git could not list the files. The log has what it said.'),
  },

  // The engine's process.
  /** The native runtime does not load on this system. */
  'engine/unsupported': {
    action: 'update',
    text: () =>
      l10n.t('The model cannot run here: the extension is for another system, or there is none for this one.'),
  },
  /** A file of the model is missing or not what the manifest says. */
  'engine/model-file': {
    action: 'restore-model',
    text: () => l10n.t('A file of the model is missing or damaged. What is remembered is not lost.'),
    remedy: 'Run `npm run models` to restore the base model, or take models/adapter from the release.',
  },
  /** The runtime loads, but not the model. */
  'engine/load': { action: 'open-log', text: () => l10n.t('The model could not be loaded. The log says why.') },
  'engine/memory': {
    action: 'retry',
    text: () => l10n.t('There is not enough free memory to run the model. Close other programs and try again.'),
  },
  /** One request failed; the next may not. */
  'engine/internal': { action: 'open-log', text: texts.modelFailed },
  'engine/crashed': {
    action: 'retry',
    text: () => l10n.t('The model stopped in mid-answer and is started again.'),
  },
  'engine/gave-up': {
    action: 'open-log',
    text: () => l10n.t('The model stopped several times in a row. The log says why.'),
  },
  /** A file derived from the model cannot be kept: its user works without it. */
  'engine/not-kept': bug,

  // Who writes an answer, where it is not the engine.
  'answer-model/choice': {
    action: 'choose-model',
    text: () => l10n.t('The setting for the answer model cannot be read. Choose a model.'),
    remedy: 'Write built-in, the name of a local model, or a server such as http://localhost:11434#NAME.',
    blame: 'usage',
  },
  // Whoever throws one of these says it in the user's language, with what to do.
  /** Nothing listens at the server's address. */
  'answer-model/not-running': { action: 'retry' },
  'answer-model/no-model': { action: 'choose-model' },
  /** What listens there is something else. */
  'answer-model/not-chat': { action: 'choose-model' },
  'answer-model/key': { action: 'choose-model' },
  /** The prompt does not fit into the model's context. */
  'answer-model/context': { action: 'choose-model' },
  /** The answer had begun, or was waited for too long. */
  'answer-model/stopped': { action: 'retry' },
  /** The server, or the editor, says no in words of its own. */
  'answer-model/refused': { action: 'choose-model' },
  /** Text would have left the machine, and its owner has not agreed. */
  'answer-model/not-allowed': { action: 'choose-model' },

  // Models that are added on this machine.
  /** A file that is no model, is cut short, or is of a kind that does not run here. */
  'answer-model/unreadable': {
    action: 'open-log',
    text: () => l10n.t('This model cannot be used. The log says why; the one before stays in use.'),
    remedy: 'Nothing was changed; the model before stays in use.',
  },
  /** The parts of a model do not come, or are not those that were published. */
  'answer-model/download': {
    action: 'retry',
    text: () => l10n.t('The model could not be downloaded. What has come is kept; try again.'),
    remedy: 'Run the command again: what has come is kept. The model before stays in use.',
  },
  /** Another process adds the same model. */
  'answer-model/busy': {
    action: 'retry',
    text: () => l10n.t('Another window is adding this model already.'),
    remedy: 'Wait for it, or end it; nothing of it is lost.',
  },
  /** A model that is to be removed writes an answer. */
  'answer-model/in-use': {
    action: 'retry',
    text: () => l10n.t('This model is writing an answer. Stop the answer or wait for its end, then remove the model.'),
    blame: 'usage',
  },
  /** A model of the name that this one would have. */
  'answer-model/there': {
    action: 'choose-model',
    text: () => l10n.t('A model of this name is on this machine already. Choose it, or give the file another name.'),
    blame: 'usage',
  },
  'answer-model/unknown': {
    action: 'choose-model',
    text: () => l10n.t('This model is not on this machine. Choose another one.'),
    remedy: '`models list` says which there are.',
    blame: 'usage',
  },
  /** A file of a model that was added is missing or changed. */
  'answer-model/damaged': {
    action: 'choose-model',
    text: () =>
      l10n.t('A file of this model is missing or damaged. Remove the model in the list, or choose another one.'),
    remedy: 'Remove the model and add it again: `models remove NAME`, `models add …`.',
  },
  'answer-model/too-large': {
    action: 'choose-model',
    text: () => l10n.t('This model needs more memory than is free here. Choose a smaller one.'),
    remedy: 'Close other programs, or choose a smaller model; the model before stays in use.',
  },

  // The database of a repository.
  /** No space left on the disk, or the size limit given is reached. */
  'ledger/full': {
    action: 'free-space',
    text: texts.full,
    remedy: 'Free some space on this disk, then try again; nothing that was stored is lost.',
  },
  /** The folder or the file may not be written. */
  'ledger/read-only': {
    action: 'show-folder',
    text: () => l10n.t('The memory cannot be stored: its folder may not be written. Allow that, then try again.'),
    remedy: 'Allow writing there, or choose another folder for the memory.',
  },
  /** The place is not a folder that can be made or opened. */
  'ledger/unreachable': {
    action: 'open-log',
    text: () => l10n.t('The folder of the memory cannot be made or opened. The log says which.'),
    remedy: 'Choose another folder for the memory.',
  },
  /** Another process held the database for longer than we wait. */
  'ledger/busy': {
    action: 'retry',
    text: () => l10n.t('Another window has been writing this memory for too long.'),
    remedy: 'Wait for the other window to finish, then try again.',
  },
  /** Its file was deleted or replaced while it was open: what is written now would be on no disk. */
  'ledger/gone': {
    action: 'retry',
    text: () => l10n.t('The folder of the memory was deleted or replaced. A new memory is begun there.'),
    remedy: 'Try again: a new memory is begun there.',
  },
  /** The file is a symbolic link, so what is written and forgotten would be somewhere else. */
  'ledger/link': {
    action: 'open-log',
    text: () => l10n.t('A link stands where the memory is to be stored. The log says where; delete the link.'),
    remedy: 'Delete the link, or choose another folder for the memory.',
  },
  /** The database is not readable as it should be; opening it again sets it aside and begins a new one. */
  'ledger/damaged': {
    action: 'retry',
    text: texts.damaged,
    remedy: 'Start again: the damaged database is set aside and what can be read of it is kept.',
  },
  /** A stored record is not what was stored; repair() drops it and the files made of it. */
  'ledger/corrupt': {
    action: 'retry',
    text: texts.damaged,
    remedy: 'Repair the memory: only the files concerned are read again.',
  },
  /** A segment names a record that was neither handed over nor stored. */
  'ledger/missing': { action: 'retry', text: texts.damaged, remedy: 'Read the file again.' },
  'ledger/newer': {
    action: 'update',
    text: () => l10n.t('A later version of Ask Codebase made this memory.'),
    remedy: 'Update this program, or choose another folder for the memory.',
  },
  /** It belongs to another repository or adapter, or is no ledger at all. */
  'ledger/foreign': {
    action: 'open-log',
    text: () => l10n.t('The database of the memory belongs to something else. The log says which.'),
    remedy: 'Choose another folder for the memory.',
  },
  /** Anything else the disk or SQLite reported. */
  'ledger/failed': {
    action: 'retry',
    text: () => l10n.t('The disk or the database reported an error. The log says which.'),
    remedy: 'Try again; if it happens again, choose another folder for the memory.',
  },
  'disk/full': { action: 'free-space', text: texts.full },

  // A ledger as one file; the terminal alone handles them.
  'snapshot/unreadable': { ...terminalOnly, remedy: 'Give the path of a snapshot, which ends in .imem.' },
  'snapshot/unwritable': { ...terminalOnly, remedy: 'Give another path for the snapshot.' },
  'snapshot/no-snapshot': { ...terminalOnly, remedy: 'Give a file that `export` wrote.' },
  'snapshot/newer': { ...terminalOnly, remedy: 'Update this program.' },
  'snapshot/damaged': {
    ...terminalOnly,
    remedy: 'Copy it again, or ask for a new export; nothing of it was used.',
  },
  /** It holds what no export writes: paths that lead elsewhere, tables of its own, sizes beyond every limit. */
  'snapshot/unsafe': {
    ...terminalOnly,
    remedy: 'Do not use this file, and ask where it comes from; nothing of it was used.',
  },
  /** Made with another model or adapter, or of another repository. */
  'snapshot/foreign': { ...terminalOnly, remedy: 'Nothing of it was used.' },

  // What the memory finds wrong in its own numbers. The ledger turns damage into `ledger/damaged` or `ledger/corrupt`.
  /** A column does not hold what we write there. */
  'memory/column': bug,
  /** A stored record does not decode: SQLite is content, but the bytes are not those that were stored. */
  'memory/value': bug,
  /** Numbers that make no embedding record, or bytes that are none. */
  'memory/record': bug,
  'memory/shape': bug,

  // What the editor's service says by itself.
  'service/closing': { action: 'none', text: () => l10n.t('Ask Codebase is closing.') },
  'service/stopped': { action: 'retry', text: () => l10n.t('The memory stopped and is started again.') },
  'service/paused': {
    action: 'resume',
    text: () => l10n.t('Indexing is paused, and no file is indexed yet.'),
  },
  'service/not-read-yet': {
    action: 'retry',
    text: () => l10n.t('No file has been read yet. Ask again in a moment.'),
  },
  'service/no-git': {
    action: 'all-files',
    text: () => l10n.t('In Restricted Mode git is not asked, so nobody knows which files have changed.'),
  },
  'service/not-open': {
    action: 'open-folder',
    text: () => l10n.t('That folder is not open in this window.'),
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>;
