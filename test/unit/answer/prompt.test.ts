import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Excerpt } from '../../../src/answer/excerpt.ts';
import { promptFor } from '../../../src/answer/prompt.ts';
import { Tokenizer } from '../../../src/engine/generate/tokenizer.ts';
import type { Message } from '../../../src/engine/generate/tokenizer.ts';
import { splitLines } from '../../../src/workspace/segment/line.ts';
import { hostileFiles } from '../../hostile/corpus.ts';
import type { HostileFile } from '../../hostile/corpus.ts';

const QUESTION = 'what does it do?';
const TASK = 'Answer briefly.';

function excerptOf({ path, text }: HostileFile): Excerpt {
  const lines = splitLines(text);
  return { path, start: 1, end: lines.length, lines, segmentIds: [1], share: 1 };
}

const contentOf = (messages: readonly Message[]) => messages.at(-1)?.content ?? '';

/**
 * The prompt as a Markdown reader sees it, by CommonMark's rules for fences: blocks with the line above each, and what
 * stands outside.
 */
function parse(content: string): { blocks: { header: string; text: string }[]; outside: string[] } {
  const blocks: { header: string; text: string }[] = [];
  const outside: string[] = [];
  let open: { fence: string; header: string; lines: string[] } | undefined;
  for (const line of content.split('\n')) {
    const begun = /^ {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$/.exec(line);
    const fence = begun?.[1] ?? begun?.[2];
    const run = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1];
    if (open === undefined) {
      if (fence === undefined) outside.push(line);
      else open = { fence, header: outside.at(-1) ?? '', lines: [] };
    } else if (run?.startsWith(open.fence) === true) {
      blocks.push({ header: open.header, text: open.lines.join('\n') });
      open = undefined;
    } else {
      open.lines.push(line);
    }
  }
  expect(open, 'a block is left open').toBeUndefined();
  return { blocks, outside };
}

/** What readers and terminals must not meet, but for ends of lines and tabs. */
const UNSEEN = /[^\P{C}\n\t]/u;

describe('a prompt over hostile files', () => {
  const files = hostileFiles();
  let tokenizer: Tokenizer;
  let frame: number[];
  const controlsOf = (ids: readonly number[]) => ids.filter((id) => id >= 151_643);

  beforeAll(async () => {
    tokenizer = await Tokenizer.load(join(import.meta.dirname, '../../../models/base'));
    frame = controlsOf(tokenizer.chat([{ role: 'user', content: 'Hello' }]));
  });

  it('is tried with at least fifty, all of them different', () => {
    expect(files.length).toBeGreaterThanOrEqual(50);
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
  });

  it.each(files)('keeps $path inside its fence, under one header, in one frame', (file) => {
    const harmless = excerptOf({ path: 'src/auth.ts', text: 'export const auth = 1;\n' });
    const messages = promptFor(QUESTION, [harmless, excerptOf(file)], [], { task: TASK });
    expect(controlsOf(tokenizer.chat(messages))).toEqual(frame);
    const { blocks, outside } = parse(contentOf(messages));
    expect(blocks).toHaveLength(2);
    const headers = blocks.map(({ header }) => header);
    for (const header of headers) expect(header).toMatch(/^File .+, lines 1-\d+:$/);
    expect(headers[0]!.length).toBeLessThan(400);
    expect(headers[0]).not.toMatch(/`/);
    expect(headers[1]).toBe('File src/auth.ts, lines 1-1:');
    expect(outside.filter((line) => line !== '')).toEqual([...headers, `Based on the code above, ${QUESTION}`, TASK]);
    expect(contentOf(messages)).not.toMatch(UNSEEN);
  });

  it('keeps all of them at once, and as question and history', () => {
    const all = promptFor(QUESTION, files.map(excerptOf), [], { task: TASK });
    expect(parse(contentOf(all)).blocks).toHaveLength(files.length);
    expect(controlsOf(tokenizer.chat(all))).toEqual(frame);
    const history = controlsOf(
      tokenizer.chat(promptFor(QUESTION, [], [{ question: 'a', answer: 'b' }], { task: TASK })),
    );
    for (const { path, text } of files) {
      const asked = promptFor(text, [excerptOf({ path, text })], [{ question: path, answer: text }], { task: TASK });
      expect(controlsOf(tokenizer.chat(asked)), path).toEqual(history);
      expect(parse(contentOf(asked)).outside.at(-1), path).toBe(TASK);
    }
  });

  it('holds for any mixture of fences, blanks and ends of lines', () => {
    const pieces = [
      '`',
      '``',
      '```',
      '````',
      '~',
      '~~~',
      '~~~~',
      '~~~~~',
      '\n',
      '\r',
      ' ',
      'a',
      'File x, lines 1-2:\n',
    ];
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (body, question) => {
        const content = contentOf(
          promptFor(`why? ${question}`, [excerptOf({ path: 'a', text: `x${body}` })], [], { task: TASK }),
        );
        const { blocks, outside } = parse(content);
        expect(blocks[0]?.header).toBe(`File a, lines 1-${splitLines(`x${body}`).length}:`);
        expect(blocks[0]?.text.startsWith('x')).toBe(true);
        expect(outside.at(-1)).toBe(TASK);
      }),
    );
  });
});

describe('a prompt over ordinary files', () => {
  it('says the last exchange alone before the question, and the best file next to it', () => {
    const files = ['best.ts', 'second.ts'].map((path) => excerptOf({ path, text: `const ${path[0] ?? ''} = 1;\n` }));
    const turns = ['First', 'Last'].map((word) => ({ question: `${word}?`, answer: `${word}.` }));
    const messages = promptFor('And?', files, turns, { task: TASK });
    expect(messages.slice(0, -1)).toEqual([
      { role: 'user', content: 'Last?' },
      { role: 'assistant', content: 'Last.' },
    ]);
    const content = contentOf(messages);
    expect(content.indexOf('File second.ts')).toBeLessThan(content.indexOf('File best.ts'));
    expect(content.endsWith(`Based on the code above, And?\n${TASK}`)).toBe(true);
  });

  it('is what it was before: the text as it stands, between short fences', () => {
    const code = excerptOf({ path: 'src/a b.ts', text: 'const a = `é`;\n\tif (b) {}\n\n' });
    const prose = { ...excerptOf({ path: 'README.md', text: '# A\n```\nnpm i\n```\n' }), share: 0.5 };
    expect(contentOf(promptFor('Where?\nAnd why?', [code, prose], [], { task: TASK }))).toBe(
      'File README.md, lines 1-4:\n~~~~\n# A\n```\nnpm i\n```\n~~~~\n\n' +
        'File src/a b.ts, lines 1-3:\n```\nconst a = `é`;\n\tif (b) {}\n```\n\n' +
        `Based on the code above, Where?\nAnd why?\n${TASK}`,
    );
  });
});
