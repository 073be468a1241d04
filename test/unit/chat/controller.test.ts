import { expect, test } from 'vitest';
import { AppError } from '../../../src/common/app-error.ts';
import { STORE } from '../../../src/chat/store.ts';
import { answered, attributed, question, ranked, read, recalled, text } from '../../chat-page/material.ts';
import { ScriptedService, told } from '../../chat-page/service.ts';
import type { Step } from '../../chat-page/service.ts';
import { Desk, KeptFile, strings, whole } from './support.ts';

const end: Step = { kind: 'event', event: answered() };
const complete: Step[] = [...told([recalled(), read], text), end];
const halt: Step = { kind: 'pause', milliseconds: 600_000 };
const failure = (error: Error): Step => ({ kind: 'failure', error });
const ask = (desk: Desk, asked = question, extra = {}) =>
  desk.controller.receive({ kind: 'ask', question: asked, scope: { kind: 'workspace', terms: '' }, ...extra });

test('a question is answered: shares that own everything, what was read, the text as it came, the sentences', async () => {
  const desk = new Desk(new ScriptedService(complete));
  await ask(desk);
  await desk.idle();
  const [exchange] = desk.exchanges;
  expect(exchange).toMatchObject({ question, text, state: { kind: 'answered', sentences: attributed, tokens: 143 } });
  expect(exchange!.ranked).toEqual(ranked);
  expect(exchange!.read!.places.map(({ path }) => path)).toEqual(['lib/response.js', 'lib/utils.js', 'lib/request.js']);
  expect(desk.ranked.at(-1)).toEqual(ranked.map(({ path }) => path));
  const streamed = desk.posted
    .flatMap((message) => (message.kind === 'event' && message.event.kind === 'token' ? [message.event.text] : []))
    .join('');
  expect(streamed).toBe(text);
});

test('an answer goes on while the page is hidden and is there when it comes back', async () => {
  const desk = new Desk(new ScriptedService(complete));
  await ask(desk);
  await desk.idle();
  const before = desk.posted.length;
  await desk.controller.receive({ kind: 'ready' });
  expect(desk.posted[before]).toMatchObject({
    kind: 'all',
    conversation: { exchanges: [{ question, text, state: { kind: 'answered' } }] },
  });
});

test('questions are put one at a time, and a stop ends what runs and what waits', async () => {
  const service = new ScriptedService([...told([recalled(), read], text, 9), halt]);
  const desk = new Desk(service);
  await ask(desk, 'First?');
  await ask(desk, 'Second?');
  await desk.until(() => desk.states.includes('writing'));
  expect(desk.states).toEqual(['writing', 'waiting']);
  expect(desk.status?.isAnswering).toBe(true);
  desk.controller.stop();
  await desk.idle();
  expect(desk.states).toEqual(['stopped', 'stopped']);
  expect(desk.exchanges[0]!.text).not.toBe('');
  expect(service.asked.map((asked) => asked.question)).toEqual(['First?']);
});

test('a follow-up brings what was answered before, and not what was stopped or failed', async () => {
  const service = new ScriptedService(complete, [failure(new AppError('service/stopped', 'No.'))], complete);
  const desk = new Desk(service);
  for (const asked of ['One?', 'Two?', 'Three?']) await ask(desk, asked);
  await desk.idle();
  expect(desk.states).toEqual(['answered', 'failed', 'answered']);
  expect(service.asked[2]!.history).toEqual([{ question: 'One?', answer: text }]);
});

test('a failure says its sentence and its button; asking again takes its place', async () => {
  const service = new ScriptedService([failure(new AppError('disk/full', 'The disk is full.'))], complete);
  const desk = new Desk(service);
  await ask(desk);
  await desk.idle();
  expect(desk.exchanges[0]!.state).toEqual({ kind: 'failed', message: 'The disk is full.', action: 'free-space' });
  await desk.controller.receive({ kind: 'act', action: 'free-space', exchange: desk.exchanges[0]!.id });
  expect(desk.acted).toEqual(['free-space']);
  await desk.controller.receive({ kind: 'act', action: 'retry', exchange: desk.exchanges[0]!.id });
  await desk.idle();
  expect(desk.states).toEqual(['answered']);
  expect(desk.exchanges[0]!.question).toBe(question);
});

test('a failure that other files or a new reading repair is asked again in its place, with them', async () => {
  const refused = [failure(new AppError('ask/nothing-chosen'))];
  const changed = told([recalled(), { kind: 'unknown', reason: 'changed' }], '');
  const service = new ScriptedService(refused, changed, complete);
  const desk = new Desk(service);
  const act = async () => {
    const [{ id, state } = { id: '', state: undefined }] = desk.exchanges;
    const action = state && 'action' in state ? state.action : undefined;
    await desk.controller.receive({ kind: 'act', action, exchange: id });
    await desk.idle();
  };
  await ask(desk, question, { scope: { kind: 'folder', terms: '-lib' } });
  await desk.idle();
  await act();
  expect(service.asked.map(({ scope }) => scope)).toEqual([
    { base: { kind: 'folder', path: 'lib' }, terms: '-lib' },
    whole,
  ]);
  expect(desk.states).toEqual(['unknown']);
  expect(desk.acted).toEqual([]);
  await act();
  expect(desk.acted).toEqual(['refresh']);
  expect(desk.states).toEqual(['answered']);
});

