// @vitest-environment jsdom
import { beforeEach, expect, test } from 'vitest';
import { AppError } from '../../../src/common/app-error.ts';
import { ChatPage } from '../../../media/chat/page.ts';
import type { PageState } from '../../../media/chat/state.ts';
import type { PageMessage } from '../../../src/chat/protocol.ts';
import { answered, attributed, hostile, question, read, recalled, text } from '../../chat-page/material.ts';
import { ScriptedService, told } from '../../chat-page/service.ts';
import type { Step } from '../../chat-page/service.ts';
import { Desk, strings } from './support.ts';

const complete: Step[] = [...told([recalled(), read], text), { kind: 'event', event: answered() }];
const halt: Step = { kind: 'pause', milliseconds: 600_000 };

// jsdom lays nothing out, so nothing there changes its size.
globalThis.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};

let state: PageState | undefined;
let said: PageMessage[] = [];

beforeEach(() => {
  document.body.replaceChildren();
  state = undefined;
  said = [];
});

/** The real page before the real controller. */
async function open(desk: Desk): Promise<HTMLElement> {
  const root = document.createElement('div');
  document.body.replaceChildren(root);
  let settled = Promise.resolve();
  const page = new ChatPage(root, {
    post: (message) => {
      said.push(message);
      settled = desk.controller.receive(structuredClone(message));
    },
    getState: () => state,
    setState: (next) => {
      state = next;
    },
  });
  desk.listener = (message) => {
    page.receive(message);
  };
  await settled;
  return root;
}

const all = (root: ParentNode, selector: string) => [...root.querySelectorAll<HTMLElement>(selector)];
const one = (root: ParentNode, selector: string) => root.querySelector<HTMLElement>(selector)!;
const composer = (root: ParentNode) => root.querySelector<HTMLTextAreaElement>('.composer textarea')!;

function press(target: HTMLElement, key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more });
  target.dispatchEvent(event);
  return event;
}

function write(target: HTMLTextAreaElement, value: string): void {
  target.value = value;
  target.dispatchEvent(new Event('input', { bubbles: true }));
}

async function answeredPage(...steps: Step[][]): Promise<{ desk: Desk; root: HTMLElement }> {
  const desk = new Desk(new ScriptedService(...(steps.length > 0 ? steps : [complete])));
  const root = await open(desk);
  write(composer(root), question);
  press(composer(root), 'Enter');
  await desk.until(() => desk.states.at(-1) !== undefined && desk.status?.isAnswering === false);
  return { desk, root };
}

test('above the answer stand the files with shares of 100%, below it the lines that it rests on', async () => {
  const { root } = await answeredPage();
  const percents = all(root, '.ranked .percent').map((each) => Number.parseInt(each.textContent));
  expect(percents.reduce((sum, value) => sum + value, 0)).toBe(100);
  expect(all(root, '.ranked-file').map((row) => row.ariaLabel)[0]).toBe('lib/response.js, 39%');
  expect(all(root, 'button.citation').map((row) => row.title)).toEqual([
    'lib/response.js:181-188',
    'lib/response.js:157-158',
    'lib/utils.js:127-134',
    'lib/utils.js:129',
    'lib/response.js:190-191',
  ]);
  one(root, 'button.citation').click();
  expect(said.at(-1)).toEqual({ kind: 'open', path: 'lib/response.js', start: 181, end: 188 });
  one(root, '.ranked-file').click();
  expect(said.at(-1)).toEqual({ kind: 'open', path: 'lib/response.js', start: 171, end: 200 });
});

test('the shares still add up to 100 when the rest is unfolded', async () => {
  const { root } = await answeredPage();
  one(root, 'button.others').click();
  expect(all(root, '.ranked-file')).toHaveLength(8);
  expect(document.activeElement).toBe(one(root, 'button.others'));
  const percents = all(root, '.ranked .percent').map((each) => Number.parseInt(each.textContent));
  expect(percents.reduce((sum, value) => sum + value, 0)).toBe(100);
});

test('files that were not read for the answer are told apart from those that were', async () => {
  const { root } = await answeredPage();
  expect(all(root, '.ranked-file:not(.unread)').map((row) => one(row, '.name').textContent)).toEqual([
    'response.js',
    'utils.js',
    'request.js',
  ]);
  expect(one(root, '.ranked-file').title).toContain('Read for this answer: 120-200');
});

