import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../common/app-error.ts';
import { counted } from '../common/number-format.ts';
import { FolderIndex } from '../index/folder-index.ts';
import type { RefreshOptions } from '../index/folder-options.ts';
import { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import type { IndexedFolder, RecallOptions } from '../retrieve/multi-folder-search.ts';
import { listEarly } from '../answer/early-lists.ts';
import type { EarlyList } from '../answer/early-lists.ts';
import { commitNamed, openCommit } from '../index/commit-index.ts';
import type { AtCommit } from '../index/commit-index.ts';
import { openSnapshotMemory, snapshotName } from '../index/snapshot-io.ts';
import { Engine } from '../engine/client/engine.ts';
import type { IngestReport } from '../index/ingest.ts';
import type { DeviceChoice } from '../engine/settings.ts';
import { parseScope } from '../memory/search/scope.ts';
import { nameOf, named } from '../library/members.ts';
import { stopping } from './interrupt.ts';
import { err, out } from './output.ts';
import { IngestBar } from './progress.ts';
import { scopeSoFar } from './scope.ts';

/** What every command takes. */
export interface CommonOptions {
  /** The current folder where none is given. */
  readonly repo?: readonly string[];
  readonly device: DeviceChoice;
  readonly threads?: number;
  readonly include?: readonly string[];
  /** Patterns of files that are excluded. */
  readonly exclude?: readonly string[];
  /** Patterns of files whose secrets are read in clear. */
  readonly allowSecrets?: readonly string[];
  readonly json?: boolean;
}

/** What a command that asks takes besides. */
export interface QuestionOptions extends CommonOptions {
  /** Snapshots that are asked beside the folders. */
  readonly with?: readonly string[];
  readonly scope?: string;
  /** A branch, a tag or a commit, whose files are asked in place of those on disk. */
  readonly at?: string;
  /** Who wrote the best lines last is told too. */
  readonly blame?: boolean;
  /** Everything is embedded before the question is asked. */
  readonly complete?: boolean;
  /** Seconds that are spent on vectors which the best candidates have not yet. */
  readonly embedFor?: number;
}

/** A folder index opened for one command, with an engine that goes when the command ends. */
export interface Session {
  readonly index: FolderIndex;
  readonly signal: AbortSignal;
}

/** A commit with the name of its folder, which is empty where there is one folder. */
export interface AskedCommit extends AtCommit {
  readonly name: string;
}

/** Several folder indexes opened for one question. */
export interface QuestionSession {
  readonly members: readonly IndexedFolder[];
  readonly search: MultiFolderSearch;
  /** What is asked in place of the files on disk; one for each folder, or none. */
  readonly commits: readonly AskedCommit[];
  readonly signal: AbortSignal;
}

/** Opens the folder index, runs `work`, and closes both whatever happens. */
export async function withFolderIndex<T>(
  options: CommonOptions & { readonly rebuild?: boolean },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const [root = process.cwd(), ...others] = options.repo ?? [];
  if (others.length > 0) {
    throw new AppError('command/usage', 'This command takes one --repo. Several can be given to `ask` and `recall`.');
  }
  return withEngine(options, async (engine, signal) => {
    const index = await open(root, engine, options, options.rebuild);
    try {
      return await work({ index, signal });
    } finally {
      index.close();
    }
  });
}

/**
 * Opens every folder and snapshot that is asked and indexes the words of what changed; with several, each has its name
 * before its paths.
 *
 * @param question the model is loaded with it while words are read; left out where nothing is asked of it
 * @param onEarly  is given the files by the words that are read so far, where a terminal asks files as they are on disk
 */
export async function withMembers<T>(
  options: QuestionOptions,
  question: string | undefined,
  work: (session: QuestionSession) => Promise<T>,
  onEarly?: (list: EarlyList) => void,
): Promise<T> {
  // A slip in the scope is told before anything is read.
  if (options.scope !== undefined) parseScope(options.scope);
  if (options.at !== undefined && options.with !== undefined) {
    throw new AppError('command/usage', 'A snapshot has no commits: give --at or --with, not both.');
  }
  return withEngine(options, async (engine, signal) => {
    // What goes wrong is told when the question is asked.
    if (question !== undefined) engine.question(question, { signal }).catch(() => undefined);
    const opened: Opened[] = [];
    try {
      for (const root of options.repo ?? [process.cwd()]) {
        const index = await open(root, engine, options);
        opened.push({ index, name: nameOf(index.root) });
        if (options.at !== undefined) await commitNamed(index.root, options.at, signal);
      }
      const folders = [...opened];
      for (const file of options.with ?? []) {
        opened.push({ index: await openSnapshotMemory(file, engine, signal), name: snapshotName(file) });
      }
      for (const [at, { index }] of folders.entries()) {
        const early = {
          members: () => named(opened),
          scope: () => Promise.resolve(scopeSoFar(options.scope, named(opened)).scope),
          percent: (ofThis: number) => (100 * at + ofThis) / folders.length,
        };
        const isShown = question !== undefined && onEarly && isShownEarly(options);
        const shown = isShown ? { ...early, question, onEarly } : undefined;
        const { read, encoded, reused } = await bringUp({ index, signal }, options, shown);
        if (options.json === true || read === 0) continue;
        err.rows(
          options.complete === true
            ? `Read ${counted(read, 'file')}: ${counted(encoded, 'segment')} encoded, ${reused} known already.`
            : `Indexed ${counted(read, 'file')}.`,
        );
      }
      const commits = options.at === undefined ? [] : await commitsOf(folders, options.at, options, signal);
      opened.push(...commits);
      const members = named(commits.length > 0 ? commits : opened);
      const search = new MultiFolderSearch(members);
      const asked = members.flatMap(({ index, prefix }) =>
        commits.filter((each) => each.index === index).map(({ at }) => ({ ...at, name: prefix.slice(0, -1) })),
      );
      if (options.json !== true) {
        out.rows(...asked.map(({ name, message }) => (name === '' ? message : `${name}: ${message}`)));
      }
      return await work({ members, search, commits: asked, signal });
    } finally {
      for (const { index } of opened) index.close();
    }
  });
}

/** What `--json` says of the commits that were asked. */
export function commitFields(asked: readonly AskedCommit[]) {
  const commits = asked.map(({ name, ref, commit, files, indexed }) => ({
    ...(name !== '' && { name }),
    ref,
    commit,
    files,
    indexed,
  }));
  return commits.length === 0 ? {} : { commits };
}

interface Opened {
  readonly index: FolderIndex;
  readonly name: string;
}

async function commitsOf(folders: readonly Opened[], ref: string, { complete }: QuestionOptions, signal: AbortSignal) {
  const onFile = (done: number, of: number) => {
    err.status(`Indexing the files of ${ref}: ${done} of ${of}`);
  };
  const commits = [];
  try {
    for (const { index, name } of folders) {
      const opened = await openCommit(index, ref, { signal, onFile });
      commits.push({ ...opened, name });
      if (complete === true) await opened.index.embedSegments(opened.index.missing(), Infinity, signal);
    }
  } catch (error) {
    for (const { index } of commits) index.close();
    throw error;
  } finally {
    err.status();
  }
  return commits;
}

async function withEngine<T>(
  options: CommonOptions,
  work: (engine: Engine, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const settings = { device: options.device, ...(options.threads === undefined ? {} : { threads: options.threads }) };
  const engine = new Engine({ script: join(dirname(fileURLToPath(import.meta.url)), 'engine.js'), settings });
  try {
    return await work(engine, stopping);
  } finally {
    engine.close();
  }
}

async function open(
  root: string,
  engine: Engine,
  { include, exclude, allowSecrets }: CommonOptions,
  forceRebuild = false,
): Promise<FolderIndex> {
  const index = await FolderIndex.open({
    root,
    engine,
    include,
    exclude,
    secretExceptions: allowSecrets,
    forceRebuild,
  });
  if (index.notice !== undefined) err.rows(index.notice);
  return index;
}

/** Whether files as they are on disk are asked, on a terminal: a list can be shown there, and taken away. */
function isShownEarly({ at, json, complete }: QuestionOptions): boolean {
  return out.isTerminal && at === undefined && json !== true && complete !== true;
}

interface Early {
  readonly question: string;
  readonly onEarly: (list: EarlyList) => void;
  readonly members: () => readonly IndexedFolder[];
  readonly scope: () => Promise<RecallOptions['scope']>;
  /** How far all folders are, 0..100, when this one is so far. */
  readonly percent: (ofThis: number) => number;
}

/** Words alone, or vectors too where they are wanted before anything is asked. */
async function bringUp(
  session: Session,
  options: QuestionOptions,
  early: Early | undefined,
): Promise<Pick<IngestReport, 'read' | 'encoded' | 'reused'>> {
  if (options.complete === true) return refresh(session, options);
  const { index, signal } = session;
  const { report } = await withBar(async (bar) => {
    const reading = index.indexWords(refreshOptions(session, options, bar));
    try {
      if (early) {
        const { question, members, scope } = early;
        const asked = { members, scope, percent: () => early.percent(bar.percent), signal };
        await listEarly(question, reading, asked, (list) => {
          // The list says how far it is.
          bar.hide();
          early.onEarly(list);
        });
      }
    } finally {
      // What a stopped pass has read is saved before the index is closed; what it ends with is told below.
      await reading.catch(() => undefined);
    }
    return reading;
  });
  return { ...report, encoded: 0 };
}

/** Refreshes words and vectors with a progress bar on the error stream. */
export async function refresh(
  session: Session,
  options: CommonOptions & { readonly remember?: boolean },
): Promise<IngestReport> {
  return withBar((bar) => session.index.refresh(refreshOptions(session, options, bar)));
}

async function withBar<T>(work: (bar: IngestBar) => Promise<T>): Promise<T> {
  const bar = new IngestBar();
  try {
    return await work(bar);
  } finally {
    bar.stop();
  }
}

function refreshOptions(
  { signal }: Session,
  { remember }: CommonOptions & { readonly remember?: boolean },
  bar: IngestBar,
): RefreshOptions {
  return {
    signal,
    remember,
    onProgress: (progress) => {
      bar.show(progress);
    },
    onWait: () => {
      bar.wait();
    },
  };
}
