import type { Action } from '../common/error-codes.ts';
import type { AskedScope, MemoryState } from '../service/protocol.ts';
import { newExchange } from './exchange.ts';
import type { NewQuestion } from './exchange.ts';
import { Conversations } from './conversations.ts';
import { answerMarkdown } from './markdown.ts';
import type { ChatDependencies } from './dependencies.ts';
import { pageMessage } from './protocol.ts';
import type { PageMessage, ScopeChoice, EditorContext } from './protocol.ts';
import { quotes } from './quoting.ts';
import { AnswerQueue } from './answer-queue.ts';
import { fill } from './strings.ts';
import { suggestedQuestions } from './suggestion.ts';
import { tellingPlaces } from '../workspace/walk/suggested-places.ts';
import { unfinished } from './transcript.ts';
import type { Conversation, Exchange } from './transcript.ts';

/** Milliseconds in which news of the surroundings are gathered: the reading tells of itself many times a second. */
const GATHER = 100;
const WHOLE: ScopeChoice = { kind: 'workspace', terms: '' };
/** What mends an exchange by asking it again. */
const AGAIN: ReadonlySet<Action> = new Set(['retry', 'refresh', 'all-files']);

type PageQuestion = Extract<PageMessage, { kind: 'ask' }>;

/**
 * The chat without its page: owns the conversations, has questions answered, and tells the page what changed. It goes
 * on while no page is there.
 */
