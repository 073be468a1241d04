import type { Action } from '../common/error-codes.ts';
import type { QuestionScope, MemoryState } from '../service/protocol.ts';
import { newExchange, withEvent, withinLimits } from './exchange.ts';
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
import { suggestedPlaces } from '../workspace/walk/suggested-places.ts';
import { TRANSCRIPT, unfinished } from './transcript.ts';
import type { Conversation, Exchange } from './transcript.ts';

/** Milliseconds in which changes of the editor context are gathered: indexing reports many times a second. */
const GATHER = 100;
const WHOLE: ScopeChoice = { kind: 'workspace', terms: '' };
/** What repairs an exchange by asking it again. */
const AGAIN: ReadonlySet<Action> = new Set(['retry', 'refresh', 'all-files']);

type PageQuestion = Extract<PageMessage, { kind: 'ask' }>;

/**
 * The chat without its page: owns the conversations, has questions answered, and tells the page what changed. It goes
 * on while no page is there.
 */
export class ChatController {
  readonly #dependencies: ChatDependencies;
  readonly #conversations = new Conversations();
  readonly #queue: AnswerQueue;
  readonly #loaded: Promise<void>;
  #model: 'cold' | 'called' = 'cold';
  #memories: EditorContext['memories'] = [];
  #suggestions: readonly string[] = [];
  #news: ReturnType<typeof setTimeout> | undefined;