test('every supported sentence has a number that leads to its citation, every other one a mark and a reason', async () => {
  const { root } = await answeredPage();
  expect(all(root, '.cite').map((number) => number.textContent)).toEqual(['1', '2', '1', '3', '4', '5']);
  all(root, '.cite')[3]!.click();
  expect(document.activeElement).toBe(all(root, 'button.citation')[2]);
  const lit = all(root, '.sentence.lit').map((piece) => piece.textContent);
  expect(lit.join('')).toContain('compiled from the etag setting');
  const bare = all(root, '.unsupported');
  expect(bare.map((piece) => piece.textContent).join('')).toBe(
    'They are cached for an hour by the proxy in front of the server.',
  );
  expect(bare[0]!.getAttribute('aria-description')).toBe(strings.unsupported);
  expect(one(root, '.unsupported-count').textContent).toBe(strings.unsupportedOne);
});

test('nothing of a hostile answer becomes more than text', async () => {
  const evil = '<img src=x onerror=alert(1)> \u202Ewhat?';
  const steps: Step[] = [
    ...told([recalled(hostile.paths)], hostile.text),
    { kind: 'event', event: answered(hostile.text, attributed.slice(5)) },
  ];
  const desk = new Desk(new ScriptedService(steps));
  const root = await open(desk);
  write(composer(root), evil);
  press(composer(root), 'Enter');
  await desk.idle();
  expect(all(root, 'script, img, iframe, object, a, b, style, link, svg, [href], [src]')).toEqual([]);
  const handlers = all(root, '*').flatMap((element) =>
    element
      .getAttributeNames()
      .filter((name) => name.startsWith('on') || (name === 'style' && element.tagName !== 'BUTTON')),
  );
  expect(handlers).toEqual([]);
  expect(one(root, '.question p').textContent).toBe('<img src=x onerror=alert(1)> [U+202E]what?');
  expect(one(root, '.answer').textContent).toContain('<script>alert(1)</script> and <b onmouseover="alert(2)">');
  expect(one(root, '.answer').textContent).toContain('the docs (https://example.com/a?b=c)');
  // Nothing invisible is left anywhere in what is shown or read aloud.
  const shown = all(root, '*').flatMap((element) => [element.title, element.ariaLabel ?? '']);
  expect([root.textContent, ...shown].join('')).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
  const before = said.length;
  one(root, '.answer .file-link').click();
  expect(said.slice(before)).toEqual([{ kind: 'open', path: 'lib/app.js', start: 12, end: 12 }]);
});

test('code is copied and inserted as the model wrote it, hidden characters and all', async () => {
  const steps: Step[] = [...told([recalled()], hostile.text), { kind: 'event', event: answered(hostile.text, []) }];
  const { root, desk } = await answeredPage(steps);
  const [copy, insert] = all(one(root, '.code-block'), '.icon-button');
  copy!.click();
  insert!.click();
  await new Promise(setImmediate);
  expect(desk.copied).toEqual(desk.inserted);
  expect(desk.copied[0]).toContain('\u202E reversed');
});

test('while an answer streams its text is not read aloud; its end is said once', async () => {
  const steps: Step[] = [...told([recalled(), read], text, 40), { kind: 'pause', milliseconds: 40 }, complete.at(-1)!];
  const desk = new Desk(new ScriptedService(steps));
  const root = await open(desk);
  expect(one(root, '.transcript').getAttribute('role')).toBe('log');
  write(composer(root), question);
  press(composer(root), 'Enter');
  await desk.until(() => desk.states[0] === 'writing' && desk.exchanges[0]!.text.length > 150);
  expect(one(root, '.answer').getAttribute('aria-live')).toBe('off');
  expect(one(root, '.exchange').getAttribute('aria-busy')).toBe('true');
  expect(one(root, '.progress').textContent).toBe(strings.writing);
  await desk.idle();
  expect(one(root, '[role=status]').textContent).toBe('The answer is complete: 7 sentences, 1 of them have no source.');
  expect(one(root, '.exchange').getAttribute('aria-busy')).toBe('false');
  expect(all(root, '.progress')).toEqual([]);
});

test('a page that comes back in the middle of an answer shows all of it, and its draft', async () => {
  const steps: Step[] = [...told([recalled(), read], text, 12), { kind: 'pause', milliseconds: 30 }];
  const desk = new Desk(new ScriptedService([...steps, ...complete.slice(14)]));
  let root = await open(desk);
  write(composer(root), question);
  press(composer(root), 'Enter');
  write(composer(root), 'And then');
  await desk.until(() => desk.states[0] === 'writing');
  desk.listener = undefined;
  await new Promise((resolve) => setTimeout(resolve, 5));
  root = await open(desk);
  expect(composer(root).value).toBe('And then');
  await desk.idle();
  expect(one(root, '.exchange').dataset['state']).toBe('answered');
  expect(all(root, '.cite')).not.toEqual([]);
});