test('what is not meant for people goes to the log', async () => {
  const desk = new Desk(new ScriptedService([failure(new TypeError('x is not a function'))]));
  await ask(desk);
  await desk.idle();
  expect(desk.exchanges[0]!.state).toEqual({ kind: 'failed', message: strings.unexpected, action: 'open-log' });
  expect(desk.logged.join()).toContain('x is not a function');
});

test('a service that ends without an end is a failure, not a question that waits for ever', async () => {
  const desk = new Desk(new ScriptedService(told([recalled(), read], text, 3)));
  await ask(desk);
  await desk.idle();
  expect(desk.states).toEqual(['failed']);
});

test('a changed question makes room: its exchange and all after it go, the scope and the selection stay', async () => {
  const service = new ScriptedService(complete);
  const desk = new Desk(service);
  const selection = { path: 'lib/a.js', start: 3, end: 9 };
  await ask(desk, 'One?', { scope: { kind: 'editors', terms: '-test' }, selection });
  await ask(desk, 'Two?');
  await desk.idle();
  await desk.controller.receive({ kind: 'ask', question: 'One, really?', replaces: desk.exchanges[0]!.id });
  await desk.idle();
  expect(desk.exchanges.map((each) => each.question)).toEqual(['One, really?']);
  const asked = { scope: { base: { kind: 'files', paths: ['lib/a.js', 'lib/b.js'] }, terms: '-test' }, selection };
  expect(service.asked[0]).toMatchObject(asked);
  expect(service.asked[2]).toMatchObject({ ...asked, question: 'One, really?', history: [] });
});

test('the question under way can be changed too: what it still says goes nowhere', async () => {
  const service = new ScriptedService([...told([recalled(), read], text, 9), halt], complete);
  const desk = new Desk(service);
  await ask(desk, 'One?');
  await desk.until(() => desk.states.includes('writing'));
  await desk.controller.receive({ kind: 'ask', question: 'Other?', replaces: desk.exchanges[0]!.id });
  await desk.idle();
  expect(desk.exchanges).toMatchObject([{ question: 'Other?', state: { kind: 'answered' } }]);
});

test('each chip means its files when the question is asked', async () => {
  const service = new ScriptedService(complete);
  const desk = new Desk(service);
  for (const kind of ['workspace', 'folder', 'editors', 'changed'])
    await ask(desk, question, { scope: { kind, terms: '' } });
  await desk.idle();
  expect(service.asked.map(({ scope }) => scope.base)).toEqual([
    { kind: 'workspace' },
    { kind: 'folder', path: 'lib' },
    { kind: 'files', paths: ['lib/a.js', 'lib/b.js'] },
    { kind: 'changed' },
  ]);
});

test('conversations are kept apart, found again and deleted, and their files are marked', async () => {
  const file = new KeptFile();
  const desk = new Desk(new ScriptedService(complete), file);
  await ask(desk, 'First conversation?');
  await desk.idle();
  const first = desk.controller.current.id;
  desk.controller.newConversation();
  expect(desk.exchanges).toEqual([]);
  expect(desk.ranked.at(-1)).toEqual([]);
  await ask(desk, 'Second conversation?');
  await desk.idle();
  expect(desk.status?.title).toBe('Second conversation?');
  desk.controller.switchTo(first);
  expect(desk.ranked.at(-1)).toContain('lib/response.js');
  await desk.controller.close();

  const next = new Desk(new ScriptedService(complete), file);
  await next.controller.loaded;
  expect(next.controller.conversations.map(({ title }) => title).sort()).toEqual([
    'First conversation?',
    'Second conversation?',
  ]);
  expect(next.controller.current.id).toBe(first);
  next.controller.delete(first);
  expect(next.exchanges).toEqual([]);
  await next.controller.close();
  expect(file.text).not.toContain('First conversation?');
  expect(file.text).toContain('Second conversation?');
});

test('an answer of a conversation that is not shown goes on there, and its page hears nothing of it', async () => {
  const steps: Step[] = [...told([recalled(), read], text, 3), { kind: 'pause', milliseconds: 5 }, end];
  const desk = new Desk(new ScriptedService(steps));
  await ask(desk);
  await desk.until(() => desk.states.includes('writing'));
  const first = desk.controller.current.id;
  desk.controller.newConversation();
  const before = desk.posted.length;
  await desk.idle();
  expect(desk.posted.slice(before).map(({ kind }) => kind)).not.toContain('exchange');
  desk.controller.switchTo(first);
  expect(desk.states).toEqual(['answered']);
});

test('a deleted conversation stops answering', async () => {
  const desk = new Desk(new ScriptedService([...told([recalled()], ''), halt]));
  await ask(desk);
  await desk.until(() => desk.states.includes('recalling'));
  desk.controller.delete(desk.controller.current.id);
  await desk.idle();
  expect(desk.controller.conversations).toEqual([]);
});

