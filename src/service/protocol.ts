import type { MessagePort } from 'node:worker_threads';
import type { ChosenModel } from '../answer-model/chosen-model.ts';
import type { FoundServer } from '../answer-model/found-servers.ts';
import type { AddPlan, AddProgress } from '../answer-model/add-model.ts';
import type { LocalModel } from '../answer-model/local-models.ts';
import type { CardFailure, ServerCard } from '../answer-model/server-card.ts';
import type { AnswerEvent } from '../answer/answer.ts';
import type { PlacedLines } from '../answer/excerpt.ts';
import type { Evidence, EvidenceChoice } from '../evidence/evidence.ts';
import type { LastChange } from '../evidence/last-change.ts';
import type { Action } from '../common/error-codes.ts';
import type { Call } from '../common/rpc/messages.ts';
import type { ToolText } from '../library/tool-text.ts';
import type { ToolName } from '../library/tool-inputs.ts';
import type { Turn } from '../retrieve/multi-folder-search.ts';
import type { RankedFile } from '../retrieve/ranked-files.ts';
import type { Message } from '../engine/generate/tokenizer.ts';
import type { Description, Generated, GenerateEvent } from '../engine/protocol.ts';
import type { Removal, StoredMemory } from '../index/stored-memories.ts';
import type { DeviceChoice } from '../engine/settings.ts';
import type { FileRecord, SecretCheck } from '../memory/records.ts';
import type { Language } from './locale.ts';

/**
 * One folder of the workspace. `name` tells folders apart for people and is the first part of a path where there are
 * several.
 */
export interface Folder {
  readonly root: string;
  readonly name: string;
}

/** What the service's thread is started with. */
export interface ServiceSettings {
  /** The engine's script, dist/engine.js. */
  readonly engineScript: string;
  /** Holds `base` and `adapter`. */
  readonly modelsFolder: string;
  /** Where memories live, keyed by repository. */
  readonly home: string;
  readonly device: DeviceChoice;
  /** Threads of the model on the CPU; 0 for the default. */
  readonly threads: number;
  /** Globs of files that are not to be read, beyond the ignore files. */
  readonly exclude: readonly string[];
  /** Patterns of files whose secrets are read in clear. */
  readonly secretExceptions?: readonly string[];
  /** Whether the workspace is trusted; where it is not, git is never started. */
  readonly isTrusted: boolean;
  /** What its sentences are made in; English where it is left out. */
  readonly language?: Language;
}

/** What the thread is handed when it starts. */
export interface ThreadData {
  readonly settings: ServiceSettings;
  /** On which it calls its host. */
  readonly host: MessagePort;
}

/** Which files a question is put to. */
export type ScopeBase =
  | { readonly kind: 'workspace' }
  /** Everything below a folder, by its path as it is shown. */
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'files'; readonly paths: readonly string[] }
  /** Files that differ from the last commit, untracked ones included. */
  | { readonly kind: 'changed' };

export interface QuestionScope {
  readonly base: ScopeBase;
  /** Plus and minus terms, `+src -tests`; empty for none. */
  readonly terms: string;
}

export interface Question {
  readonly question: string;
  /** Exchanges that came before, oldest first. */
  readonly history: readonly Turn[];
  readonly scope: QuestionScope;
  /** It is about the files of the scope, whatever its words: none of them is too far from it. So are changed files. */
  readonly isAboutScope?: boolean | undefined;
  /** Lines that the question is about: they are read whatever the memory says. */
  readonly selection?: PlacedLines | undefined;
  /** The kind of question, where the user chose it. */
  readonly evidenceKind?: EvidenceChoice | undefined;
  /** Who answers; the built-in model where it is left out. */
  readonly answerer?: Answerer | undefined;
}

/** The model that the user chose, with what opens it. */
export interface Answerer {
  readonly choice: ChosenModel;
  /** Of a server that asks for one. */
  readonly key?: string | undefined;
}

/** A page of the evidence for a question. */
export interface EvidencePage extends Pick<Question, 'question' | 'scope' | 'evidenceKind'> {
  /** Items that are left out before it, and items of it at most. */
  readonly from: number;
  readonly most: number;
}

/** Where the memory of one folder stands. */
export type MemoryState =
  | { readonly kind: 'opening'; readonly message: string }
  | { readonly kind: 'walking'; readonly message: string; readonly files: number }
  | {
      readonly kind: 'reading';
      readonly message: string;
      /** 0..100, by bytes. */
      readonly percent: number;
      readonly files: number;
      readonly ofFiles: number;
      readonly path: string;
    }
  /** Every file can be asked about by its words; their vectors are being made. */
  | {
      readonly kind: 'embedding';
      readonly message: string;
      /** 0..100, by tokens. */
      readonly percent: number;
      readonly files: number;
      /** Tokens per second of the model's own time. */
      readonly rate: number;
      /** Seconds that are left at that rate; undefined while nothing was measured. */
      readonly secondsLeft?: number | undefined;
      readonly path: string;
    }
  | {
      readonly kind: 'paused';
      readonly message: string;
      /** Of the files that are indexed; once they all are, of what had no vectors. */
      readonly percent: number;
      /** The words of every file are there: only vectors are missing. */
      readonly isIndexed: boolean;
    }
  | {
      readonly kind: 'ready';
      readonly message: string;
      readonly files: number;
      readonly segments: number;
      /** Places below the root that tell most of it, best first: what to ask about first. */
      readonly suggestedPlaces: readonly string[];
    }
  | { readonly kind: 'failed'; readonly message: string; readonly action: Action };