test('a piece of text that was lost on the way makes the page ask for everything', async () => {
  const desk = new Desk(new ScriptedService([...told([recalled(), read], text, 12), halt]));
  const root = await open(desk);
  write(composer(root), question);
  press(composer(root), 'Enter');
  await desk.until(() => desk.states[0] === 'writing' && desk.exchanges[0]!.text.length > 40);
  const before = said.filter(({ kind }) => kind === 'ready').length;
  const event = { kind: 'token', text: 'lost' } as const;
  desk.listener!({ kind: 'event', exchange: desk.exchanges[0]!.id, at: 10_000, event, seconds: 1 });
  expect(said.filter(({ kind }) => kind === 'ready')).toHaveLength(before + 1);
  await desk.controller.close();
});

test('Enter asks, Shift+Enter and an unfinished word of an input method do not, Escape stops', async () => {
  const desk = new Desk(new ScriptedService([...told([recalled(), read], text, 12), halt]));
  const root = await open(desk);
  const field = composer(root);
  write(field, '   ');
  press(field, 'Enter');
  write(field, question);
  expect(press(field, 'Enter', { shiftKey: true }).defaultPrevented).toBe(false);
  press(field, 'Enter', { isComposing: true });
  expect(desk.exchanges).toEqual([]);
  press(field, 'Enter');
  expect(field.value).toBe('');
  await desk.until(() => desk.states[0] === 'writing');
  expect(one(root, '.stop').hidden).toBe(false);
  press(field, 'Escape');
  await desk.idle();
  expect(desk.states).toEqual(['stopped']);
  expect(one(root, '.stop').hidden).toBe(true);
});

test('Up in an empty field edits the last question; Escape leaves it, Enter asks it again', async () => {
  const { root, desk } = await answeredPage();
  write(composer(root), 'not empty');
  press(composer(root), 'ArrowUp');
  expect(all(root, '.question-editor')).toEqual([]);
  write(composer(root), '');
  press(composer(root), 'ArrowUp');
  press(one(root, '.question-editor textarea'), 'Escape');
  expect(all(root, '.question-editor')).toEqual([]);
  press(composer(root), 'ArrowUp');
  const editor = root.querySelector<HTMLTextAreaElement>('.question-editor textarea')!;
  expect(editor.value).toBe(question);
  write(editor, 'Where is it cached?');
  press(editor, 'Enter');
  await desk.until(() => desk.exchanges[0]?.question === 'Where is it cached?' && desk.states[0] === 'answered');
  expect(all(root, '.exchange').map((each) => each.ariaLabel)).toEqual(['Where is it cached?']);
});

test('in Restricted Mode the chip of the changed files cannot be chosen, and says why', async () => {
  const root = await open(new Desk(new ScriptedService(complete), undefined, { isTrusted: () => false }));
  expect(one(root, 'input[value=changed]').outerHTML).toMatch(/in Restricted Mode git is not asked.*disabled/);
});

test('the chips choose the scope; one that means nothing cannot be chosen', async () => {
  const service = new ScriptedService(complete);
  const desk = new Desk(service, undefined, { openEditors: () => [] });
  const root = await open(desk);
  const chip = (kind: string) => root.querySelector<HTMLInputElement>(`input[value=${kind}]`)!;
  expect(chip('editors').disabled).toBe(true);
  expect(chip('folder').ariaLabel ?? chip('folder').getAttribute('aria-label')).toBe('Only lib');
  chip('folder').click();
  one(root, '.chip-toggle').click();
  const terms = root.querySelector<HTMLInputElement>('.terms input')!;
  terms.value = '+src -tests';
  terms.dispatchEvent(new Event('input', { bubbles: true }));
  write(composer(root), question);
  press(composer(root), 'Enter');
  await desk.idle();
  expect(service.asked[0]!.scope).toEqual({ base: { kind: 'folder', path: 'lib' }, terms: '+src -tests' });
  expect(one(root, '.asked-scope').textContent).toBe('lib +src -tests');
  expect(state?.draft.scope).toEqual({ kind: 'folder', terms: '+src -tests' });
});

test('selected lines are offered, and go with one question', async () => {
  const service = new ScriptedService(complete);
  const selection = { path: 'lib/response.js', start: 171, end: 200 };
  const desk = new Desk(service, undefined, { selection: () => selection });
  const root = await open(desk);
  const ask = async () => {
    write(composer(root), question);
    press(composer(root), 'Enter');
    await desk.idle();
  };
  await ask();
  one(root, '.attachment').click();
  expect(one(root, '.attachment').getAttribute('aria-pressed')).toBe('true');
  await ask();
  await ask();
  expect(service.asked.map((asked) => asked.selection)).toEqual([undefined, selection, undefined]);
});