test('a damaged file is said once and nothing fails', async () => {
  const file = new KeptFile('{{{');
  const desk = new Desk(new ScriptedService(complete), file);
  await ask(desk);
  await desk.idle();
  expect(desk.notified).toEqual([
    'The saved conversations could not be read and were set aside as conversations.damaged.json.',
  ]);
  expect(file.aside).toBe('{{{');
  expect(desk.states).toEqual(['answered']);
});

test('the page opens files of the workspace, inserts and copies through the host, and nothing else', async () => {
  const desk = new Desk(new ScriptedService(complete));
  await ask(desk);
  await desk.idle();
  await desk.controller.receive({ kind: 'open', path: 'lib/a.js', start: 3, end: 4 });
  await desk.controller.receive({ kind: 'open', path: 'gone.js' });
  await desk.controller.receive({ kind: 'insert', text: 'x()' });
  await desk.controller.receive({ kind: 'copyAnswer', exchange: desk.exchanges[0]!.id });
  await desk.controller.receive({ kind: 'run', command: 'rm' });
  expect(desk.shown).toEqual([
    ['lib/a.js', 3, 4],
    ['gone.js', undefined, undefined],
  ]);
  expect(desk.notified).toEqual(['gone.js is not in this workspace any more.']);
  expect(desk.inserted).toEqual(['x()']);
  expect(desk.copied[0]).toContain(text.slice(0, 40));
  expect(desk.logged).toHaveLength(1);
});

test('the oldest conversations make room', async () => {
  const desk = new Desk(new ScriptedService(complete));
  for (let n = 0; n < STORE.conversations + 3; n += 1) {
    await desk.controller.ask({ question: `Question ${n}?`, scope: whole });
    await desk.idle();
    desk.controller.newConversation();
  }
  const titles = desk.controller.conversations.map(({ title }) => title);
  expect(titles).toHaveLength(STORE.conversations);
  expect(titles).toContain(`Question ${STORE.conversations + 2}?`);
});

test('the model is called once while somebody types, and again where that failed', async () => {
  let calls = 0;
  const service = new ScriptedService(complete);
  service.warm = () => {
    calls += 1;
    return calls === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve();
  };
  const desk = new Desk(service);
  await desk.controller.receive({ kind: 'typing' });
  await new Promise(setImmediate);
  for (let n = 0; n < 3; n += 1) await desk.controller.receive({ kind: 'typing' });
  expect(calls).toBe(2);
});

test('the first questions are about what the memories know to tell most, of several folders each in turn', async () => {
  const desk = new Desk(new ScriptedService());
  const state = (suggestedPlaces: string[]) =>
    ({ kind: 'ready', message: 'Ready.', files: 9, segments: 20, suggestedPlaces }) as const;
  desk.controller.memories([
    { name: 'web', state: state(['src/pages', 'src/api']) },
    { name: 'server', state: state(['queue']) },
  ]);
  await desk.until(() => desk.posted.some(({ kind }) => kind === 'editor-context'));
  expect(desk.posted.findLast(({ kind }) => kind === 'editor-context')).toMatchObject({
    editorContext: {
      suggestions: [
        'How does web/src/pages work?',
        'Where does server/queue begin, and what does it call first?',
        'What happens in web/src/api when something fails?',
      ],
    },
  });
});

test('conversations that quote a forgotten file are counted and deleted, with what was set aside, and no others', async () => {
  const file = new KeptFile();
  const asides = new Map([
    ['conversations.damaged-1.json', '{"path":"lib/response.js"'],
    ['conversations.damaged-2.json', '{"path":"lib/other.js"'],
  ]);
  Object.assign(file, {
    asides: () => Promise.resolve(asides),
    remove: (name: string) => Promise.resolve(void asides.delete(name)),
  });
  const elsewhere = [failure(new AppError('service/stopped', 'No.'))];
  const desk = new Desk(new ScriptedService(complete, elsewhere, elsewhere), file);
  await ask(desk);
  await desk.idle();
  desk.controller.newConversation();
  await ask(desk, 'What is in lib/response.js, if anything?');
  await desk.idle();
  desk.controller.newConversation();
  await ask(desk, 'What is in xlib/response.js?');
  await desk.idle();
  expect(desk.controller.conversations.length).toBe(3);

  const { controller } = desk;
  expect(await controller.quoting(new Set(['lib/nothing.js']))).toBe(0);
  const paths = new Set(['lib/response.js']);
  expect(await controller.quoting(paths)).toBe(3);
  await controller.deleteQuoting(paths);
  expect(await controller.quoting(paths)).toBe(0);
  expect(controller.conversations.map(({ title }) => title)).toEqual(['What is in xlib/response.js?']);
  expect([...asides.keys()]).toEqual(['conversations.damaged-2.json']);
  expect(file.text).toContain('xlib/response.js');
  expect(file.text).not.toMatch(/[^x]lib\/response\.js/);
});
