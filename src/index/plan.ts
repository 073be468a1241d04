import type { Ledger } from '../memory/store/ledger.ts';
import type { Change, FileRecord } from '../memory/records.ts';
import { isAtOrBelow } from '../workspace/walk/below.ts';
import { examine, skippedEntry } from '../workspace/walk/entry.ts';
import { noneExempt, rulesFor } from '../workspace/files/secret.ts';
import type { IsExempt } from '../workspace/files/secret.ts';
import { isOverruled, skipReasons } from '../workspace/files/skip.ts';
import type { SkipReason } from '../workspace/files/skip.ts';
import { roleOf } from '../workspace/files/role.ts';
import type { Role } from '../workspace/files/role.ts';
import { includes } from '../workspace/walk/rules.ts';
import type { Include } from '../workspace/walk/rules.ts';
import { ignoredPaths, walk } from '../workspace/walk/walk.ts';
import type { Entry } from '../workspace/walk/walk.ts';
import { isForgotten, isSuperseded, isSameStat } from './superseded.ts';

export type Candidate = Extract<Entry, { kind: 'candidate' }>;

/**
 * What one pass has to do. Skipped and gone files are recorded while it is made; `fresh` files are still to be read.
 */
export interface Plan {
  readonly fresh: readonly Candidate[];
  readonly unchanged: number;
  readonly removed: number;
  readonly skipped: number;
}

export interface PlanOptions {
  readonly root: string;
  readonly ledger: Ledger;
  readonly include?: readonly string[] | undefined;
  /** Patterns in gitignore's syntax: files that match are skipped as excluded. */
  readonly exclude?: readonly string[] | undefined;
  /** Files whose secrets are read in clear. */
  readonly isExempt?: IsExempt;
  /** Files that were forgotten on request are read again. */
  readonly remember?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onFiles?: (files: number) => void;
  readonly onChange?: (change: Change) => void;
}

/** Who asks while a folder is read for the first time asks about the program, so that comes first. */
export const ROLE_ORDER: readonly Role[] = ['source', 'documentation', 'example', 'configuration', 'test', 'changelog'];
/** Files whose change may let others in or out: only a walk tells which. */
const RULES = /(?:^|\/)\.(?:gitignore|codebaseignore|gitmodules)$/;
/** Reasons that say nothing about the file's content. */
const ASIDE: ReadonlySet<string> = new Set<SkipReason>(['excluded', 'forgotten']);
/** Those, and what an earlier version said and none says now. */
const isAside = (reason: string) => ASIDE.has(reason) || !(reason in skipReasons);
/** Reasons that a walk gave and that a look at the file alone cannot take back. */
const BY_WALK: ReadonlySet<string> = new Set<SkipReason>(['excluded', 'dependency', 'checkout']);

/** Walks the folder and compares names, sizes and times with the ledger; a file that looks the same is not opened. */
export async function planAll(options: PlanOptions): Promise<Plan> {
  const { root, ledger, signal, include } = options;
  const known = new Map(ledger.files().map((file) => [file.path, file]));
  const draft = new Draft(options);
  const seen = new Set<string>();
  for await (const entry of walk(root, { include, signal })) {
    seen.add(entry.path);
    draft.meet(entry, known.get(entry.path));
    if (seen.size % 100 === 0) options.onFiles?.(seen.size);
  }
  options.onFiles?.(seen.size);
  draft.forget(
    [...known.keys()].filter((path) => !seen.has(path)),
    known,
  );
  return draft.plan();
}

/**
 * Looks at the named paths alone, so that a save costs no walk; undefined where the rest of the folder decides (a file
 * that was never seen, an ignore file) and a walk is needed. A path that is gone takes with it what lay below.
 */
