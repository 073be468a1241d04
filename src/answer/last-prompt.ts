import type { Message } from '../engine/generate/tokenizer.ts';
import type { MultiFolderSearch, Turn } from '../retrieve/multi-folder-search.ts';
import type { EvidenceNote } from './evidence-excerpt.ts';
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
 * then reads only what is new (`KeptPrompt`). Held in memory alone, one at a time.
 */
export class LastPrompt {
  #last: Prompted | undefined;
  #ended: Ended | undefined;

  /** An answer begins. */
  begin(prompted: Prompted): void {
    this.#last = prompted;
    this.#ended = undefined;
  }

  /** The answer that began has ended. */
  end(ended: Ended): void {
    this.#ended = ended;
  }

  /** Forgets it: of what was read something may have been forgotten or excluded. */
  drop(): void {
    this.#last = undefined;
    this.#ended = undefined;
  }

  /** Whether all lines that were shown stand as they were read, and may still be read. */
  async stands(search: MultiFolderSearch): Promise<boolean> {
    for (const excerpt of this.#last?.excerpts ?? []) if (!(await stands(search, excerpt))) return false;
    return true;
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
    const [last, ended, turn] = [this.#last, this.#ended, history.at(-1)];
    if (!last || !ended || turn?.question !== ended.question || turn.answer.trim() !== ended.answer.trim()) {
      return undefined;
    }
    if (last.model !== model || ended.tokens > most || !(await this.stands(search))) return undefined;
    const { messages, excerpts, notes } = last;
    return { messages: [...messages, { role: 'assistant', content: ended.answer }], excerpts, notes };
  }
}

/** Whether a file is indexed still, and has these lines where they were. */
async function stands(search: MultiFolderSearch, { path, start, end, lines }: Excerpt): Promise<boolean> {
  const place = search.resolve(path);
  if (place?.index.ledger.file(place.path)?.state.kind !== 'ingested') return false;
  const now = (await search.lines(path))?.slice(start - 1, end);
  return now !== undefined && now.join('') === lines.join('');
}