test('a question that is not answered says so and shows the nearest files', async () => {
  const { root } = await answeredPage(told([recalled(), { kind: 'unknown', reason: 'far' }], ''));
  expect(one(root, '.note.unknown').textContent).toBe(strings.far);
  expect(one(root, '.ranked-title').textContent).toBe(strings.nearest);
  expect(all(root, '.failed')).toEqual([]);
});

test('between the last word and the marks stands which sentence is being checked', async () => {
  const checking = { kind: 'event', event: { kind: 'checking', sentences: 1, of: 4 } } as const;
  const desk = new Desk(new ScriptedService([...told([recalled(), read], text), checking, halt]));
  const root = await open(desk);
  write(composer(root), question);
  press(composer(root), 'Enter');
  await desk.until(() => desk.states[0] === 'checking' && root.querySelector('.progress .track') !== null);
  expect(one(root, '.progress').textContent).toBe('Checking sentence 2 of 4');
  expect(one(root, '[role=progressbar]').getAttribute('aria-valuenow')).toBe('25');
  expect(one(root, '.answer').textContent).toContain('If the request is fresh');
  expect(one(root, '.stop').hidden).toBe(false);
  desk.controller.stop();
  await desk.idle();
  expect(desk.exchanges[0]!.text).toBe(text);
});

test('a failure is a sentence and one button', async () => {
  const error = new AppError('engine/model-file', 'The weights are damaged.');
  const { root, desk } = await answeredPage([{ kind: 'failure', error }]);
  const failed = one(root, '.note.failed');
  expect(failed.getAttribute('role')).toBe('alert');
  expect(all(failed, 'button').map((button) => button.textContent)).toEqual([strings.actModel]);
  one(failed, 'button').click();
  await new Promise(setImmediate);
  expect(desk.acted).toEqual(['restore-model']);
});

test('before the first question there are questions to ask, the memory, and what was asked before', async () => {
  const { root, desk } = await answeredPage();
  desk.controller.newConversation();
  const ready = {
    kind: 'ready',
    message: 'The memory holds 168 files.',
    files: 168,
    segments: 9,
    suggestedPlaces: [],
  } as const;
  desk.controller.memories([{ name: 'express', state: ready }]);
  await desk.until(() => root.querySelector('.memory.ready') !== null && root.querySelector('.recent') !== null);
  expect(one(root, '.memory').textContent).toBe('The memory holds 168 files.');
  expect(one(root, '.recent .name').textContent).toBe(question);
  const [first] = all(root, '.suggestion');
  expect(first!.textContent).toBe('How does lib/router work?');
  first!.click();
  await desk.until(() => desk.exchanges[0]?.question === 'How does lib/router work?');
  await desk.idle();
});

test('without a folder there is one thing to do', async () => {
  const desk = new Desk(new ScriptedService(complete), undefined, { opened: () => false });
  const root = await open(desk);
  expect(composer(root).closest('form')!.hidden).toBe(true);
  one(root, '.empty .button').click();
  expect(said.at(-1)).toEqual({ kind: 'openFolder' });
});

test('the keyboard begins in the field, and a place that was chosen keeps it', async () => {
  const { root } = await answeredPage();
  document.hasFocus = () => true; // A window that is entered has it; jsdom waits for an element.
  const enter = () => window.dispatchEvent(new Event('focus'));
  (document.activeElement as HTMLElement).blur();
  enter();
  expect(document.activeElement).toBe(composer(root));
  one(root, '.citation').focus();
  enter();
  expect(document.activeElement).toBe(one(root, '.citation'));
});

test('every control has a name', async () => {
  const { root } = await answeredPage();
  for (const control of all(root, 'button, input, textarea')) {
    const name = control.getAttribute('aria-label') ?? control.textContent;
    expect(name.trim(), control.outerHTML).not.toBe('');
  }
});

test('four files that own everything leave no row for others', async () => {
  const own = [
    recalled([
      { path: 'a.js', share: 0.75, lines: [] },
      { path: 'b.js', share: 0.25, lines: [] },
    ]),
    read,
  ];
  const { root } = await answeredPage([...told(own, text), { kind: 'event', event: answered() }]);
  expect(all(root, '.ranked .percent').map(({ textContent }) => textContent)).toEqual(['75%', '25%']);
});

test('messages that are none change nothing', async () => {
  const { root } = await answeredPage();
  const before = root.innerHTML;
  const page = new ChatPage(root, { post: () => undefined, getState: () => 'nonsense', setState: () => undefined });
  for (const value of [undefined, { kind: 'all' }, { kind: 'text', exchange: 'x' }, 'focus']) page.receive(value);
  expect(root.innerHTML).toBe(before);
});
