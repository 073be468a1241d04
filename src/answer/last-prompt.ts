import type { Message } from '../engine/generate/tokenizer.ts';
import type { MultiFolderSearch, Turn } from '../retrieve/multi-folder-search.ts';
import type { EvidenceNote } from './evidence-excerpt.ts';
import { standsIn } from './excerpt.ts';
import type { Excerpt } from './excerpt.ts';

/** What an answer is written from. */
interface Prompted {
  /** Who writes it, by name: another model has read nothing of this. */
  readonly model: string;
  readonly messages: readonly Message[];
  readonly excerpts: readonly Excerpt[];
  readonly notes: readonly EvidenceNote[];
}

/** What was said, and the tokens of prompt and answer. */
interface Ended extends Turn {
  readonly tokens: number;
}

/** A conversation as a model has read it, to the end of its last answer. */
export type Conversation = Pick<Prompted, 'messages' | 'excerpts' | 'notes'>;

/**
 * What the last answer was written from, so that the next question of its conversation goes on behind it: the model
 * then reads only what is new (`KeptPrompt`). Never written to disk; only the last one of a model is held, and what
 * began after it.
 */
export class LastPrompt {
  /** By model, the prompts that its process may keep: one that was asked for but never read leaves the one before. */
  readonly #shown = new Map<string, readonly Prompted[]>();
  #last: { readonly prompted: Prompted; readonly ended: Ended } | undefined;

  /** An answer begins, in a process that keeps what it reads. */
  begin(prompted: Prompted): void {
    this.#shown.set(prompted.model, [...(this.#shown.get(prompted.model) ?? []), prompted]);
    this.#last = undefined;
  }

  /** The answer from `prompted` has ended: of what was asked for before, its model keeps nothing any more. */
  end(prompted: Prompted, ended: Ended): void {
    const shown = this.#shown.get(prompted.model) ?? [];
    // It may have been dropped while it was written.
    if (!shown.includes(prompted)) return;
    this.#shown.set(prompted.model, shown.slice(shown.indexOf(prompted)));
    this.#last = { prompted, ended };
  }

  /** Forgets all: of what was read something may have been forgotten or excluded. */
  drop(): void {
    this.#shown.clear();
    this.#last = undefined;
  }

  /** Whether all lines that any model was shown stand as they were read, and may still be read. */
  async stands(search: MultiFolderSearch): Promise<boolean> {
    return allStand(search, [...this.#shown.values()].flat());
  }

  /**
   * The conversation that a question goes on from; undefined where its last exchange is another, where it has more than
   * `most` tokens, or where a line of it no longer stands as it was read or may not be read any more.
   */
  async goingOn(
    search: MultiFolderSearch,
    history: readonly Turn[],
    { model, most }: { readonly model: string; readonly most: number },
  ): Promise<Conversation | undefined> {
    const turn = history.at(-1);
    if (!this.#last || !turn) return undefined;
    const { prompted, ended } = this.#last;
    if (turn.question !== ended.question || turn.answer.trim() !== ended.answer.trim()) return undefined;
    if (prompted.model !== model || ended.tokens > most || !(await allStand(search, [prompted]))) return undefined;
    const { messages, excerpts, notes } = prompted;
    return { messages: [...messages, { role: 'assistant', content: ended.answer }], excerpts, notes };
  }
}

/** Whether all files that these were written from are indexed still, and have the excerpts' lines where they were. */
async function allStand(search: MultiFolderSearch, prompts: readonly Prompted[]): Promise<boolean> {
  const excerpts = Map.groupBy(
    prompts.flatMap((prompted) => prompted.excerpts),
    ({ path }) => path,
  );
  // A commit's message tells of the file whose lines it wrote.
  const noted = prompts.flatMap(({ notes }) => notes.flatMap(({ place }) => (place ? [place.path] : [])));
  for (const path of new Set([...excerpts.keys(), ...noted])) {
    const place = search.resolve(path);
    if (place?.index.ledger.file(place.path)?.state.kind !== 'ingested') return false;
  }
  for (const [path, own] of excerpts) {
    const lines = await search.lines(path);
    if (!lines || !own.every((excerpt) => standsIn(lines, excerpt, excerpt))) return false;
  }
  return true;
}
