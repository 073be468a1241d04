// @vitest-environment jsdom
import { expect, test } from 'vitest';
import { ExchangeView } from '../../../media/chat/exchange.ts';
import { newExchange } from '../../../src/chat/exchange.ts';
import { question, recalled } from '../../chat-page/material.ts';
import { strings } from './support.ts';

test('the header of an answer says who writes it and where the text goes, before the first word', () => {
  const scope = { base: { kind: 'workspace' }, terms: '' } as const;
  const context = { strings, post: () => undefined, announce: () => undefined };
  const view = new ExchangeView(newExchange('x', { question, scope }, strings), context);
  view.follow(recalled(), 1, 0);
  expect(view.element.querySelector('.answered-by')).toBeNull();
  const destination = { kind: 'network', address: 'models.example' } as const;
  view.follow({ kind: 'model', name: '<b>m</b>', destination }, 1, 0);
  const header = view.element.querySelector('.before .answered-by');
  expect(header?.textContent).toBe(
    'Answered by <b>m</b> at models.example: the question and lines of files were sent there',
  );
  expect(header?.querySelector('.codicon-globe')).not.toBeNull();
});