export class ChatController {
  readonly #parts: ChatDependencies;
  readonly #library = new Conversations();
  readonly #runner: AnswerQueue;
  readonly #loaded: Promise<void>;
  #model: 'cold' | 'called' = 'cold';
  #memories: EditorContext['memories'] = [];
  #suggestions: readonly string[] = [];
  #news: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: ChatDependencies) {
    this.#parts = parts;
    const { service, strings, log, onProvenance } = parts;
    this.#runner = new AnswerQueue({
      service,
      library: this.#library,
      strings,
      log,
      onRanked: onProvenance,
      onExchange: (conversation, exchange) => {
        this.#tell(conversation, exchange);
      },
      onEvent: (conversation, { id, text }, event, seconds) => {
        if (this.#library.current.id === conversation)
          parts.post({ kind: 'event', exchange: id, event, seconds, at: text.length });
        if (event.kind === 'answered' || event.kind === 'unknown') this.#save();
      },
      onIdle: () => {
        this.#tellStanding();
      },
    });
    this.#loaded = this.#load();
  }

  /** Settled when the conversations of the last session are there. */
  get loaded(): Promise<void> {
    return this.#loaded;
  }

  get conversations(): Conversation[] {
    return this.#library.all();
  }

  get current(): Conversation {
    return this.#library.current;
  }

  /** A message of the page. What is none is dropped: a page shows text that nobody vouches for. */
  async receive(value: unknown): Promise<void> {
    const message = pageMessage(value);
    if (!message) {
      this.#parts.log('The chat’s page sent something that is no message; it was dropped.');
      return;
    }
    await this.#loaded;
    await this.#handle(message);
  }

  /** Puts a question in the conversation that is shown; settled when it is asked, not when it is answered. */
  async ask(question: NewQuestion): Promise<void> {
    await this.#loaded;
    this.#ask(question);
  }

  newConversation(): void {
    this.#library.begin();
    this.#showCurrent();
  }

  switchTo(id: string): void {
    this.#library.show(id);
    this.#showCurrent();
  }

  delete(id: string): void {
    this.#runner.forget(({ conversation }) => conversation === id);
    this.#library.delete(id);
    this.#showCurrent();
  }

  clear(): void {
    this.#runner.forget(() => true);
    this.#library.clear();
    this.#showCurrent();
  }

  /** How many conversations quote or name one of these files, those that could not be read included. */
  async quoting(paths: ReadonlySet<string>): Promise<number> {
    await this.#loaded;
    const asides = await this.#parts.store.asidesNaming(paths);
    return this.#quoting(paths).length + asides.length;
  }

  /** Deletes them; settled when they are off the disk. */
  async deleteQuoting(paths: ReadonlySet<string>): Promise<void> {
    await this.#loaded;
    for (const { id } of this.#quoting(paths)) this.delete(id);
    const { store } = this.#parts;
    await store.removeAsides(await store.asidesNaming(paths));
    await store.flush();
  }

  #quoting(paths: ReadonlySet<string>): Conversation[] {
    return this.#library.all().filter((conversation) => quotes(conversation, paths));
  }

  stop(): void {
    this.#runner.stop();
  }

  /** Where the memory of each folder stands. */
  memories(memories: readonly { readonly name: string; readonly state: MemoryState }[]): void {
    this.#memories = memories;
    const places = tellingIn(memories);
    if (places.length > 0) this.#suggestions = suggestedQuestions(places, this.#parts.strings);
    this.surroundingsChanged();
  }

  /** Editors, folders, memories or conversations are others now. */
  surroundingsChanged(): void {
    this.#news ??= setTimeout(() => {
      this.#news = undefined;
      this.#parts.post({ kind: 'surroundings', surroundings: this.#surroundings() });
    }, GATHER);
  }

  /** The folders of the workspace are others now. */
  async foldersChanged(): Promise<void> {
    await this.#suggest();
  }

  /** Ends what runs; settled when everything is on disk. */
  async close(): Promise<void> {
    this.#runner.stop();
    clearTimeout(this.#news);
    await this.#loaded;
    this.#save();
    await this.#parts.store.flush();
  }

  async #load(): Promise<void> {
    const { store, strings, say, log } = this.#parts;
    try {
      const loaded = await store.load();
      this.#library.fill(loaded);
      if (loaded.setAside !== undefined) say(fill(strings.setAside, loaded.setAside));
    } catch (error) {
      log(`The saved conversations could not be read: ${String(error)}`);
    }
    this.#tellStanding();
    void this.#suggest();
  }

  async #handle(message: PageMessage): Promise<void> {
    const { workspace, strings, say, post } = this.#parts;
    const { current } = this.#library;
    switch (message.kind) {
      case 'ready':
        post({ kind: 'all', strings, conversation: current, surroundings: this.#surroundings() });
        break;
      case 'typing':
        this.#warm();
        break;
      case 'ask':
        this.#askFromPage(message);
        break;
      case 'stop':
        this.stop();
        break;
      case 'open': {
        const { path, start, end } = message;
        if ((await workspace.show(path, start, end)) === 'missing') say(fill(strings.notFound, path));
        break;
      }
      case 'copy':
        this.#parts.copy(message.text);
        break;
      case 'copyAnswer': {
        const exchange = this.#library.exchange(current.id, message.exchange);
        if (exchange) this.#parts.copy(answerMarkdown(exchange, strings));
        break;
      }
      case 'insert':
        if ((await workspace.insert(message.text)) === 'no-editor') say(strings.nothingOpen);
        break;
      case 'act':
        await this.#act(message.action, message.exchange);
        break;
      case 'openFolder':
        this.#parts.openFolder();
        break;
      case 'switch':
        this.switchTo(message.conversation);
        break;
      case 'delete':
        this.delete(message.conversation);
        break;
      case 'history':
        this.#parts.history();
        break;
    }
  }

  /** Mends a failure: an exchange's by asking again, where that helps. */
  async #act(action: Action, id: string | undefined): Promise<void> {
    const exchange = id === undefined ? undefined : this.#library.exchange(this.#library.current.id, id);
    if (!exchange || !AGAIN.has(action)) {
      await this.#parts.act(action);
      return;
    }
    if (action === 'refresh') await this.#parts.act(action);
    const { question } = exchange;
    this.#askFromPage({ question, replaces: exchange.id, ...(action === 'all-files' ? { scope: WHOLE } : {}) });
  }

  #askFromPage({ question, scope: choice, selection, replaces }: Omit<PageQuestion, 'kind'>): void {
    if (question.trim() === '') return;
    const { id } = this.#library.current;
    const old = replaces === undefined ? undefined : this.#library.exchange(id, replaces);
    if (old) {
      const cut = new Set(this.#library.cut(id, old.id).map((exchange) => exchange.id));
      this.#runner.forget(({ exchange }) => cut.has(exchange));
      this.#parts.post({ kind: 'conversation', conversation: this.#library.current });
    }
    if (choice || !old) this.#ask({ question, scope: this.#scopeOf(choice ?? WHOLE), selection });
    else this.#ask({ question, scope: old.scope, selection: old.selection });
  }

  #ask(put: NewQuestion): void {
    const question = put.question.trim();
    if (question === '') return;
    const exchange = newExchange(crypto.randomUUID(), { ...put, question }, this.#parts.strings);
    const conversation = this.#library.current.id;
    this.#library.append(conversation, exchange);
    this.#tell(conversation, exchange);
    this.#runner.put({ conversation, exchange: exchange.id });
    this.#save();
    this.#tellStanding();
  }

  #tell(conversation: string, exchange: Exchange): void {
    if (this.#library.current.id === conversation) this.#parts.post({ kind: 'exchange', conversation, exchange });
    if (!unfinished(exchange)) this.#save();
  }

  #scopeOf({ kind, terms }: ScopeChoice): AskedScope {
    const { workspace } = this.#parts;
    const path = kind === 'folder' ? workspace.currentFolder() : undefined;
    if (path !== undefined) return { base: { kind: 'folder', path }, terms };
    if (kind === 'editors') return { base: { kind: 'files', paths: workspace.openEditors() }, terms };
    return { base: { kind: kind === 'changed' ? 'changed' : 'workspace' }, terms };
  }

  /** Loads the model while somebody writes; once is enough, and the question itself says what is wrong. */
  #warm(): void {
    if (this.#model === 'called') return;
    this.#model = 'called';
    this.#parts.service.warm().catch((error: unknown) => {
      this.#parts.log(`The model could not be loaded early: ${String(error)}`);
      this.#model = 'cold';
    });
  }

  #showCurrent(): void {
    const { current } = this.#library;
    this.#parts.post({ kind: 'conversation', conversation: current });
    this.#parts.onProvenance(current.exchanges.at(-1)?.ranked ?? []);
    this.#save();
    this.#tellStanding();
  }

  #save(): void {
    this.#parts.store.save(this.#library.kept());
  }

  #tellStanding(): void {
    const { title, exchanges } = this.#library.current;
    const { answering } = this.#runner;
    this.#parts.onStanding({ title: exchanges.length > 0 ? title : undefined, answering });
    this.surroundingsChanged();
  }

  /** Before the memory is there, a few files of the workspace are looked at. */
  async #suggest(): Promise<void> {
    const paths = await this.#parts.workspace.paths().catch(() => []);
    const known = tellingIn(this.#memories);
    this.#suggestions = suggestedQuestions(known.length > 0 ? known : tellingPlaces(paths), this.#parts.strings);
    this.surroundingsChanged();
  }

  #surroundings(): EditorContext {
    const { workspace } = this.#parts;
    const { current } = this.#library;
    return {
      workspace: workspace.opened() ? 'open' : 'none',
      trust: workspace.isTrusted() ? 'trusted' : 'restricted',
      folder: workspace.currentFolder(),
      selection: workspace.selection(),
      editors: workspace.openEditors().length,
      suggestions: this.#suggestions,
      memories: this.#memories,
      recent: this.#library
        .all()
        .filter(({ id }) => id !== current.id)
        .map(({ id, title, updated }) => ({ id, title, updated })),
    };
  }
}

/** What the memories know to tell most, as paths are shown; of several folders the best of each in turn. */
function tellingIn(memories: EditorContext['memories']): string[] {
  const places = memories.map(({ name, state }) =>
    (state.kind === 'ready' ? state.telling : []).map((place) => (memories.length > 1 ? `${name}/${place}` : place)),
  );
  const longest = Math.max(0, ...places.map((own) => own.length));
  return Array.from({ length: longest }, (_, at) => places.flatMap((own) => own.slice(at, at + 1))).flat();
}
