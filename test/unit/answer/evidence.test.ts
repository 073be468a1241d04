import { expect, test, vi } from 'vitest';
import { answer } from '../../../src/answer/answer.ts';
import type { AnswerEvent, AnswerOptions } from '../../../src/answer/answer.ts';
import { EngineModel } from '../../../src/answer-model/engine-model.ts';
import { profileOfContext, smallProfile } from '../../../src/answer-model/profile.ts';
import { beside, readEvidence } from '../../../src/answer/evidence-excerpt.ts';
import type { Engine } from '../../../src/engine/client/engine.ts';
import { evidenceFor } from '../../../src/evidence/gather.ts';
import type { RankedSegment } from '../../../src/retrieve/ranked-files.ts';
import { withFolder } from '../memory/support.ts';
import { indexed, ScriptedEngine } from './support.ts';

const FILES = {
  'README.md': '# Library\n\nA small library that lends books.\n',
  'src/loans.ts': '/** Lends a book. */\nexport function lend(book: string): Loan {\n  return { book };\n}\n',
  'src/desk.ts': "import { lend } from './loans.ts';\n\nexport const desk = () => lend(process.env.BOOK);\n",
  'src/other.ts': 'export const lendable = 1;\n',
};

/** What happens on the way to an answer, and what the model was given. */
function ask(question: string, options: AnswerOptions = {}): Promise<{ events: AnswerEvent[]; prompt: string }> {
  return withFolder(async (folder) => {
    const { search, index, engine } = await indexed(folder, FILES, new ScriptedEngine('The desk uses `lend`.'));
    const events: AnswerEvent[] = [];
    try {
      await answer(search, question, options, (event) => events.push(event));
    } finally {
      index.close();
    }
    return { events, prompt: engine.prompts[0]?.at(-1)?.content ?? '' };
  });
}

const kinds = (events: readonly AnswerEvent[]) => [...new Set(events.map(({ kind }) => kind))];
const evidenceIn = (events: readonly AnswerEvent[]) =>
  events.flatMap((event) => (event.kind === 'evidence' ? [event.evidence] : []))[0];

test('evidence is told before the model reads, and the model reads it next to the question, with the count', async () => {
  const { events, prompt } = await ask('Who uses `lend`?');
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
  expect(evidenceIn(events)).toMatchObject({ kind: 'references', count: 3, files: 2 });
  const read = events.find((event) => event.kind === 'read');
  expect(read?.places.slice(0, 2)).toEqual([
    { path: 'src/loans.ts', start: 1, end: 4 },
    { path: 'src/desk.ts', start: 1, end: 3 },
  ]);
  expect(prompt).toMatch(
    /File src\/loans\.ts, lines 1-4:[^]*Counted in all files:\n```\n3 lines in 2 files\n```\n\nBased/,
  );
});

test('a question whose words stand nowhere is answered where there is evidence', async () => {
  const { events, prompt } = await ask('Welche Umgebungsvariablen gibt es?');
  expect(evidenceIn(events)).toMatchObject({ kind: 'settings', items: [{ path: 'src/desk.ts', note: 'BOOK' }] });
  expect(events.at(-1)?.kind).toBe('answered');
  expect(prompt).toContain('process.env.BOOK');
});

test('the kind that the user chose counts', async () => {
  expect(evidenceIn((await ask('What does `lend` return?')).events)?.kind).toBe('definition');
  const { events } = await ask('What does `lend` return?', { evidenceKind: 'references' });
  expect(evidenceIn(events)?.kind).toBe('references');
});

test('no model of this process is asked for what a complete list says, and a server is', () =>
  withFolder(async (folder) => {
    const uses = Array.from({ length: 9 }, (_, at) => `export const desk${at} = () => lend('${at}');\n`).join('');
    const files = { ...FILES, 'src/desks.ts': `import { lend } from './loans.ts';\n${uses}` };
    const { search, index, engine } = await indexed(folder, files, new ScriptedEngine('The desk uses `lend`.'));
    const large = new EngineModel(engine as unknown as Engine, 'Large', {
      ...smallProfile,
      sentences: { kind: 'all' },
    });
    const events: AnswerEvent[] = [];
    await answer(search, 'Who uses `lend`?', {}, (event) => events.push(event));
    expect(events.at(-1)).toMatchObject({ kind: 'answered', answer: { text: '', tokens: 0, ending: 'stop' } });
    expect(engine.prompts).toEqual([]);
    await answer(search, 'Who uses `lend`?', { model: large }, (event) => events.push(event));
    expect(engine.prompts).toEqual([]);
    const server = new EngineModel(engine as unknown as Engine, 'Server', profileOfContext(8_000));
    await answer(search, 'Who uses `lend`?', { model: server }, (event) => events.push(event));
    expect(events.at(-1)).toMatchObject({ kind: 'answered', answer: { text: 'The desk uses `lend`.' } });
    index.close();
  }));

test('a small model is not asked how and why in a long question: its lines are the answer', () =>
  withFolder(async (folder) => {
    const { search, index, engine } = await indexed(folder, FILES, new ScriptedEngine('The desk uses `lend`.'));
    const events: AnswerEvent[] = [];
    const question = 'How does the desk lend a book';
    await answer(search, `${question} to a reader, and why is it then lent to nobody else?`, {}, (event) => {
      events.push(event);
    });
    expect(evidenceIn(events)?.kind).toBe('lines');
    expect(events.at(-1)).toMatchObject({ kind: 'answered', answer: { text: '', tokens: 0, ending: 'stop' } });
    expect(engine.prompts).toEqual([]);
    await answer(search, `${question}?`, {}, () => undefined);
    expect(engine.prompts).toHaveLength(1);
    index.close();
  }));

test('a question of no kind is shown the lines that it points to, unless nobody wants them', async () => {
  const question = 'How does the desk lend a book?';
  expect(evidenceIn((await ask(question)).events)).toMatchObject({ kind: 'lines', isComplete: false });
  expect(kinds((await ask(question, { evidenceKind: 'none' })).events)).not.toContain('evidence');
});

test('of a segment that the evidence holds for the most part, nothing is read once more', () => {
  const segment = { path: 'a.ts', start: 1, end: 10 } as RankedSegment;
  const excerpt = (start: number, end: number) => ({ path: 'a.ts', start, end, lines: [], segmentIds: [], share: 0 });
  expect(beside([segment], [excerpt(3, 4)])).toEqual([segment]);
  expect(beside([segment], [excerpt(1, 3), excerpt(9, 10)])).toEqual([]);
});

test('a file that holds several runs of the evidence is read once for the model', () =>
  withFolder(async (folder) => {
    const apart = Array.from({ length: 40 }, (_, at) => (at % 20 === 0 ? "lend('x');" : `const a${at} = ${at};`));
    const { search, index } = await indexed(folder, { ...FILES, 'src/desks.ts': apart.join('\n') });
    const evidence = await evidenceFor(search, 'Who uses `lend`?');
    const read = vi.spyOn(search, 'lines');
    const { excerpts } = await readEvidence(search, evidence!, 4_000);
    expect(excerpts.filter(({ path }) => path === 'src/desks.ts')).toHaveLength(2);
    expect(read.mock.calls.filter(([path]) => path === 'src/desks.ts')).toHaveLength(1);
    index.close();
  }));
