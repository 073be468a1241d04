import { describe, expect, test } from 'vitest';
import { inquiryOf } from '../../../src/evidence/inquiry.ts';

const project = new Set(['shop']);

describe('what a question asks for', () => {
  test.each([
    ['What is this project about?', 'overview'],
    ['Worum geht es hier?', 'overview'],
    ['这个项目是做什么的？', 'overview'],
    ['How do I run the tests?', 'howto'],
    ['Wie starte ich das Projekt?', 'howto'],
    ['How do I configure this project?', 'howto'],
    ['Where is openLedger defined?', 'definition'],
    ['Wo ist openLedger definiert?', 'definition'],
    ['Où est défini openLedger ?', 'definition'],
    ['openLedger 在哪里定义？', 'definition'],
    ['openLedger はどこで定義されていますか？', 'definition'],
    ['Who uses openLedger?', 'references'],
    ['Where is openLedger used?', 'references'],
    ['What breaks if I change openLedger?', 'references'],
    ['Which files import Ledger?', 'references'],
    ['Wer benutzt openLedger?', 'references'],
    ['Wo wird openLedger verwendet?', 'references'],
    ['¿Quién usa openLedger?', 'references'],
    ['Где используется openLedger?', 'references'],
    ['谁调用了 openLedger？', 'references'],
    ['openLedger はどこで使われていますか？', 'references'],
    ['List all TODOs', 'list'],
    ['How many test cases are there?', 'list'],
    ['Which routes are there?', 'list'],
    ['Wie viele Klassen gibt es?', 'list'],
    ['列出所有的类', 'list'],
    ['How many Python files are there?', 'list'],
    ['Which environment variables are read?', 'settings'],
    ['Welche Umgebungsvariablen gibt es?', 'settings'],
    ['读取了哪些环境变量？', 'settings'],
    ['Which version of valibot do we use?', 'settings'],
    ['Welche Version von valibot brauchen wir?', 'settings'],
    ['Which setting turns the cache off?', 'settings'],
    ['Since when does openLedger take a place?', 'history'],
    ['Why is openLedger synchronous?', 'history'],
    ['Seit wann gibt es openLedger?', 'history'],
    ['为什么 openLedger 是同步的？', 'history'],
    ['What is the default lending time?', 'settings'],
    ['How many books are allowed at most?', 'settings'],
    ['Where is the default read timeout set?', 'settings'],
    ['Wie lang ist standardmäßig die Frist?', 'settings'],
    ['Under which licence is it?', 'settings'],
    ['TypeError: x is not a function', 'trace'],
    ['shop: error (at 3:0): no such book', 'trace'],
    ['unknown book "Emma" for reader "Ada"', 'trace'],
    ["reader can't take 'Emma' home", 'trace'],
    ['unsupported version "3" of the format', 'trace'],
    ["no default value for 'port' is set", 'trace'],
    ['lend failed: no such book', 'trace'],
    ['Où est défini "lendBook" dans le code', 'definition'],
    ["Quelle est la valeur par défaut de 'port'", 'settings'],
    ['It fails:\nTraceback (most recent call last):\n  File "a.py", line 3, in f\nKeyError: 1', 'trace'],
  ])('%s', (question, kind) => {
    expect(inquiryOf(question, project)?.kind).toBe(kind);
  });

  test.each([
    'How does the parser handle comments?',
    'Which classes handle the session of a logged-in user?',
    'How many books may a reader lend at the same time?',
    'Where is the session of a reader ended?',
    'Explain the retry loop',
    'What is the default export of index.ts?',
    'How does the default error handler work?',
    'Where is the default branch of the repo read?',
    "I don't understand what the parser doesn't do",
    'In the module "loans" explain the late fee',
    'In the module "loans", where is the late fee raised',
    'note: the parser is slow on Mondays',
    'What happens when openLedger is called twice?',
    'What is the role of the test function that proves the ledger in the pipeline of nightly checks?',
    'How does the environment variable of the ledger take part in choosing the printer and its queue of pages?',
    'Where does the value of openLedger decide which reader of the two gets the last book on the shelf?',
    '',
  ])('of no kind: %s', (question) => {
    expect(inquiryOf(question, project)).toBeUndefined();
  });
});

test('a reason is told apart from a date, and a default from another setting', () => {
  expect(inquiryOf('Why is openLedger synchronous?', project)).toMatchObject({ asks: 'why', names: ['openLedger'] });
  expect(inquiryOf('When was openLedger added?', project)).toMatchObject({ asks: 'when' });
  expect(inquiryOf('What is the default lending time?', project)).toMatchObject({ about: 'default' });
});

test('the licence of the project is told apart from code for licences', () => {
  const licence = { kind: 'settings', about: 'licence', words: [] };
  expect(inquiryOf('What licence does it have?', project)).toEqual(licence);
  expect(inquiryOf('Where is the licence of this project?', project)).toEqual(licence);
  expect(inquiryOf('Can you check which licence this is under?', project)).toEqual(licence);
  expect(inquiryOf('Where is the license key validated?', project)).toBeUndefined();
  expect(inquiryOf('Which function checks the license?', project)).toBeUndefined();
  expect(inquiryOf('How is the licensed user stored?', project)).toBeUndefined();
  expect(inquiryOf('Where is the licence used?', project)).toMatchObject({ kind: 'references' });
});

test('what is named goes with the kind', () => {
  expect(inquiryOf('Who calls `lendBook` in the tests?', project)).toEqual({ kind: 'references', names: ['lendBook'] });
  expect(inquiryOf('How do I build this?', project)).toEqual({ kind: 'howto', task: 'build' });
  expect(inquiryOf('List all error classes', project)).toEqual({ kind: 'list', what: 'error', words: [] });
  expect(inquiryOf('How many Rust files are there?', project)).toMatchObject({ what: 'file', endings: ['.rs'] });
  expect(inquiryOf('Which version of valibot do we use?', project)).toMatchObject({
    about: 'version',
    words: ['valibot'],
  });
});

test('a kind that the user chose is taken', () => {
  const question = 'openLedger';
  expect(inquiryOf(question, project)).toBeUndefined();
  expect(inquiryOf(question, project, 'references')).toEqual({ kind: 'references', names: ['openLedger'] });
  expect(inquiryOf('Who uses openLedger?', project, 'definition')).toEqual({
    kind: 'definition',
    names: ['openLedger'],
  });
});

test.each([
  ['Who calls retryJob in Oban.Repo?', ['retryJob', 'Oban.Repo', 'Repo']],
  ['Where is insert_all defined in Oban.Repo?', ['insert_all', 'Oban.Repo', 'Repo']],
  ['Where is Oban.JobRunner defined?', ['Oban.JobRunner', 'JobRunner']],
  ['Who uses lendBook of Vue.JS?', ['lendBook', 'Vue']],
])('beside a qualified name the function is asked for: %s', (question, names) => {
  expect(inquiryOf(question, project)).toMatchObject({ names });
});
