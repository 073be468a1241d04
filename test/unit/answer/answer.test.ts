import { expect, test } from 'vitest';
import { answer } from '../../../src/answer/answer.ts';
import type { AnswerEvent, AnswerOptions } from '../../../src/answer/answer.ts';
import { EngineModel } from '../../../src/answer-model/engine-model.ts';
import { smallProfile } from '../../../src/answer-model/profile.ts';
import { withFolder } from '../memory/support.ts';
import { indexed, ScriptedEngine } from './support.ts';

const LOANS = `/** Lends a book to a reader for four weeks. */
export function lend(book: Book, reader: Reader): Loan {
  if (reader.fees > 0) throw new Error('The reader owes fees.');
  return { book, reader, due: inWeeks(4) };
}

/** Extends a loan once. */
export function renew(loan: Loan): Loan {
  return { ...loan, due: inWeeks(2) };
}
`;
const FILES = {
  'src/loans.ts': LOANS,
  'src/mail.ts': `/** Sends a reminder before a book is due. */
export function remind(loan: Loan): void {
  send(loan.reader.address, 'Your book is due.');
}
`,
  'README.md': '# Library\n\nA small library that lends books.\n',
};

const QUESTION = 'How does lend refuse a reader who owes fees?';
const ANSWER = 'The function `lend` throws an error when the reader owes fees. It also paints the moon green.';

/** All that happens on the way to an answer. */
async function ask(
  folder: string,
  question: string,
  options: AnswerOptions = {},
  engine = new ScriptedEngine(ANSWER),
  prepare: (place: Awaited<ReturnType<typeof indexed>>) => void = () => undefined,
): Promise<{ events: AnswerEvent[]; engine: ScriptedEngine }> {
  const place = await indexed(folder, FILES, engine);
  prepare(place);
  const events: AnswerEvent[] = [];
  try {
    await answer(place.search, question, options, (event) => {
      events.push(structuredClone(event));
    });
  } finally {
    place.index.close();
  }
  return { events, engine };
}

const streamed = (events: readonly AnswerEvent[]) =>
  events.flatMap((event) => (event.kind === 'token' ? [event.text] : [])).join('');
const kinds = (events: readonly AnswerEvent[]) => [...new Set(events.map(({ kind }) => kind))];

