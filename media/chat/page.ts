import { hostMessage } from '../../src/chat/protocol.ts';
import type { HostMessage, PageMessage, EditorContext } from '../../src/chat/protocol.ts';
import { unfinished } from '../../src/chat/transcript.ts';
import type { Conversation, Exchange } from '../../src/chat/transcript.ts';
import { Composer } from './composer.ts';
import type { Context } from './context.ts';
import { h, iconButton } from './dom.ts';
import { emptyState } from './empty.ts';
import { ExchangeView } from './exchange.ts';
import { pageState } from './state.ts';
import type { PageState } from './state.ts';

/** What the page is in: VS Code's webview, or a test. */
export interface Frame {
  readonly post: (message: PageMessage) => void;
  readonly getState: () => unknown;
  readonly setState: (state: PageState) => void;
}

/** Pixels from its end within which a transcript counts as read to the end, and follows what is written. */
const NEAR = 32;

/** The chat's page: shows what the host says, and says what somebody does. */
export class ChatPage {
  readonly #root: HTMLElement;
  readonly #frame: Frame;
  readonly #announcer = h('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
  #view: ChatView | undefined;

  constructor(root: HTMLElement, frame: Frame) {
    this.#root = root;
    this.#frame = frame;
    window.addEventListener('focus', () => {
      this.#enter();
    });
    frame.post({ kind: 'ready' });
  }

  /** Takes in a message of the host; what is none is dropped. */
  receive(value: unknown): void {
    const message = hostMessage(value);
    if (!message) return;
    if (message.kind === 'all') this.#begin(message);
    else this.#view?.receive(message);
  }

  #enter(): void {
    if (document.hasFocus() && document.activeElement === document.body) this.#view?.focus();
  }

  #begin({ strings, conversation, editorContext }: Extract<HostMessage, { kind: 'all' }>): void {
    const announce = (text: string) => {
      this.#announcer.textContent = text;
    };
    const before = this.#view?.state ?? pageState(this.#frame.getState());
    const context = { strings, post: this.#frame.post, announce };
    this.#view = new ChatView(context, this.#frame, conversation, editorContext);
    this.#root.replaceChildren(this.#view.element, this.#announcer);
    this.#view.restore(before);
    // Somebody may have come in before there was anything to see.
    this.#enter();
  }
}

/** The page once it has its words. */
class ChatView {
  readonly element: HTMLElement;
  readonly #context: Context;
  readonly #frame: Frame;
  readonly #transcript: HTMLElement;
  readonly #composer: Composer;
  readonly #toEnd: HTMLButtonElement;
  #conversation: Conversation;
  #editorContext: EditorContext;
  #exchanges: ExchangeView[] = [];
  #follows: 'end' | 'nothing' = 'end';
  /** Pixels of the transcript's height when it was last looked at. */
  #height = 0;

