import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine, Priority } from '../engine/client/engine.ts';
import { terms } from '../memory/search/tokenize.ts';
import type { Ledger } from '../memory/store/ledger.ts';
import type { Change, FileMeta, FileRecord } from '../memory/records.ts';
import { readText } from '../workspace/files/file.ts';
import type { FileText } from '../workspace/files/file.ts';
import { isSameReading, noneExempt, rulesFor } from '../workspace/files/secret.ts';
import type { IsExempt } from '../workspace/files/secret.ts';
import { splitLines } from '../workspace/segment/line.ts';
import { fileStat, isMissing } from '../workspace/walk/entry.ts';
import { cutFile } from './cut-file.ts';
import { noMeta, skippedState } from './plan.ts';
import type { Candidate } from './plan.ts';
import { isSuperseded } from './superseded.ts';
import type { Seen } from './superseded.ts';

/**
 * When what was read is written: a transaction a file would take longer than the reading, and what is not written is
 * read again after a kill.
 */
const BATCH = { files: 64, bytes: 1_000_000, milliseconds: 250 } as const;

export interface WordsOptions {
  readonly root: string;
  readonly ledger: Ledger;
  readonly engine: Engine;
  /** Files whose secrets are read in clear. */
  readonly isExempt?: IsExempt;
  readonly remember?: boolean | undefined;
  readonly priority?: Priority;
  readonly signal?: AbortSignal | undefined;
  readonly onChange?: (change: Change) => void;
}

/** A change that was read from disk and is to be written. */
type Write = () => Change | undefined;

/**
 * Writes of files what needs no model: state and reason, segments, words. A file can be asked about from then on. Files
 * are read one after the other and written several in one transaction; a process that is killed loses the files that
 * were not written yet, and the next pass reads them.
 */
export class WordsPass {
  readonly #options: WordsOptions;
  #waiting: Write[] = [];
  #bytes = 0;
  #since = 0;
  /** Files that looked touched and have the content that is recorded. */
  same = 0;
  removed = 0;
  skipped = 0;
  /** Segments whose record was stored already: another branch's, or an unchanged part of a changed file. */
  reused = 0;

  constructor(options: WordsOptions) {
    this.#options = options;
  }

  /** Reads a file; what it holds is written now or by a later call, by finish() at the latest. */
  async file({ path, included = false }: Candidate): Promise<void> {
    const { root, ledger, isExempt = noneExempt } = this.#options;
    const before = ledger.file(path);
    const supersededSince = (seen: Seen) => () => isSuperseded(this.#options, before, path, seen);
    const content = await readText(root, path, { included, isExempt });
    const rules = rulesFor(path, isExempt);
    if (content.kind === 'skipped') {
      const found = await lstat(join(root, path)).catch((error: unknown) => (isMissing(error) ? 'gone' : undefined));
      if (found === 'gone') {
        this.removed += 1;
        this.#later(0, () => ledger.drop([path], supersededSince('gone')));
        return;
      }
      this.skipped += 1;
      const stat = found && fileStat(found);
      const meta = { ...noMeta(found?.size), mtimeMs: found?.mtimeMs ?? 0, stat, secrets: { rules, masked: [] } };
      this.#later(0, () => ledger.skipFile(path, meta, skippedState(content.reason), supersededSince(meta)));
      return;
    }
    const { hash: blobHash, bytes, mtimeMs, stat } = content;
    const secrets = { rules, masked: content.masked };
    if (isRecorded(before, { blobHash, bytes, mtimeMs }) && isSameText(before, content, rules)) {
      this.same += 1;
      this.#later(0, () => {
        if (before.secrets?.rules !== rules) ledger.markChecked(path, secrets);
        ledger.noteStat(path, { blobHash, bytes, mtimeMs, lines: before.lines, stat });
        return undefined;
      });
      return;
    }
    const { priority = 'ingest', signal, engine } = this.#options;
    const asked = { priority, signal };
    const cut = await cutFile(engine, ledger.identity.adapter, path, content.text, asked);
    const segments = cut.map(({ text, ...segment }) => ({ ...segment, terms: terms(text) }));
    const meta = { blobHash, bytes, mtimeMs, lines: segments.at(-1)?.end ?? 0, stat, secrets };
    this.#later(bytes, () => {
      const known = ledger.hasRecord(segments.map(({ contentHash }) => contentHash));
      this.reused += segments.filter(({ contentHash }) => known.has(contentHash)).length;
      return ledger.putWords(path, meta, segments, supersededSince(meta));
    });
  }

  /** Writes what waits. */
  finish(): void {
    const writes = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    if (writes.length === 0) return;
    const changes = this.#options.ledger.together(() => writes.flatMap((write) => write() ?? []));
    // Told once all of it is on disk: a table in memory must not know more than the ledger.
    for (const change of changes) this.#options.onChange?.(change);
  }

  #later(bytes: number, write: Write): void {
    if (this.#waiting.length === 0) this.#since = performance.now();
    this.#waiting.push(write);
    this.#bytes += bytes;
    const isFull = this.#waiting.length >= BATCH.files || this.#bytes >= BATCH.bytes;
    if (isFull || performance.now() - this.#since >= BATCH.milliseconds) this.finish();
  }
}

/** Whether a file that looked touched is what is recorded: its inode or its change of rights was all that was new. */
function isRecorded(
  before: FileRecord | undefined,
  now: Pick<FileMeta, 'blobHash' | 'bytes' | 'mtimeMs'>,
): before is FileRecord {
  return (
    before?.state.kind === 'ingested' &&
    before.blobHash === now.blobHash &&
    before.bytes === now.bytes &&
    before.mtimeMs === now.mtimeMs
  );
}

/**
 * Whether a file of the same bytes has the same text as when it was recorded: nothing is masked in it now or was then.
 * Lines are compared too, because what counts as the text of a file may have changed with the program.
 */
function isSameText(
  { secrets, lines }: FileRecord,
  { masked, text }: Extract<FileText, { kind: 'text' }>,
  rules: string,
): boolean {
  if (secrets?.rules === rules) return true;
  if (!isSameReading(secrets?.rules, rules)) return false;
  return (secrets?.masked.length ?? 0) === 0 && masked.length === 0 && lines === splitLines(text).length;
}