test('a question is answered in order: files, places, words, checks, sentences with their lines', () =>
  withFolder(async (folder) => {
    const { events, engine } = await ask(folder, QUESTION);
    expect(kinds(events)).toEqual([
      'recalled',
      'evidence',
      'read',
      'model',
      'prefilled',
      'token',
      'checking',
      'answered',
    ]);
    const recalled = events.find((event) => event.kind === 'recalled');
    expect(recalled?.files[0]).toMatchObject({ path: 'src/loans.ts', lines: [{ start: 1, end: 6 }, { start: 7 }] });
    expect(recalled?.files.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    const read = events.find((event) => event.kind === 'read');
    expect(read?.places[0]).toEqual({ path: 'src/loans.ts', start: 1, end: 5 });
    expect(read?.stale).toBe(0);
    const [sound] = ANSWER.split(' It also');
    expect(streamed(events)).toBe(`${sound} `);
    expect(events.filter(({ kind }) => kind === 'checking')).toEqual([{ kind: 'checking', sentences: 0, of: 1 }]);
    expect(events.at(-1)).toMatchObject({
      kind: 'answered',
      answer: {
        text: sound,
        leftOut: 1,
        ending: 'stop',
        sentences: [{ kind: 'supported', citation: { path: 'src/loans.ts', start: 2, end: 3 } }],
      },
    });
    expect(engine.prompts[0]).toMatchInlineSnapshot(`
      [
        {
          "content": "File README.md, lines 1-3:
      \`\`\`
      # Library

      A small library that lends books.
      \`\`\`

      File src/mail.ts, lines 1-4:
      \`\`\`
      /** Sends a reminder before a book is due. */
      export function remind(loan: Loan): void {
        send(loan.reader.address, 'Your book is due.');
      }
      \`\`\`

      File src/loans.ts, lines 1-5:
      \`\`\`
      /** Lends a book to a reader for four weeks. */
      export function lend(book: Book, reader: Reader): Loan {
        if (reader.fees > 0) throw new Error('The reader owes fees.');
        return { book, reader, due: inWeeks(4) };
      }
      \`\`\`

      File src/loans.ts, lines 7-10:
      \`\`\`
      /** Extends a loan once. */
      export function renew(loan: Loan): Loan {
        return { ...loan, due: inWeeks(2) };
      }
      \`\`\`

      Based on the code above, How does lend refuse a reader who owes fees?
      Answer in two or three sentences.",
          "role": "user",
        },
      ]
    `);
  }));

test('a model whose profile marks them keeps all sentences, with what rests on nothing and names that stand nowhere', () =>
  withFolder(async (folder) => {
    const engine = new ScriptedEngine(`${ANSWER} Then \`lend\` calls \`paintMoon\` for the reader who owes fees.`);
    const place = await indexed(folder, FILES, engine);
    const model = new EngineModel(place.search.engine, 'Large', {
      ...smallProfile,
      sentences: { kind: 'all' },
    });
    const events: AnswerEvent[] = [];
    await answer(place.search, QUESTION, { model }, (event) => events.push(event));
    place.index.close();
    expect(streamed(events)).toContain('paintMoon');
    expect(events.at(-1)).toMatchObject({
      answer: {
        leftOut: 0,
        sentences: [
          { kind: 'supported' },
          { kind: 'unsupported', sentence: { text: 'It also paints the moon green.' } },
          { unknown: ['paintMoon'] },
        ],
      },
    });
  }));

test('a small model is stopped after its last sentence, and the answer is whole', () =>
  withFolder(async (folder) => {
    const said = 'A reader who owes fees gets an error. The loan of a book lasts four weeks. A loan is extended once.';
    const engine = new ScriptedEngine(`${said} This is never said.`);
    const { events } = await ask(folder, QUESTION, {}, engine);
    expect(engine.options[0]?.signal?.aborted).toBe(true);
    expect(events.at(-1)).toMatchObject({ kind: 'answered', answer: { text: said, ending: 'stop', leftOut: 0 } });
  }));

test('where nothing of the model passes, nothing stands in for it, and what was left out is counted', () =>
  withFolder(async (folder) => {
    const engine = new ScriptedEngine('It calls `paintMoon`. It takes 77 days.');
    const { events } = await ask(folder, 'How long does it lend a book to a reader?', {}, engine);
    expect(streamed(events)).toBe('');
    expect(events.at(-1)).toMatchObject({ answer: { text: '', ending: 'stop', leftOut: 2, sentences: [] } });
  }));

test('of how something is done a small model says what stands in a run of lines, not what it puts together', () =>
  withFolder(async (folder) => {
    const mixed = 'A reader who owes fees gets a reminder before the book is due. Extends a loan once.';
    const { events } = await ask(folder, QUESTION, {}, new ScriptedEngine(mixed));
    expect(events.at(-1)).toMatchObject({ answer: { text: 'Extends a loan once.', leftOut: 1 } });
    const many = await ask(folder, 'How many weeks is a book lent to a reader?', {}, new ScriptedEngine(mixed));
    expect(many.events.at(-1)).toMatchObject({ answer: { leftOut: 0 } });
  }));

test('a question about something else is not put to the model', () =>
  withFolder(async (folder) => {
    const { events, engine } = await ask(folder, 'Which football club won yesterday evening?');
    expect(kinds(events)).toEqual(['recalled', 'unknown']);
    expect(events.at(-1)).toEqual({ kind: 'unknown', reason: 'far' });
    expect(engine.prompts).toEqual([]);
  }));

test('a question about the files of its scope is answered from them, though its words stand in none', () =>
  withFolder(async (folder) => {
    const question = 'What could these changes break?';
    const scope = () => new Set(['src/mail.ts']);
    const far = await ask(folder, question, { scope });
    expect(far.events.at(-1)).toEqual({ kind: 'unknown', reason: 'far' });
    const { events } = await ask(folder, question, { scope, isAboutScope: true });
    const read = events.find((event) => event.kind === 'read');
    expect(read?.places.map(({ path }) => path)).toEqual(['src/mail.ts']);
    expect(events.at(-1)?.kind).toBe('answered');
  }));

test('selected lines are read first, whatever the question says, and only once', () =>
  withFolder(async (folder) => {
    const selection = { path: 'src/mail.ts', start: 2, end: 3 };
    const { events, engine } = await ask(folder, 'Which football club won yesterday evening?', { selection });
    const read = events.find((event) => event.kind === 'read');
    expect(read?.places[0]).toEqual(selection);
    expect(read?.places.filter(({ path }) => path === 'src/mail.ts')).toEqual([selection]);
    expect(events.at(-1)?.kind).toBe('answered');
    expect(engine.prompts[0]?.at(-1)?.content).toContain('File src/mail.ts, lines 2-3:');
  }));

test('what changed on disk since it was indexed is left out and counted; if that is all, nothing is answered', () =>
  withFolder(async (folder) => {
    const { events, engine } = await ask(folder, QUESTION, {}, undefined, ({ write }) => {
      for (const path of Object.keys(FILES)) write(path, 'Other text now.\n');
    });
    expect(events.find((event) => event.kind === 'read')).toMatchObject({ places: [], stale: 5 });
    expect(events.at(-1)).toEqual({ kind: 'unknown', reason: 'changed' });
    expect(engine.prompts).toEqual([]);
  }));

test('a sentence whose lines change while it is written is no citation', () =>
  withFolder(async (folder) => {
    const engine = new ScriptedEngine(ANSWER);
    const { events } = await ask(folder, QUESTION, {}, engine, ({ write }) => {
      engine.meanwhile = () => {
        write('src/loans.ts', LOANS.replace('owes fees', 'is late'));
      };
    });
    const answered = events.find((event) => event.kind === 'answered');
    expect(answered?.answer.sentences[0]).toMatchObject({
      kind: 'unsupported',
      reason: 'Its source has changed meanwhile.',
    });
  }));

test('the model is given the last exchange, the sampling and the length that are asked for', () =>
  withFolder(async (folder) => {
    const history = [
      { question: 'What is this?', answer: 'A library.' },
      { question: 'What does lend do?', answer: 'It lends a book.' },
    ];
    const sampling = { kind: 'nucleus', temperature: 0.7, topP: 0.9, seed: 3, repetitionPenalty: 1 } as const;
    const { engine } = await ask(folder, QUESTION, { history, sampling, maxTokens: 7 });
    expect(engine.prompts[0]?.map(({ role, content }) => `${role}: ${content.slice(0, 20)}`).slice(0, 2)).toEqual([
      'user: What does lend do?',
      'assistant: It lends a book.',
    ]);
    expect(engine.options[0]).toMatchObject({ sampling, maxTokens: 7 });
  }));

test('an answer that is aborted ends with the reason', () =>
  withFolder(async (folder) => {
    const controller = new AbortController();
    const engine = new ScriptedEngine(ANSWER);
    engine.meanwhile = () => {
      controller.abort(new Error('Enough.'));
    };
    const asked = ask(folder, QUESTION, { signal: controller.signal }, engine);
    await expect(asked).rejects.toThrow('Enough.');
  }));

test('a citation in a notebook says its cell', () =>
  withFolder(async (folder) => {
    const cell = (source: string) => ({ cell_type: 'code', metadata: {}, outputs: [], execution_count: null, source });
    const cells = [cell('import numpy'), cell('def lend_quokka(reader):\n    return reader.fees\n')];
    const notebook = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });
    const engine = new ScriptedEngine('The function `lend_quokka` returns the fees of the reader.');
    const { search, index } = await indexed(folder, { 'loans.ipynb': notebook }, engine);
    const events: AnswerEvent[] = [];
    await answer(search, 'What does lend_quokka return?', {}, (event) => events.push(event));
    index.close();
    const answered = events.find((event) => event.kind === 'answered');
    expect(answered?.answer.sentences[0]).toMatchObject({ citation: { path: 'loans.ipynb', cells: 'cell 2:1-2' } });
    const recalled = events.find((event) => event.kind === 'recalled');
    expect(recalled?.files[0]?.lines[0]?.cells).toMatch(/^cell/);
  }));

