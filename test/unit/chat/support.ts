import { ChatController } from '../../../src/chat/controller.ts';
import type { ChatDependencies, ChatService, ChatWorkspace, ChatStatus } from '../../../src/chat/dependencies.ts';
import type { HostMessage } from '../../../src/chat/protocol.ts';
import { TranscriptStore } from '../../../src/chat/store.ts';
import type { TranscriptFile } from '../../../src/chat/store.ts';
import { chatStrings } from '../../../src/chat/strings.ts';

export const strings = chatStrings({ t: (message) => message });
export const whole = { base: { kind: 'workspace' }, terms: '' } as const;

/** A file in memory, with what was set aside of it. */
export class KeptFile implements TranscriptFile {
  text: string | undefined;
  aside: string | undefined;

  constructor(text?: string) {
    this.text = text;
  }

  read = () => Promise.resolve(this.text);
  write = (text: string) => {
    this.text = text;
    return Promise.resolve();
  };
  setAside = () => {
    this.aside = this.text;
    this.text = undefined;
    return Promise.resolve('conversations.damaged.json');
  };
}

/** The controller with everything that it did to the world around it. */
export class Desk {
  readonly controller: ChatController;
  readonly posted: HostMessage[] = [];
  readonly shown: unknown[][] = [];
  readonly inserted: string[] = [];
  readonly copied: string[] = [];
  readonly notified: string[] = [];
  readonly acted: string[] = [];
  readonly logged: string[] = [];
  readonly ranked: string[][] = [];
  status: ChatStatus | undefined;
  /** Where posted messages go; nowhere while the page is hidden. */
  listener: ((message: HostMessage) => void) | undefined;
  #waiting: { until: () => boolean; then: () => void }[] = [];

  constructor(service: ChatService, file: TranscriptFile = new KeptFile(), workspace: Partial<ChatWorkspace> = {}) {
    const parts: ChatDependencies = {
      service,
      workspace: {
        opened: () => true,
        isTrusted: () => true,
        openEditors: () => ['lib/a.js', 'lib/b.js'],
        currentFolder: () => 'lib',
        selection: () => undefined,
        paths: () => Promise.resolve(['lib/router/index.js', 'lib/router/layer.js']),
        show: (...place) => {
          this.shown.push(place);
          return Promise.resolve(place[0].includes('gone') ? 'missing' : 'shown');
        },
        insert: (text) => {
          this.inserted.push(text);
          return Promise.resolve('inserted');
        },
        ...workspace,
      },
      store: new TranscriptStore(file, strings.interrupted, (error) => this.logged.push(String(error))),
      strings,
      post: (message) => {
        this.posted.push(message);
        // As between two processes: what arrives is a copy.
        this.listener?.(structuredClone(message));
        this.#look();
      },
      copy: (text) => this.copied.push(text),
      onProvenance: (files) => this.ranked.push(files.map(({ path }) => path)),
      act: (action) => {
        this.acted.push(action);
        return Promise.resolve();
      },
      notify: (message) => this.notified.push(message),
      openFolder: () => this.acted.push('open-folder'),
      history: () => this.acted.push('history'),
      onStatus: (status) => {
        this.status = status;
        this.#look();
      },
      log: (line) => this.logged.push(line),
    };
    this.controller = new ChatController(parts);
  }

  /** The exchanges of the conversation that is shown. */
  get exchanges() {
    return this.controller.current.exchanges;
  }

  get states() {
    return this.exchanges.map(({ state }) => state.kind);
  }

  /** Settled when nothing is asked any more. */
  idle(): Promise<void> {
    return this.until(() => this.status?.isAnswering === false);
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ until: condition, then: resolve });
      this.#look();
    });
  }

  #look(): void {
    this.#waiting = this.#waiting.filter(({ until, then }) => {
      if (!until()) return true;
      then();
      return false;
    });
  }
}
