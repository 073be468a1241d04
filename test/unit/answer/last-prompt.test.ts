import { expect, test } from 'vitest';
import { EngineModel } from '../../../src/answer-model/engine-model.ts';
import { smallProfile } from '../../../src/answer-model/profile.ts';
import { answer } from '../../../src/answer/answer.ts';
import type { AnswerEvent, AnswerOptions } from '../../../src/answer/answer.ts';
import type { Engine } from '../../../src/engine/client/engine.ts';
import { LastPrompt } from '../../../src/answer/last-prompt.ts';
import type { Turn } from '../../../src/retrieve/multi-folder-search.ts';
import { withFolder } from '../memory/support.ts';
import { indexed, ScriptedEngine } from './support.ts';

const FILES = {
  'src/loans.ts': `/** Lends a book to a reader for four weeks. */
export function lend(book: Book, reader: Reader): Loan {
  if (reader.fees > 0) throw new Error('The reader owes fees.');
  return { book, reader, due: inWeeks(4) };
}
`,
  'src/mail.ts': `/** Sends a reminder before a book is due. */
export function remind(loan: Loan): void {
  send(loan.reader.address, 'Your book is due.');
}
`,
};
const SAID = 'The function `lend` throws an error when the reader owes fees.';
const FIRST = 'How does lend refuse a reader who owes fees?';
const NEXT = 'Which reader owes fees and gets an error?';

type Place = Awaited<ReturnType<typeof indexed>>;

/** Two questions of one conversation, and what happens between them. */
async function conversation(
  folder: string,
  between: (place: Place, lastPrompt: LastPrompt) => unknown = () => undefined,
  how: AnswerOptions = {},
  files: Readonly<Record<string, string>> = FILES,
  said: Partial<Pick<ScriptedEngine, 'keptTokens' | 'promptTokens'>> = {},
) {
  const engine = said instanceof ScriptedEngine ? said : Object.assign(new ScriptedEngine(SAID), said);
  const place = await indexed(folder, files, engine);
  const lastPrompt = new LastPrompt();
  const ask = async (question: string, history: readonly Turn[], options: AnswerOptions = {}) => {
    const events: AnswerEvent[] = [];
    await answer(place.search, question, { history, lastPrompt, ...options }, (event) => events.push(event));
    return events;
  };
  try {
    await ask(FIRST, [], how.model && { model: how.model });
    await between(place, lastPrompt);
    const events = await ask(NEXT, [{ question: FIRST, answer: SAID }], how);
    const [first = [], next = []] = engine.prompts;
    return { first, next, events };
  } finally {
    place.index.close();
  }
}

const goesOn = ({ first, next }: Awaited<ReturnType<typeof conversation>>) =>
  JSON.stringify(next.slice(0, first.length)) === JSON.stringify(first);

test('the next question stands behind all that was read and said, with its own evidence alone', () =>
  withFolder(async (folder) => {
    const found = await conversation(folder);
    const { first, next, events } = found;
    expect(goesOn(found)).toBe(true);
    const [said, asked, ...rest] = next.slice(first.length);
    expect([said, rest]).toEqual([{ role: 'assistant', content: SAID }, []]);
    // The evidence for this question stands next to it, and nothing else comes again.
    expect(asked?.content).toContain('File src/loans.ts, lines 1-5:');
    expect(asked?.content).not.toContain('src/mail.ts');
    // What was shown before is a source still.
    const answered = events.at(-1);
    expect(answered).toMatchObject({
      answer: { leftOut: 0, sentences: [{ kind: 'supported', citation: { path: 'src/loans.ts', start: 2, end: 3 } }] },
    });
    expect(events.find((event) => event.kind === 'read')?.places.map(({ path }) => path)).toContain('src/mail.ts');
  }));

test.each([
  [
    'a shown line has changed',
    ({ write }: Place) => {
      write('src/loans.ts', `\n${FILES['src/loans.ts']}`);
    },
  ],
  ['a shown file was forgotten', ({ index }: Place) => index.forget(['src/mail.ts'])],
  [
    'the prompt was dropped',
    (_: Place, last: LastPrompt) => {
      last.drop();
    },
  ],
])('it begins anew where %s', (_, between) =>
  withFolder(async (folder) => {
    const found = await conversation(folder, between);
    expect(goesOn(found)).toBe(false);
    expect(found.next.slice(0, 2)).toEqual([
      { role: 'user', content: FIRST },
      { role: 'assistant', content: SAID },
    ]);
  }),
);

test('nothing of a forgotten file is in the next prompt', () =>
  withFolder(async (folder) => {
    const { first, next } = await conversation(folder, ({ index }) => index.forget(['src/mail.ts']));
    expect(JSON.stringify(first)).toContain('Your book is due');
    expect(JSON.stringify(next)).not.toContain('Your book is due');
  }));

test('it begins anew over some of the files, and with another answer before it', () =>
  withFolder(async (folder) => {
    expect(goesOn(await conversation(folder, undefined, { scope: () => undefined }))).toBe(false);
    const other = { history: [{ question: FIRST, answer: 'Something else.' }] };
    expect(goesOn(await conversation(`${folder}/b`, undefined, other))).toBe(false);
  }));

