import * as vscode from 'vscode';
import type { MemoryFacts } from '../../service/protocol.ts';
import { digest } from './digest.ts';
import type { Digest } from './digest.ts';
import type { WorkspaceMemory } from '../workspace-memory.ts';

/**
 * Milliseconds between two looks at the facts, which name every file: 50,000 of them take the host some 50 ms to take
 * in. They are looked at often only while somebody watches them, and less so while a reading changes one after the
 * other.
 */
const PACE = { settle: 300, watched: 1_000, reading: 5_000, unwatched: 60_000 } as const;

/** What the memories hold, asked for seldom and kept for all who show it. */
export class MemoryTotals implements vscode.Disposable {
  readonly #memory: WorkspaceMemory;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  #facts: readonly MemoryFacts[] = [];
  #digest: Digest | undefined;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #looked = 0;
  #watchers = 0;

  readonly onDidChange = this.#changed.event;

  constructor(memory: WorkspaceMemory, log: vscode.LogOutputChannel) {
    this.#memory = memory;
    this.#log = log;
    const later = () => {
      this.#later();
    };
    this.#subscriptions = [memory.onDidChange(later), memory.onDidRefresh(later), memory.onDidChangeFolders(later)];
  }

  get facts(): readonly MemoryFacts[] {
    return this.#facts;
  }

  /** Undefined until the first look. */
  get digest(): Digest | undefined {
    return this.#digest;
  }

  /** Looks often until the answer is disposed of. */
  watch(): vscode.Disposable {
    this.#watchers += 1;
    this.#later();
    return new vscode.Disposable(() => {
      this.#watchers -= 1;
    });
  }

  /** Looks now, whatever was seen before. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#looked = Date.now();
    try {
      this.#facts = await this.#memory.facts();
      this.#digest = this.#facts.length > 0 ? digest(this.#facts) : undefined;
      this.#changed.fire();
    } catch (error) {
      // What is wrong with the memory is told by its state.
      this.#log.debug(`No facts: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    vscode.Disposable.from(this.#changed, ...this.#subscriptions).dispose();
  }

  #later(): void {
    const due = Math.max(Date.now() + PACE.settle, this.#looked + this.#pace());
    if (this.#timer !== undefined && this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      void this.look();
    }, due - Date.now());
  }

  #pace(): number {
    if (this.#watchers === 0) return PACE.unwatched;
    const { kind } = this.#memory.status;
    return ['reading', 'embedding', 'walking'].includes(kind) ? PACE.reading : PACE.watched;
  }
}
