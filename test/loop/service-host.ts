import { join } from 'node:path';
import { ServiceClient } from '../../src/service/client.ts';
import type { AnswerEvent } from '../../src/answer/answer.ts';
import type { MemoryState, Question, Refreshed, ServiceNotice } from '../../src/service/protocol.ts';
import type { ServiceSettings } from '../../src/service/protocol.ts';
import { noEditor } from '../support/no-editor.ts';
import { MODELS } from './cli.ts';

const dist = join(import.meta.dirname, '../../dist');
export const everything = { base: { kind: 'workspace' }, terms: '' } as const;

/** The service as the extension runs it, with what it told. */
export class Host {
  readonly notices: ServiceNotice[] = [];
  readonly client: ServiceClient;
  readonly settings: ServiceSettings;

  constructor(home: string, own: Partial<ServiceSettings> = {}) {
    this.settings = {
      engineScript: join(dist, 'engine.js'),
      modelsFolder: MODELS,
      home,
      device: 'cpu',
      threads: 2,
      exclude: [],
      isTrusted: true,
      ...own,
    };
    this.client = new ServiceClient({
      script: join(dist, 'service.js'),
      settings: this.settings,
      onNotice: (notice) => this.notices.push(notice),
      host: noEditor,
    });
  }

  state(root: string): MemoryState | undefined {
    return this.notices
      .flatMap((notice) => (notice.kind === 'state' && notice.root === root ? [notice.state] : []))
      .at(-1);
  }

  get refreshed(): Refreshed[] {
    return this.notices.flatMap((notice) => (notice.kind === 'refreshed' ? [notice.refreshed] : []));
  }

  async until(root: string, kind: MemoryState['kind']): Promise<MemoryState> {
    for (;;) {
      const state = this.state(root);
      if (state?.kind === kind) return state;
      if (state?.kind === 'failed') throw new Error(state.message);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async ask(question: string, options: Partial<Question> = {}, signal?: AbortSignal): Promise<AnswerEvent[]> {
    const events: AnswerEvent[] = [];
    const asked = { question, history: [], scope: everything, ...options };
    await this.client.ask(asked, (event) => events.push(event), signal);
    return events;
  }

  async first(question: string, options: Partial<Question> = {}): Promise<string | undefined> {
    return (await this.client.recall(question, options.scope ?? everything))[0]?.path;
  }

  /** Every file that a question brings back. */
  async paths(question: string): Promise<string[]> {
    return (await this.client.recall(question, everything)).map(({ path }) => path);
  }
}
