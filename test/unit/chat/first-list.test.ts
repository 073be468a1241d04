// @vitest-environment jsdom
import { expect, test } from 'vitest';
import { ExchangeView } from '../../../media/chat/exchange.ts';
import { newExchange } from '../../../src/chat/exchange.ts';
import { answered, preliminary, question, ranked, recalled, read } from '../../chat-page/material.ts';
import { ScriptedService, told } from '../../chat-page/service.ts';
import { Desk, strings, whole } from './support.ts';

const rows = (root: ParentNode) => [...root.querySelectorAll<HTMLElement>('.ranked-file')];
const paths = (root: ParentNode) => rows(root).map(({ dataset }) => dataset['path']);

/** An exchange whose files stand by their words. */
function listed() {
  const context = { strings, post: () => undefined, announce: () => undefined };
  const view = new ExchangeView(newExchange('x', { question, scope: whole }, strings), context);
  document.body.replaceChildren(view.element);
  view.follow(preliminary, 1, 0);
  return { view, root: view.element };
}

test('files stand by their words first, and the list by meaning takes their place', () => {
  const { view, root } = listed();
  expect(paths(root).slice(0, 2)).toEqual(['lib/request.js', 'lib/response.js']);
  expect(root.textContent).toContain(strings.sorting);
  view.follow(recalled(), 2, 0);
  expect(paths(root)).toEqual(ranked.slice(0, 5).map(({ path }) => path));
  expect(root.textContent).not.toContain(strings.sorting);
});

test('the focus stays on its file when the list is ranked again and read from, or goes to the list without it', () => {
  const { view, root } = listed();
  rows(root)[0]?.focus();
  expect(document.activeElement).toBe(rows(root)[0]);
  view.follow(recalled(), 2, 0);
  expect(document.activeElement).toBe(rows(root)[2]);
  expect(paths(root)[2]).toBe('lib/request.js');
  view.follow(read, 3, 0);
  expect(document.activeElement).toBe(rows(root)[2]);
  view.follow(recalled(ranked.filter(({ path }) => path !== 'lib/request.js')), 4, 0);
  expect(document.activeElement?.tagName).toBe('SUMMARY');
});

test('files are marked in the editor by their meaning alone', async () => {
  const desk = new Desk(
    new ScriptedService([...told([preliminary, recalled(), read], 'A word.'), { kind: 'event', event: answered() }]),
  );
  await desk.controller.ask({ question, scope: whole });
  await desk.until(() => desk.ranked.length > 0);
  expect(desk.ranked).toEqual([ranked.map(({ path }) => path)]);
});
