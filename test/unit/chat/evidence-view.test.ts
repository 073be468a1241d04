// @vitest-environment jsdom
import { expect, test } from 'vitest';
import { evidenceView } from '../../../media/chat/evidence.ts';
import { newExchange, withEvent, withinLimits } from '../../../src/chat/exchange.ts';
import type { PageMessage } from '../../../src/chat/protocol.ts';
import type { Evidence, Exchange } from '../../../src/chat/transcript.ts';
import { answered, question, recalled, text } from '../../chat-page/material.ts';
import { ScriptedService, told } from '../../chat-page/service.ts';
import { Desk, strings } from './support.ts';

const use = (at: number) => ({
  label: 'use' as const,
  path: `lib/f${at}.js`,
  lines: { start: at + 1, end: at + 1 },
  text: `etag(<b>${at}</b>)`,
  note: 'etag',
});
const evidence: Evidence = {
  kind: 'references',
  items: Array.from({ length: 9 }, (_, at) => use(at)),
  from: 0,
  count: 70,
  files: 9,
  names: 0,
  isComplete: true,
};
const scope = { base: { kind: 'workspace' }, terms: '' } as const;

/** The view of an exchange, and what it posts. */
function shown(exchange: Exchange): { view: HTMLElement | undefined; said: PageMessage[] } {
  const said: PageMessage[] = [];
  const context = { strings, post: (message: PageMessage) => said.push(message), announce: () => undefined };
  const view = evidenceView(exchange, { rest: 'closed' }, context);
  const root = document.createElement('div');
  if (view) root.append(view);
  return { view: view && root, said };
}

function exchangeWith(given: Evidence | undefined, isAnswered = true): Exchange {
  const begun = newExchange('x', { question, scope }, strings);
  const events = [
    recalled(),
    ...(given ? [{ kind: 'evidence' as const, evidence: given }] : []),
    ...(isAnswered ? [answered()] : []),
  ];
  return events.reduce((exchange, event) => withEvent(exchange, withinLimits(event), 1, strings), begun);
}

const all = (root: ParentNode | undefined, selector: string) => [...root!.querySelectorAll<HTMLElement>(selector)];

test('the evidence has its kind, an exact count and its first lines as text; a place is opened', () => {
  const { view, said } = shown(exchangeWith(evidence));
  expect(all(view, '.evidence-count')[0]?.textContent).toBe('70 places in 9 files');
  expect(view?.querySelector('select')?.value).toBe('references');
  expect(all(view, 'pre').map((pre) => pre.textContent)).toEqual([0, 1, 2, 3, 4, 5].map((at) => `etag(<b>${at}</b>)`));
  all(view, '.evidence-place')[1]?.click();
  expect(said).toEqual([{ kind: 'open', path: 'lib/f1.js', start: 2, end: 2 }]);
  all(view, '.others')[0]?.click();
  expect(all(view, 'li')).toHaveLength(9);
});

test('code stands without the indentation that all of it has, text wraps, and a file that is listed is its name', () => {
  const at = { ...use(1), path: 'lib/f1.js' };
  const items = [
    { ...at, text: '    if (x) {\n\n      y();' },
    { ...at, label: 'section' as const, text: '## Use\n\nCall it.' },
    { ...at, label: 'section' as const, text: '## Use\n\n| a | b |' },
    { ...at, label: 'match' as const, text: '' },
    { ...at, label: 'imported' as const, note: '9', text: 'x' },
  ];
  const { view } = shown(exchangeWith({ ...evidence, items }));
  const [code, section, , , imported] = all(view, 'li');
  expect(code?.querySelector('pre')?.textContent).toBe('if (x) {\n\n  y();');
  expect(all(view, 'pre').map((pre) => pre.className)).toEqual(['', 'prose', '', '']);
  expect(section?.querySelector('.folder')?.textContent).toBe('lib');
  expect(imported?.querySelector('.folder')?.textContent).toBe('lib · 9 files import this');
});

test('of a question of no kind all lines are listed: they are few, and all that there is', () => {
  const { view } = shown(exchangeWith({ ...evidence, kind: 'lines', count: 9, isComplete: false }));
  expect(all(view, 'li')).toHaveLength(9);
});