/** One row of the memory's tree. */
export interface RememberedFile extends Pick<FileRecord, 'path' | 'bytes' | 'lines' | 'state'> {
  /** Secrets in it that are masked: their lines, and what they are. */
  readonly masked?: SecretCheck['masked'];
  readonly segments: number;
  /** Segments of them that have no vectors yet. */
  readonly notEmbedded?: number;
  /** Part of the folder's segment embeddings that it holds, 0..1. */
  readonly share: number;
}

export interface MemoryFacts {
  readonly folder: Folder;
  readonly files: readonly RememberedFile[];
  readonly databaseBytes: number;
  readonly tokens: number;
}

/** What became of one batch of changed files. */
export interface Refreshed {
  readonly root: string;
  readonly paths: readonly string[];
  readonly encoded: number;
  readonly reused: number;
  readonly removed: number;
  /** From the moment the change was told to the moment the memory held it. */
  readonly milliseconds: number;
  /** The part of that in which the model ran. */
  readonly encodeMilliseconds: number;
}

/** Lines of a file below a root, 1-based and inclusive. */
export interface LinesInRoot {
  readonly root: string;
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** What a host asks of the thread. */
export interface ServiceCalls {
  /** The workspace's folders; their memories are opened and brought up to date, those of other folders closed. */
  readonly folders: Call<readonly Folder[], void>;
  /** Brings the memory up to the files; `paths` (relative to the root) where only some are known to have changed. */
  readonly refresh: Call<{ readonly root: string; readonly paths: readonly string[] | undefined }, void>;
  readonly pause: Call<undefined, void>;
  readonly resume: Call<undefined, void>;
  readonly ask: Call<Question, void, AnswerEvent>;
  readonly recall: Call<{ readonly question: string; readonly scope: QuestionScope }, readonly RankedFile[]>;
  /** One of the tools that agents call. What it refuses is a reply, in the words of its model. */
  readonly tool: Call<{ readonly name: ToolName; readonly input: unknown }, ToolOutcome>;
  /** Who wrote lines of a file last; undefined where git may not be asked or does not say. */
  readonly lastChange: Call<LinesInRoot, LastChange | undefined>;
  readonly evidence: Call<EvidencePage, Evidence | undefined>;
  /** The files come as events, some at a time: all of a large workspace at once would block the host. */
  readonly facts: Call<{ readonly root: string }, Omit<MemoryFacts, 'files'>, readonly RememberedFile[]>;
  readonly forget: Call<Paths, Forgotten>;
  /** Reads files again that were forgotten. */
  readonly remember: Call<Paths, void>;
  readonly overlay: Call<Overlay, void>;
  /** All memories of the home, and those to be removed by their names. */
  readonly memories: Call<undefined, readonly StoredMemory[]>;
  readonly removeMemories: Call<readonly string[], readonly Removal[]>;
  /** Loads the model before somebody asks. */
  readonly warm: Call<undefined, Description>;
  readonly settings: Call<ServiceSettings, void>;
  /** The models that `models add` put on this machine. */
  readonly localModels: Call<undefined, readonly LocalModel[]>;
  /** What adding a model of the catalog, or a file, would mean; nothing is touched. */
  readonly planModel: Call<string, AddPlan>;
  /** Downloads or converts it. A stop loses nothing. */
  readonly addModel: Call<string, void, AddProgress>;
  /** By its name. */
  readonly removeModel: Call<string, void>;
  /** The servers of this machine that listen now. */
  readonly servers: Call<undefined, readonly FoundServer[]>;
  /** What one server says of itself; nothing of a file is sent. */
  readonly serverCard: Call<ServerQuestion, ServerCard | CardFailure>;
}

export interface ServerQuestion {
  readonly baseUrl: string;
  readonly model?: string | undefined;
  readonly key?: string | undefined;
}

/** A model of the editor, as the editor knows it. */
export type EditorChoice = Extract<ChosenModel, { kind: 'editor' }>;

/** What the thread asks of its host: the models of the editor run there alone. */
export interface HostCalls {
  readonly describeModel: Call<EditorChoice, EditorModelFacts>;
  readonly generate: Call<EditorGeneration, Generated, GenerateEvent>;
}

interface EditorModelFacts {
  readonly name: string;
  /** Tokens of a prompt. */
  readonly contextTokens: number;
}

export interface EditorGeneration {
  readonly model: EditorChoice;
  readonly messages: readonly Message[];
  readonly maxTokens: number;
}

export type ToolOutcome =
  /** `text` is as long as the memory's model counts; with another tokenizer, `parts` are fitted again. */
  | { readonly kind: 'answered'; readonly text: string; readonly parts: ToolText; readonly tokens: number }
  | { readonly kind: 'refused'; readonly message: string };

interface Paths {
  readonly root: string;
  /** Relative to the root, with `/`. */
  readonly paths: readonly string[];
}

export interface Forgotten {
  readonly files: number;
  readonly certificate: string;
}

/** The text of an editor that is not saved; without a text the file on disk counts again. */
export interface Overlay {
  readonly root: string;
  readonly path: string;
  readonly text: string | undefined;
}

/** What the thread tells without having been asked. */
export type ServiceNotice =
  | { readonly kind: 'state'; readonly root: string; readonly state: MemoryState }
  | { readonly kind: 'refreshed'; readonly refreshed: Refreshed }
  /** The model was loaded: what it runs on. */
  | { readonly kind: 'engine'; readonly description: Description }
  /** Something that repaired itself and that its owner has to know of once. */
  | { readonly kind: 'notice'; readonly message: string }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly line: string };

export function isServiceNotice(notice: unknown): notice is ServiceNotice {
  return typeof notice === 'object' && notice !== null && 'kind' in notice;
}