export async function planPaths(options: PlanOptions, paths: readonly string[]): Promise<Plan | undefined> {
  const { root, ledger } = options;
  if (paths.some((path) => RULES.test(path))) return undefined;
  const draft = new Draft(options);
  const include = includes(options.include ?? []);
  const gone: string[] = [];
  const unknown: string[] = [];
  for (const path of paths) {
    const before = ledger.file(path);
    const found = await examine(root, path, { included: include.matches(path) });
    if (found.kind === 'gone') gone.push(path);
    else if (found.kind === 'folder' || before === undefined) unknown.push(path);
    else if (before.state.kind !== 'skipped' || !BY_WALK.has(before.state.reason)) draft.meet(found, before);
  }
  // A log that grows in an ignored folder must not cost a walk with every line.
  if (unknown.length > 0 && (await ignoredPaths(root, unknown, options.signal)).size < unknown.length) return undefined;
  if (gone.length > 0) {
    const known = new Map(ledger.files().map((file) => [file.path, file]));
    draft.forget([...known.keys()].filter(isAtOrBelow(gone)), known);
  }
  return draft.plan();
}

/** A plan in the making; what needs no reading is recorded at once. */
class Draft {
  readonly #options: PlanOptions;
  readonly #exclude: Include;
  readonly #fresh: Candidate[] = [];
  #unchanged = 0;
  #removed = 0;
  #skipped = 0;

  constructor(options: PlanOptions) {
    this.#options = options;
    this.#exclude = includes(options.exclude ?? []);
  }

  meet(found: Entry, before: FileRecord | undefined): void {
    const { ledger, onChange, remember } = this.#options;
    const state = before?.state;
    if (isForgotten(before) && remember !== true) {
      this.#skipped += 1;
      return;
    }
    const excluded = found.kind === 'candidate' && this.#exclude.matches(found.path);
    const entry = excluded ? skippedEntry(found.path, 'excluded') : found;
    if (entry.kind === 'skipped') {
      this.#skipped += 1;
      const same = state?.kind === 'skipped' && state.reason === entry.reason;
      if (same) return;
      // Apart from the call: arguments of a function that is not there are not worked out.
      const superseded = (path: string) => isSuperseded(this.#options, before, path, 'skipped');
      const change = ledger.skipFile(entry.path, noMeta(entry.bytes), skippedState(entry.reason), superseded);
      onChange?.(change);
    } else if (!looksTheSame(before, entry) || !wasChecked(before, this.#options.isExempt ?? noneExempt)) {
      this.#fresh.push(entry);
    } else if (state?.kind === 'skipped') {
      this.#skipped += 1;
    } else {
      this.#unchanged += 1;
    }
  }

  /** @param known the records that said that these files are there, by path */
  forget(paths: readonly string[], known: ReadonlyMap<string, FileRecord>): void {
    if (paths.length === 0) return;
    this.#removed += paths.length;
    const superseded = (path: string) => isSuperseded(this.#options, known.get(path), path, 'gone');
    const change = this.#options.ledger.drop(paths, superseded);
    this.#options.onChange?.(change);
  }

  plan(): Plan {
    const order = new Map(this.#fresh.map(({ path }) => [path, ROLE_ORDER.indexOf(roleOf(path))]));
    const fresh = this.#fresh.toSorted(
      (a, b) => (order.get(a.path) ?? 0) - (order.get(b.path) ?? 0) || (a.path < b.path ? -1 : 1),
    );
    return { fresh, unchanged: this.#unchanged, removed: this.#removed, skipped: this.#skipped };
  }
}

function looksTheSame(before: FileRecord | undefined, entry: Candidate): boolean {
  return (
    before !== undefined &&
    before.state.kind !== 'failed' &&
    // What put them aside may have gone: the file itself was never looked at, or `include` names it since.
    !(before.state.kind === 'skipped' && (isAside(before.state.reason) || isOverruled(before.state.reason, entry))) &&
    before.bytes === entry.bytes &&
    before.mtimeMs === entry.mtimeMs &&
    isSameStat(before.stat, entry.stat)
  );
}

/** Whether a file was read, or left out by its content, under the rules of now. */
function wasChecked(before: FileRecord | undefined, isExempt: IsExempt): boolean {
  if (before === undefined) return false;
  const { path, state, secrets } = before;
  return state.kind === 'failed' || secrets?.rules === rulesFor(path, isExempt);
}

export const noMeta = (bytes: number | undefined) => ({ blobHash: '', bytes: bytes ?? 0, mtimeMs: 0, lines: 0 });

export const skippedState = (reason: SkipReason) =>
  ({ kind: 'skipped', reason, message: skipReasons[reason] }) as const;
