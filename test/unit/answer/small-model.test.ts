import { expect, test } from 'vitest';
import { leastSupport } from '../../../src/answer/small-model.ts';

test.each([
  'How are sessions kept?',
  '- why is it closed?',
  'What happens when a loan ends?',
  'Wie werden Sitzungen gespeichert?',
  'Was passierte dann?',
  'Comment sont-elles gardées ?',
  'Que se passe-t-il ensuite ?',
  'Cómo se guardan?',
  'Qué pasaría sin ellas?',
  'Como são guardadas?',
  'Por que fecha?',
  'Come si salvano?',
  'Как они хранятся?',
  '会话怎么保存？',
  'セッションはどう保存されますか',
  '왜 닫히나요?',
])('"%s" asks how or why', (question) => {
  expect(leastSupport('lines', question)).toBe(0.9);
});

test.each([
  'How many sessions are kept?',
  'However many there are, where are they?',
  'Comments: where are they stripped?',
  'Commenting code: which key?',
  'Wie viele Sitzungen gibt es?',
  'Wiederholungen: wo stehen sie?',
  'Como muitos arquivos?',
  'Какой файл хранит их?',
  '保存されるかどうかはどこで決まりますか',
])('"%s" does not', (question) => {
  expect(leastSupport('lines', question)).toBe(0);
});

test('a trace, a history and a way to do something are never put together freely', () => {
  expect(leastSupport('trace', 'Error: none')).toBe(0.9);
  expect(leastSupport('howto', 'How do I run the tests?')).toBe(0.9);
  expect(leastSupport('list', 'How are they kept?')).toBe(0);
});