test('before vectors are made for a question its files are told by their words, and once where none are made', () =>
  withFolder(async (folder) => {
    const engine = new ScriptedEngine(ANSWER);
    const { search, index } = await indexed(folder, FILES, engine, 'words');
    const ask = async (options: AnswerOptions) => {
      const events: AnswerEvent[] = [];
      await answer(search, QUESTION, options, (event) => events.push(event));
      return events;
    };
    try {
      expect(kinds(await ask({ embedMs: 0 })).slice(0, 2)).toEqual(['embedded', 'recalled']);
      const [first, second] = await ask({});
      expect([first?.kind, second?.kind]).toEqual(['preliminary', 'recalled']);
      expect(first?.kind === 'preliminary' && first.files[0]?.path).toBe('src/loans.ts');
      expect(index.embedded).toBe(index.length);
      expect(kinds(await ask({}))[0]).toBe('recalled');
    } finally {
      index.close();
    }
  }));

test('beside the evidence on how to do something nothing else is read', () =>
  withFolder(async (folder) => {
    const files = { ...FILES, 'package.json': '{\n  "scripts": {\n    "test": "node --test"\n  }\n}\n' };
    const { index, search } = await indexed(folder, files, new ScriptedEngine('Run `npm test`.'));
    const read: string[] = [];
    await answer(search, 'How do I run the tests?', {}, (event) => {
      if (event.kind === 'read') read.push(...event.places.map(({ path }) => path));
    });
    index.close();
    expect(read).toEqual(['package.json']);
  }));