test('it begins anew where the model keeps little of what it read', () =>
  withFolder(async (folder) => {
    const asked = (keptTokens: number) => {
      const said = { keptTokens, promptTokens: 100 };
      return conversation(`${folder}/${keptTokens}`, undefined, {}, FILES, said);
    };
    expect(goesOn(await asked(100))).toBe(true);
    expect(goesOn(await asked(0))).toBe(false);
    expect(goesOn(await asked(40))).toBe(false);
  }));

test('it begins anew where the context has no room for what would be added', () =>
  withFolder(async (folder) => {
    const profile = { ...smallProfile, firstToken: 30, excerpts: { least: 800, most: 3_000 }, answerTokens: 700 };
    const asked = (tokens: number) => {
      const said = { keptTokens: tokens, promptTokens: tokens };
      const engine = Object.assign(new ScriptedEngine(SAID), said);
      const model = new EngineModel(engine as unknown as Engine, 'Large', profile);
      return conversation(`${folder}/${tokens}`, undefined, { model }, FILES, engine);
    };
    expect(goesOn(await asked(5_000))).toBe(true);
    expect(goesOn(await asked(5_800))).toBe(false);
  }));

test('a question that goes on brings at most two fifths of the file text', () =>
  withFolder(async (folder) => {
    const parts = Array.from({ length: 40 }, (_, at): [string, string] => [
      `src/fees${at}.ts`,
      `/** What a reader owes, part ${at}. */\nexport function fees${at}(reader: Reader) {\n${`  owe(reader, error${at});\n`.repeat(12)}}\n`,
    ]);
    const files: Record<string, string> = { ...FILES, ...Object.fromEntries(parts) };
    const { first, next } = await conversation(folder, undefined, {}, files);
    const length = (messages: typeof first) => messages.reduce((sum, { content }) => sum + content.length, 0);
    const added = length(next) - length(first);
    expect(added).toBeGreaterThan(0.1 * length(first));
    expect(added).toBeLessThan(0.5 * length(first));
  }));

/** A place with a prompt that was answered from the file of loans. */
async function shown(folder: string) {
  const place = await indexed(folder, FILES);
  const last = new LastPrompt();
  const excerptOf = async (path: string) => {
    const lines = (await place.search.lines(path)) ?? [];
    return { path, start: 1, end: lines.length, lines, segmentIds: [], share: 0 };
  };
  const promptOf = async (model: string, path: string) => ({
    ...{ model, messages: [], notes: [] },
    excerpts: [await excerptOf(path)],
  });
  const first = await promptOf('A', 'src/loans.ts');
  last.begin(first);
  last.end(first, { question: FIRST, answer: SAID, tokens: 10 });
  return { ...place, last, promptOf };
}

test.each(['A', 'B'])('what a model may still keep is checked after a question to %s that never ended', (model) =>
  withFolder(async (folder) => {
    const { index, search, last, promptOf } = await shown(folder);
    try {
      last.begin(await promptOf(model, 'src/mail.ts'));
      expect(await last.stands(search)).toBe(true);
      await index.forget(['src/loans.ts']);
      expect(await last.stands(search)).toBe(false);
    } finally {
      index.close();
    }
  }),
);

test('what a model read over is not checked any more', () =>
  withFolder(async (folder) => {
    const { index, search, last, promptOf } = await shown(folder);
    try {
      const next = await promptOf('A', 'src/mail.ts');
      last.begin(next);
      last.end(next, { question: NEXT, answer: SAID, tokens: 10 });
      await index.forget(['src/loans.ts']);
      expect(await last.stands(search)).toBe(true);
    } finally {
      index.close();
    }
  }));

test('an answer that ends behind another is not taken for that one', () =>
  withFolder(async (folder) => {
    const { index, search, last, promptOf } = await shown(folder);
    try {
      const [one, other] = [await promptOf('A', 'src/loans.ts'), await promptOf('A', 'src/mail.ts')];
      last.begin(one);
      last.begin(other);
      last.end(one, { question: FIRST, answer: SAID, tokens: 10 });
      const found = await last.goingOn(search, [{ question: FIRST, answer: SAID }], { model: 'A', most: 100 });
      expect(found?.excerpts.map(({ path }) => path)).toEqual(['src/loans.ts']);
      await index.forget(['src/mail.ts']);
      expect(await last.stands(search)).toBe(false);
    } finally {
      index.close();
    }
  }));

test('a commit that tells of a file stands as long as the file may be read', () =>
  withFolder(async (folder) => {
    const { index, search, last, promptOf } = await shown(folder);
    try {
      const place = { path: 'src/mail.ts', start: 1, end: 2 };
      const next = { ...(await promptOf('A', 'src/loans.ts')), notes: [{ heading: 'Commit', text: 'Mail', place }] };
      last.begin(next);
      expect(await last.stands(search)).toBe(true);
      await index.forget(['src/mail.ts']);
      expect(await last.stands(search)).toBe(false);
    } finally {
      index.close();
    }
  }));
