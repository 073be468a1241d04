import type { AnswerEvent } from '../answer/answer.ts';
import type { PlacedLines } from '../answer/excerpt.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { RankedFile } from '../retrieve/ranked-files.ts';
import type { Action } from '../common/error-codes.ts';
import type { EvidencePage, QuestionScope, Question } from '../service/protocol.ts';
import type { HostMessage } from './protocol.ts';
import type { TranscriptStore } from './store.ts';
import type { Strings } from './strings.ts';

/** What the chat needs of the service. `ServiceClient` is one. */
export interface ChatService {
  /** Settled after the last event. */
  readonly ask: (question: Question, onEvent: (event: AnswerEvent) => void, signal?: AbortSignal) => Promise<void>;
  readonly recall: (question: string, scope: QuestionScope, signal?: AbortSignal) => Promise<readonly RankedFile[]>;
  readonly evidence: (page: EvidencePage, signal?: AbortSignal) => Promise<Evidence | undefined>;
  /** Loads the model before somebody asks. */
  readonly warm: (signal?: AbortSignal) => Promise<unknown>;
}

/**
 * What the chat needs of the workspace. Paths are as they are shown: the folder's name first where there are several.
 */
export interface ChatWorkspace {
  readonly opened: () => boolean;
  /** Whether git may be asked which files have changed. */
  readonly isTrusted: () => boolean;
  /** Files of the workspace that are open in an editor. */
  readonly openEditors: () => readonly string[];
  /** The folder of the active editor's file. */
  readonly currentFolder: () => string | undefined;
  /** Lines that are selected in the active editor, where it shows a file of the workspace. */
  readonly selection: () => PlacedLines | undefined;
  /** Some thousand files at most, to make questions from. */
  readonly paths: () => Promise<readonly string[]>;
  /** Opens a file beside the chat, at 1-based inclusive lines. */
  readonly show: (path: string, start?: number, end?: number) => Promise<'shown' | 'missing'>;
  /** Puts text where the cursor of the active editor is. */
  readonly insert: (text: string) => Promise<'inserted' | 'no-editor'>;
}

/** What the controller is made of; `view.ts` puts VS Code behind it, the tests put themselves there. */
export interface ChatDependencies {
  readonly service: ChatService;
  readonly workspace: ChatWorkspace;
  readonly store: TranscriptStore;
  readonly strings: Strings;
  /** Lost where no page listens: a page asks for everything when it comes. */
  readonly post: (message: HostMessage) => void;
  readonly copy: (text: string) => void;
  readonly onProvenance: (files: readonly RankedFile[]) => void;
  /** What repairs a failure outside the chat; settled when it is done. */
  readonly act: (action: Action) => Promise<void>;
  /** A sentence for somebody who pressed something. */
  readonly notify: (message: string) => void;
  readonly openFolder: () => void;
  readonly history: () => void;
  readonly onStatus: (status: ChatStatus) => void;
  readonly log: (line: string) => void;
}

/** What is shown, for the view's title and the keys of its menus. */
export interface ChatStatus {
  /** Undefined for a conversation that has not begun. */
  readonly title: string | undefined;
  readonly isAnswering: boolean;
}