  constructor(dependencies: ChatDependencies) {
    this.#dependencies = dependencies;
    const { service, strings, log, onProvenance } = dependencies;
    this.#queue = new AnswerQueue({
      service,
      conversations: this.#conversations,
      strings,
      log,
      onRanked: onProvenance,
      onExchange: (conversation, exchange) => {
        this.#post(conversation, exchange);
      },
      onEvent: (conversation, { id, text }, event, seconds) => {
        if (this.#conversations.current.id === conversation)
          dependencies.post({ kind: 'event', exchange: id, event, seconds, at: text.length });
        if (event.kind === 'answered' || event.kind === 'unknown') this.#save();
      },
      onIdle: () => {
        this.#reportStatus();
      },
    });
    this.#loaded = this.#load();
  }

  /** Settled when the conversations of the last session are there. */
  get loaded(): Promise<void> {
    return this.#loaded;
  }

  get conversations(): Conversation[] {
    return this.#conversations.all();
  }

  get current(): Conversation {
    return this.#conversations.current;
  }

  /** A message of the page. What is none is dropped: a page shows text that nobody vouches for. */
  async receive(value: unknown): Promise<void> {
    const message = pageMessage(value);
    if (!message) {
      this.#dependencies.log('The chat’s page sent something that is no message; it was dropped.');
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
    this.#conversations.begin();
    this.#showCurrent();
  }

  switchTo(id: string): void {
    this.#conversations.show(id);
    this.#showCurrent();
  }

  delete(id: string): void {
    this.#queue.forget(({ conversation }) => conversation === id);
    this.#conversations.delete(id);
    this.#showCurrent();
  }

  clear(): void {
    this.#queue.forget(() => true);
    this.#conversations.clear();
    this.#showCurrent();
  }

  /** How many conversations quote or name one of these files, those that could not be read included. */
  async quoting(paths: ReadonlySet<string>): Promise<number> {
    await this.#loaded;
    const asides = await this.#dependencies.store.asidesNaming(paths);
    return this.#quoting(paths).length + asides.length;
  }

  /** Deletes them; settled when they are off the disk. */
  async deleteQuoting(paths: ReadonlySet<string>): Promise<void> {
    await this.#loaded;
    for (const { id } of this.#quoting(paths)) this.delete(id);
    const { store } = this.#dependencies;
    await store.removeAsides(await store.asidesNaming(paths));
    await store.flush();
  }

  #quoting(paths: ReadonlySet<string>): Conversation[] {
    return this.#conversations.all().filter((conversation) => quotes(conversation, paths));
  }

  stop(): void {
    this.#queue.stop();
  }

  /** Where the memory of each folder stands. */
  memories(memories: readonly { readonly name: string; readonly state: MemoryState }[]): void {
    this.#memories = memories;
    const places = suggestedIn(memories);
    if (places.length > 0) this.#suggestions = suggestedQuestions(places, this.#dependencies.strings);
    this.editorContextChanged();
  }

  /** Editors, folders, memories or conversations are others now. */
  editorContextChanged(): void {
    this.#news ??= setTimeout(() => {
      this.#news = undefined;
      this.#dependencies.post({ kind: 'editor-context', editorContext: this.#editorContext() });
    }, GATHER);
  }

  /** The folders of the workspace are others now. */
  async foldersChanged(): Promise<void> {
    await this.#suggest();
  }

  /** Ends what runs; settled when everything is on disk. */
  async close(): Promise<void> {
    this.#queue.stop();
    clearTimeout(this.#news);
    await this.#loaded;
    this.#save();
    await this.#dependencies.store.flush();
  }

  async #load(): Promise<void> {
    const { store, strings, notify, log } = this.#dependencies;
    try {
      const loaded = await store.load();
      this.#conversations.fill(loaded);
      if (loaded.setAside !== undefined) notify(fill(strings.setAside, loaded.setAside));
    } catch (error) {
      log(`The saved conversations could not be read: ${String(error)}`);
    }
    this.#reportStatus();
    void this.#suggest();
  }

  async #handle(message: PageMessage): Promise<void> {
    const { workspace, strings, notify, post } = this.#dependencies;
    const { current } = this.#conversations;
    switch (message.kind) {
      case 'ready':
        post({ kind: 'all', strings, conversation: current, editorContext: this.#editorContext() });
        break;
      case 'typing':
        this.#warm();
        break;
      case 'ask':
        this.#askFromPage(message);
        break;
      case 'evidence':
        await this.#turnEvidence(message.exchange, message.from);
        break;
      case 'stop':
        this.stop();
        break;
      case 'open': {
        const { path, start, end } = message;
        if ((await workspace.show(path, start, end)) === 'missing') notify(fill(strings.notFound, path));
        break;
      }
      case 'copy':
        this.#dependencies.copy(message.text);
        break;
      case 'copyAnswer': {
        const exchange = this.#conversations.exchange(current.id, message.exchange);
        if (exchange) this.#dependencies.copy(answerMarkdown(exchange, strings));
        break;
      }
      case 'insert':
        if ((await workspace.insert(message.text)) === 'no-editor') notify(strings.nothingOpen);
        break;
      case 'act':
        await this.#act(message.action, message.exchange);
        break;
      case 'openFolder':
        this.#dependencies.openFolder();
        break;
      case 'switch':
        this.switchTo(message.conversation);
        break;
      case 'delete':
        this.delete(message.conversation);
        break;
      case 'history':
        this.#dependencies.history();
        break;
    }
  }

  /** Repairs a failure: an exchange's by asking again, where that helps. */
  async #act(action: Action, id: string | undefined): Promise<void> {
    const exchange = id === undefined ? undefined : this.#conversations.exchange(this.#conversations.current.id, id);
    if (!exchange || !AGAIN.has(action)) {
      await this.#dependencies.act(action);
      return;
    }
    if (action === 'refresh') await this.#dependencies.act(action);
    const { question, evidenceKind } = exchange;
    this.#askFromPage({
      question,
      evidenceKind,
      replaces: exchange.id,
      ...(action === 'all-files' ? { scope: WHOLE } : {}),
    });
  }

  #askFromPage({ question, scope: choice, selection, evidenceKind, replaces }: Omit<PageQuestion, 'kind'>): void {
    if (question.trim() === '') return;
    const { id } = this.#conversations.current;
    const old = replaces === undefined ? undefined : this.#conversations.exchange(id, replaces);
    if (old) {
      const cut = new Set(this.#conversations.cut(id, old.id).map((exchange) => exchange.id));
      this.#queue.forget(({ exchange }) => cut.has(exchange));
      this.#dependencies.post({ kind: 'conversation', conversation: this.#conversations.current });
    }
    if (choice || !old) this.#ask({ question, scope: this.#scopeOf(choice ?? WHOLE), selection, evidenceKind });
    else this.#ask({ question, scope: old.scope, selection: old.selection, evidenceKind });
  }

  /** Shows another page of an exchange's evidence. */
  async #turnEvidence(id: string, from: number): Promise<void> {
    const { service, strings, log } = this.#dependencies;
    const conversation = this.#conversations.current.id;
    const asked = this.#conversations.exchange(conversation, id);
    if (!asked?.evidence) return;
    const { question, scope, evidence: shown } = asked;
    const page = { question, scope, evidenceKind: shown.kind, from, most: TRANSCRIPT.evidence };
    const evidence = await service.evidence(page).catch((error: unknown) => {
      log(`The evidence could not be read: ${String(error)}`);
      return undefined;
    });
    const exchange = this.#conversations.exchange(conversation, id);
    if (!exchange || !evidence) return;
    const event = withinLimits({ kind: 'evidence', evidence });
    const turned = withEvent(exchange, event, 0, strings);
    this.#conversations.replace(conversation, turned);
    this.#post(conversation, turned);
  }

  #ask(put: NewQuestion): void {
    const question = put.question.trim();
    if (question === '') return;
    const exchange = newExchange(crypto.randomUUID(), { ...put, question }, this.#dependencies.strings);
    const conversation = this.#conversations.current.id;
    this.#conversations.append(conversation, exchange);
    this.#post(conversation, exchange);
    this.#queue.put({ conversation, exchange: exchange.id });
    this.#save();
    this.#reportStatus();
  }

  #post(conversation: string, exchange: Exchange): void {
    if (this.#conversations.current.id === conversation)
      this.#dependencies.post({ kind: 'exchange', conversation, exchange });
    if (!unfinished(exchange)) this.#save();
  }

  #scopeOf({ kind, terms }: ScopeChoice): QuestionScope {
    const { workspace } = this.#dependencies;
    const path = kind === 'folder' ? workspace.currentFolder() : undefined;
    if (path !== undefined) return { base: { kind: 'folder', path }, terms };
    if (kind === 'editors') return { base: { kind: 'files', paths: workspace.openEditors() }, terms };
    return { base: { kind: kind === 'changed' ? 'changed' : 'workspace' }, terms };
  }

  /** Loads the model while somebody writes; once is enough, and the question itself says what is wrong. */
  #warm(): void {
    if (this.#model === 'called') return;
    this.#model = 'called';
    this.#dependencies.service.warm().catch((error: unknown) => {
      this.#dependencies.log(`The model could not be loaded early: ${String(error)}`);
      this.#model = 'cold';
    });
  }

  #showCurrent(): void {
    const { current } = this.#conversations;
    this.#dependencies.post({ kind: 'conversation', conversation: current });
    this.#dependencies.onProvenance(current.exchanges.at(-1)?.ranked ?? []);
    this.#save();
    this.#reportStatus();
  }

  #save(): void {
    this.#dependencies.store.save(this.#conversations.kept());
  }

  #reportStatus(): void {
    const { title, exchanges } = this.#conversations.current;
    const { isAnswering } = this.#queue;
    this.#dependencies.onStatus({ title: exchanges.length > 0 ? title : undefined, isAnswering });
    this.editorContextChanged();
  }

  /** Before the memory is there, a few files of the workspace are looked at. */
  async #suggest(): Promise<void> {
    const paths = await this.#dependencies.workspace.paths().catch(() => []);
    const known = suggestedIn(this.#memories);
    this.#suggestions = suggestedQuestions(
      known.length > 0 ? known : suggestedPlaces(paths),
      this.#dependencies.strings,
    );
    this.editorContextChanged();
  }

  #editorContext(): EditorContext {
    const { workspace } = this.#dependencies;
    const { current } = this.#conversations;
    return {
      workspace: workspace.opened() ? 'open' : 'none',
      trust: workspace.isTrusted() ? 'trusted' : 'restricted',
      folder: workspace.currentFolder(),
      selection: workspace.selection(),
      editors: workspace.openEditors().length,
      suggestions: this.#suggestions,
      memories: this.#memories,
      recent: this.#conversations
        .all()
        .filter(({ id }) => id !== current.id)
        .map(({ id, title, updated }) => ({ id, title, updated })),
    };
  }
}

/** What the memories know to tell most, as paths are shown; of several folders the best of each in turn. */
function suggestedIn(memories: EditorContext['memories']): string[] {
  const places = memories.map(({ name, state }) =>
    (state.kind === 'ready' ? state.suggestedPlaces : []).map((place) =>
      memories.length > 1 ? `${name}/${place}` : place,
    ),
  );
  const longest = Math.max(0, ...places.map((own) => own.length));
  return Array.from({ length: longest }, (_, at) => places.flatMap((own) => own.slice(at, at + 1))).flat();
}
