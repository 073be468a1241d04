// @vitest-environment jsdom
import MarkdownIt from 'markdown-it';
import { afterEach, expect, test, vi } from 'vitest';
import { ChatPage } from '../../../media/chat/page.ts';
import type { AnswerEvent } from '../../../src/answer/answer.ts';
import { question, ranked, read, recalled, text } from '../../chat-page/material.ts';
import { ScriptedService } from '../../chat-page/service.ts';
import { Desk, whole } from '../../unit/chat/support.ts';

globalThis.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};

afterEach(() => {
  vi.restoreAllMocks();
});

/** A service that gives one event whenever it is told to. */
class SteppedService extends ScriptedService {
  give: (event: AnswerEvent) => void = () => undefined;

  override ask(_: unknown, onEvent: (event: AnswerEvent) => void): Promise<void> {
    this.give = onEvent;
    return new Promise(() => undefined);
  }
}

test('a token costs no more at the end of a long answer than at its beginning: sent, parsed, sorted, drawn', async () => {
  const service = new SteppedService();
  const desk = new Desk(service);
  const root = document.createElement('div');
  document.body.replaceChildren(root);
  const page = new ChatPage(root, {
    post: (message) => void desk.controller.receive(structuredClone(message)),
    getState: () => undefined,
    setState: () => undefined,
  });
  desk.listener = (message) => {
    page.receive(message);
  };
  await desk.controller.ask({ question, scope: whole });
  await vi.waitFor(() => {
    expect(desk.states).toEqual(['recalling']);
  });
  for (const event of [recalled(ranked), read]) service.give(event);

  let frame: FrameRequestCallback | undefined;
  vi.spyOn(globalThis, 'requestAnimationFrame').mockImplementation((then) => {
    frame = then;
    return 1;
  });
  const parse = vi.spyOn(MarkdownIt.prototype, 'parse');
  const sort = vi.spyOn(Array.prototype, 'sort');
  const touched = new MutationObserver(() => undefined);
  touched.observe(root, { childList: true, subtree: true, characterData: true });
  const long = `${text}\n\n`.repeat(5);
  const costs = (long.match(/\S+\s*|\s+/g) ?? []).map((piece) => {
    const before = desk.posted.length;
    parse.mockClear();
    sort.mockClear();
    touched.takeRecords();
    service.give({ kind: 'token', text: piece });
    frame?.(0);
    return {
      sent: JSON.stringify(desk.posted.slice(before)).length,
      parsed: parse.mock.calls.reduce((sum, [markdown]) => sum + markdown.length, 0),
      sorted: sort.mock.calls.reduce((sum, _, at) => sum + (sort.mock.contexts[at] as unknown[]).length, 0),
      drawn: touched
        .takeRecords()
        .reduce((sum, { addedNodes, removedNodes }) => sum + addedNodes.length + removedNodes.length, 0),
    };
  });
  touched.disconnect();
  expect(desk.exchanges[0]!.text).toBe(long);
  expect(root.querySelector('.answer')!.textContent).toContain('the body is dropped.');
  // The first token begins the state in which the others come.
  const [, ...later] = costs;
  const half = Math.floor(later.length / 2);
  for (const what of ['sent', 'parsed', 'sorted', 'drawn'] as const) {
    const most = (some: typeof later) => Math.max(...some.map((cost) => cost[what]));
    // Positions are written with one more digit.
    expect(most(later.slice(half)), what).toBeLessThanOrEqual(most(later.slice(0, half)) + (what === 'sent' ? 1 : 0));
  }
  // Checking the sentences moves no text either.
  const before = desk.posted.length;
  service.give({ kind: 'checking', sentences: 1, of: 60 });
  expect(JSON.stringify(desk.posted.slice(before)).length).toBeLessThan(250);
  await desk.controller.close();
});