  constructor(context: Context, frame: Frame, conversation: Conversation, editorContext: EditorContext) {
    this.#context = context;
    this.#frame = frame;
    this.#conversation = conversation;
    this.#editorContext = editorContext;
    const { strings, post } = context;
    this.#transcript = h('div', {
      class: 'transcript',
      role: 'log',
      'aria-live': 'polite',
      'aria-label': strings.transcript,
      tabindex: 0,
    });
    this.#toEnd = iconButton('arrow-down', strings.toEnd, () => {
      this.#toTheEnd();
    });
    this.#toEnd.classList.add('to-end');
    this.#composer = new Composer(context, {
      onDraft: () => {
        this.#keep();
      },
      onAsked: () => {
        this.#follows = 'end';
      },
      editLast: () => {
        this.#exchanges.at(-1)?.edit();
      },
    });
    this.element = h('main', { class: 'chat' }, this.#transcript, this.#toEnd, this.#composer.element);
    this.#transcript.addEventListener('scroll', () => {
      this.#scrolled();
    });
    // The field below grows with what is typed and attached, and the pane with its neighbors: the end stays in sight.
    new ResizeObserver(() => {
      this.#grown();
    }).observe(this.#transcript);
    this.#transcript.addEventListener('grown', () => {
      this.#grown();
    });
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#isAnswering()) post({ kind: 'stop' });
    });
    this.#composer.editorContext(editorContext);
    this.#showConversation(conversation);
  }

  get state(): PageState {
    const { scrollTop: top } = this.#transcript;
    const draft = this.#composer.draft;
    return this.#follows === 'end' ? { draft } : { draft, scrolled: { conversation: this.#conversation.id, top } };
  }

  /** Where the keyboard goes when the chat is entered and nothing in it has been chosen yet. */
  focus(): void {
    this.#composer.focus();
  }

  restore(state: PageState | undefined): void {
    if (state) this.#composer.restore(state.draft);
    if (state?.scrolled?.conversation === this.#conversation.id) {
      this.#follows = 'nothing';
      this.#transcript.scrollTop = state.scrolled.top;
    }
    this.#grown();
  }

  receive(message: Exclude<HostMessage, { kind: 'all' }>): void {
    switch (message.kind) {
      case 'conversation':
        this.#follows = 'end';
        this.#showConversation(message.conversation);
        break;
      case 'exchange':
        if (message.conversation === this.#conversation.id) this.#showExchange(message.exchange);
        break;
      case 'event': {
        const { event, seconds, at } = message;
        const view = this.#exchanges.findLast(({ exchange }) => exchange.id === message.exchange);
        const before = view?.exchange.state.kind;
        // Something was lost on the way; the host tells everything again.
        if (view?.follow(event, seconds, at) === 'lost') this.#context.post({ kind: 'ready' });
        else if (view?.exchange.state.kind !== before) this.#arrange();
        break;
      }
      case 'editor-context':
        this.#editorContext = message.editorContext;
        this.#composer.editorContext(message.editorContext);
        if (this.#exchanges.length === 0) this.#showEmpty();
        break;
      case 'focus':
        this.focus();
    }
  }

  #showConversation(conversation: Conversation): void {
    this.#conversation = conversation;
    this.#exchanges = conversation.exchanges.map((exchange) => new ExchangeView(exchange, this.#context));
    this.#transcript.replaceChildren(...this.#exchanges.map(({ element }) => element));
    if (this.#exchanges.length === 0) this.#showEmpty();
    this.#arrange();
  }

  #showExchange(exchange: Exchange): void {
    const view = this.#exchanges.find((each) => each.exchange.id === exchange.id);
    if (view) {
      view.update(exchange);
    } else {
      if (this.#exchanges.length === 0) this.#transcript.replaceChildren();
      const added = new ExchangeView(exchange, this.#context);
      this.#exchanges.push(added);
      this.#transcript.append(added.element);
      this.#follows = 'end';
    }
    this.#arrange();
  }

  #showEmpty(): void {
    const ask = (question: string) => {
      this.#composer.write(question);
      this.#composer.element.requestSubmit();
    };
    // A row that a keyboard or a pointer stands on stays while the percents beside it go on.
    const empty = emptyState(this.#editorContext, this.#context, ask);
    const there = this.#transcript.firstElementChild;
    if (!there?.isEqualNode(empty)) this.#transcript.replaceChildren(empty);
  }

  #arrange(): void {
    const last = this.#exchanges.at(-1);
    for (const view of this.#exchanges) view.place(view === last ? 'last' : 'earlier');
    this.#composer.status(this.#isAnswering(), this.#exchanges.length > 0);
    this.#grown();
  }

  #isAnswering(): boolean {
    return this.#exchanges.some(({ exchange }) => unfinished(exchange));
  }

  #grown(): void {
    this.#height = this.#transcript.clientHeight;
    if (this.#follows === 'end') this.#transcript.scrollTop = this.#transcript.scrollHeight;
    this.#toEnd.hidden = this.#distance() <= NEAR;
  }

  #toTheEnd(): void {
    this.#follows = 'end';
    this.#grown();
    this.#keep();
  }

  #scrolled(): void {
    // A pane that shrinks moves its content too; nobody has scrolled then.
    if (this.#transcript.clientHeight !== this.#height) {
      this.#grown();
      return;
    }
    this.#follows = this.#distance() <= NEAR ? 'end' : 'nothing';
    this.#toEnd.hidden = this.#follows === 'end';
    this.#keep();
  }

  #distance(): number {
    const { scrollHeight, scrollTop, clientHeight } = this.#transcript;
    return scrollHeight - scrollTop - clientHeight;
  }

  #keep(): void {
    this.#frame.setState(this.state);
  }
}
