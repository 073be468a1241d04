import { describe, expect, it } from 'vitest';
import type { AnswerEvent } from '../../../src/answer/answer.ts';
import { answeredBy } from '../../../src/chat/markdown.ts';
import { newExchange, withEvent } from '../../../src/chat/exchange.ts';
import { chatStrings } from '../../../src/chat/strings.ts';

const strings = chatStrings({ t: (message) => message });
const asked = newExchange('e1', { question: 'Why?', scope: { base: { kind: 'workspace' }, terms: '' } }, strings);
const after = (...events: readonly AnswerEvent[]) =>
  events.reduce((exchange, event) => withEvent(exchange, event, 1, strings), asked).partial;

describe('what an answer does not cover', () => {
  it('is first of all the files that are not indexed yet', () => {
    const embedded = { kind: 'embedded', segments: 1, ofSegments: 4 } as const;
    expect(after(embedded)).toBe('25% of the code is embedded so far; the rest was ranked by its words.');
    expect(after({ kind: 'partial', percent: 43 }, embedded)).toBe(
      'Indexing in progress: 43% of the files were searched, the most relevant first.',
    );
  });
});

describe('who answered, and where the text went', () => {
  it.each([
    [{ kind: 'process' } as const, 'Answered by m on this machine'],
    [{ kind: 'loopback', address: 'localhost:8080' } as const, 'Answered by m at localhost:8080'],
    [
      { kind: 'network', address: 'models.example' } as const,
      'Answered by m at models.example: the question and lines of files were sent there',
    ],
    [
      { kind: 'editor', vendor: 'copilot' } as const,
      'Answered by m: the question and lines of files were sent to copilot through the editor',
    ],
  ])('is one line for %j', (destination, line) => {
    const exchange = withEvent(asked, { kind: 'model', name: 'm', destination }, 1, strings);
    expect(answeredBy(exchange, strings)).toBe(line);
  });

  it('is left out where no model was asked', () => {
    expect(answeredBy(asked, strings)).toBeUndefined();
  });
});
