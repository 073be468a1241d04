import { realpath, stat } from 'node:fs/promises';
import { readAdapter } from '../engine/adapter.ts';
import type { Adapter } from '../engine/adapter.ts';
import type { Engine } from '../engine/host.ts';
import { fillKeyTable, ingest } from '../engine/ingest.ts';
import type { IngestProgress, IngestReport } from '../engine/ingest.ts';
import { featureMap } from '../memory/feature-map.ts';
import { KeyTable } from '../memory/key-table.ts';
import { Ledger } from '../memory/ledger.ts';
import { questionTerms } from '../memory/lexicon.ts';
import { nearest, recall } from '../memory/recall.ts';
import type { Change } from '../memory/records.ts';
import type { MemoryShape } from '../memory/shape.ts';
import { AskError } from './ask-error.ts';
import { homeFolder, memoryFolder } from './home.ts';
import { recollect } from './recollection.ts';
import type { RecallBy, Recollection } from './recollection.ts';

export interface CodebaseOptions {
  readonly root: string;
  readonly engine: Engine;
  readonly home?: string;
}

/** Segments that the search for words hands over. */
const LEXICAL_LIMIT = 1_000;

/** One repository with its memory: kept up to date, asked for what it recalls. */
export class Codebase {
  readonly root: string;
  readonly engine: Engine;
  readonly adapter: Adapter;
  readonly ledger: Ledger;
  /** Said once: that a damaged database was set aside. */
  readonly notice: string | undefined;
  #keys: KeyTable;
  #generation: number;

  private constructor(root: string, engine: Engine, adapter: Adapter, ledger: Ledger, notice: string | undefined) {
    this.root = root;
    this.engine = engine;
    this.adapter = adapter;
    this.ledger = ledger;
    this.notice = notice;
    this.#keys = new KeyTable(ledger.identity.shape);
    this.#generation = -1;
  }

  /** Opens the memory of the folder `root`, or begins it. Throws AskError, LedgerError, ModelFileError. */
  static async open(options: CodebaseOptions): Promise<Codebase> {
    const root = await folder(options.root);
    const { baseFolder, adapterFolder } = options.engine.settings;
    const adapter = await readAdapter(adapterFolder, baseFolder);
    const place = memoryFolder(root, options.home ?? homeFolder());
    const opened = Ledger.open(place, { repository: root, adapter: adapter.id, shape: shapeOf(adapter) });
    const notice = opened.kind === 'recovered' ? opened.sentence : undefined;
    return new Codebase(root, options.engine, adapter, opened.ledger, notice);
  }

  /** Brings the memory up to the files on disk. */
  refresh(options: {
    readonly signal?: AbortSignal;
    readonly include?: readonly string[];
    readonly onProgress?: (progress: IngestProgress) => void;
  }): Promise<IngestReport> {
    return ingest({
      ...options,
      root: this.root,
      ledger: this.ledger,
      engine: this.engine,
      onChange: (change) => {
        this.#follow(change);
      },
    });
  }

  /** Which files and segments a question brings back. Runs the question through the lower half of the model once. */
  async recall(question: string, by: RecallBy = 'fused', signal?: AbortSignal): Promise<Recollection> {
    const asked = checkedQuestion(question);
    const table = this.#table();
    if (table.length === 0) {
      const sentence = `There is nothing to read in ${this.root}: no text file that is not skipped. \`stats\` says why for each.`;
      throw new AskError('nothing-to-read', sentence);
    }
    const key = await this.engine.question(asked, signal ? { signal } : {});
    const words = questionTerms(asked);
    const standing = words.filter((word) => this.ledger.lexicalSearch([word], 1).length > 0);
    const found = {
      shares: recall(table, [key], this.adapter.tau),
      segments: this.ledger.lexicalSearch(words, LEXICAL_LIMIT),
      files: this.ledger.fileSearch(words),
      nearness: { cosine: nearest(table, key), coverage: words.length > 0 ? standing.length / words.length : 0 },
    };
    return recollect(asked, by, found, (ids) => this.ledger.locate(ids));
  }

  /** Shares of a few segments among themselves, for each text: what a sentence of an answer rests on. */
  async sharesAmong(text: string, segmentIds: readonly number[], signal?: AbortSignal): Promise<Map<number, number>> {
    const key = await this.engine.question(text, signal ? { signal } : {});
    const found = recall(this.#table(), [key], this.adapter.tau, segmentIds);
    return new Map(Array.from(found.segmentIds, (id, at) => [id, found.shares[at] ?? 0]));
  }

  close(): void {
    this.ledger.close();
  }

  /** The keys in memory; read anew where another process has written meanwhile. */
  #table(): KeyTable {
    const generation = this.ledger.generation();
    if (generation !== this.#generation) {
      this.#keys = new KeyTable(this.ledger.identity.shape);
      fillKeyTable(this.ledger, this.#keys);
      this.#generation = generation;
    }
    return this.#keys;
  }

  #follow(change: Change): void {
    // Nothing was read yet, or another process wrote in between: the next question reads all keys.
    if (this.#generation < 0 || change.generation !== this.#generation + 1) return;
    for (const id of change.removed) this.#keys.remove(id);
    const added = new Set(change.added);
    for (const path of new Set([...this.ledger.locate(added).values()].map((place) => place.path))) {
      for (const { segmentId, write } of this.ledger.segmentsOf(path)) {
        if (added.has(segmentId)) this.#keys.append(segmentId, write.keys);
      }
    }
    this.#generation = change.generation;
  }
}

/** The question without the space around it. Throws AskError where nothing is left: before any work is done for it. */
export function checkedQuestion(question: string): string {
  const asked = question.trim();
  if (asked === '') {
    throw new AskError('empty-question', 'The question is empty. Ask in a sentence what you want to know.');
  }
  return asked;
}

/** What the adapter's writes look like. Its memory blocks are closed: a write is P keys, and z sums their features. */
export function shapeOf(adapter: Adapter): MemoryShape {
  const { tokens, keySize } = adapter;
  const map = featureMap({ kind: 'dpfp', order: 3 }, keySize);
  return { tokens, keySize, blocks: 0, valueSize: 0, featureMap: map };
}

async function folder(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new AskError('no-folder', `There is no folder ${path}. Give the path of a repository with --repo.`);
  if (!found.isDirectory()) {
    throw new AskError('no-folder', `${path} is a file, not a folder. Give the folder of the repository with --repo.`);
  }
  return realpath(path);
}