test('what is a choice, and how many names there are, is said', () => {
  const settings: Evidence = { ...evidence, kind: 'settings', names: 3, isComplete: false };
  const count = (given: Evidence) => all(shown(exchangeWith(given)).view, '.evidence-count')[0]?.textContent;
  expect(count(settings)).toBe('70 places in 9 files, 3 names, perhaps not all');
  expect(count({ ...settings, files: 1, names: 0 })).toBe('70 places in 1 file, perhaps not all');
  expect(count({ ...evidence, count: 1, files: 1 })).toBe('1 place');
});

test('of a question of no kind, the chip says so once it is answered', () => {
  expect(shown(exchangeWith(undefined, false)).view).toBeUndefined();
  const { view } = shown(exchangeWith(undefined));
  expect(view?.querySelector('select')?.value).toBe('none');
  expect(all(view, 'li')).toEqual([]);
});

test('a kind that is chosen asks the question again with it; not while it is answered', () => {
  const { view, said } = shown(exchangeWith(evidence));
  const select = view!.querySelector('select')!;
  select.value = 'definition';
  select.dispatchEvent(new Event('change'));
  expect(said).toEqual([{ kind: 'ask', question, evidenceKind: 'definition', replaces: 'x' }]);
  expect(shown(exchangeWith(evidence, false)).view?.querySelector('select')?.disabled).toBe(true);
});

test('the chosen kind goes with the question, keeps its scope and is asked again by a retry', async () => {
  const script = [...told([recalled()], text), { kind: 'event' as const, event: answered() }];
  const service = new ScriptedService(script);
  const desk = new Desk(service);
  const folder = { base: { kind: 'folder', path: 'lib' }, terms: '' } as const;
  await desk.controller.ask({ question, scope: folder });
  await desk.idle();
  const id = () => desk.exchanges.at(-1)!.id;
  await desk.controller.receive({ kind: 'ask', question, evidenceKind: 'history', replaces: id() });
  await desk.idle();
  await desk.controller.receive({ kind: 'act', action: 'retry', exchange: id() });
  await desk.idle();
  expect(service.asked.map(({ evidenceKind }) => evidenceKind)).toEqual([undefined, 'history', 'history']);
  expect(service.asked.map((asked) => asked.scope)).toEqual([folder, folder, folder]);
});

test('other pages are a step away, once all of this one is shown', () => {
  const turned = (from: number) => {
    const { view, said } = shown(exchangeWith({ ...evidence, from }));
    expect(view?.querySelector('.evidence-pages')).toBeNull();
    all(view, '.others')[0]?.click();
    const buttons = all(view, '.evidence-pages button');
    for (const button of buttons) button.click();
    return [all(view, '.evidence-pages span')[0]?.textContent, said];
  };
  expect(turned(0)).toEqual(['1 to 9 of 70', [{ kind: 'evidence', exchange: 'x', from: 9 }]]);
  const before = { kind: 'evidence', exchange: 'x', from: 10 };
  expect(turned(50)).toEqual(['51 to 59 of 70', [before, { ...before, from: 59 }]]);
  const only = shown(exchangeWith({ ...evidence, count: 9 }));
  all(only.view, '.others')[0]?.click();
  expect(only.view?.querySelector('.evidence-pages')).toBeNull();
});

test('a page is asked of the service with the question, its scope and its kind, and kept', async () => {
  const script = [
    ...told([recalled(), { kind: 'evidence', evidence }], text),
    { kind: 'event' as const, event: answered() },
  ];
  const service = new ScriptedService(script);
  service.page = { ...evidence, from: 40, items: [use(7)] };
  const desk = new Desk(service);
  await desk.controller.ask({ question, scope });
  await desk.idle();
  const { id } = desk.exchanges.at(-1)!;
  await desk.controller.receive({ kind: 'evidence', exchange: id, from: 40 });
  expect(service.pages).toEqual([{ question, scope, evidenceKind: 'references', from: 40, most: 40 }]);
  expect(desk.exchanges.at(-1)).toMatchObject({ state: { kind: 'answered' }, evidence: { from: 40, items: [use(7)] } });
  service.page = undefined;
  await desk.controller.receive({ kind: 'evidence', exchange: id, from: 80 });
  expect(desk.exchanges.at(-1)?.evidence?.from).toBe(40);
});

test('evidence that is too large for the page is cut', () => {
  const items = Array.from({ length: 100 }, () => ({ ...use(0), text: 'x'.repeat(9_000) }));
  const { evidence: kept } = exchangeWith({ ...evidence, items });
  expect(kept?.items).toHaveLength(40);
  expect(kept?.items[0]?.text).toHaveLength(1_500);
  expect(kept?.count).toBe(70);
});
