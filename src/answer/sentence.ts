/** A part of an answer that can have a source: a sentence, a list item, or a whole code block. */
export interface Sentence {
  readonly text: string;
  readonly kind: 'prose' | 'code';
}

const FENCE = /^(?:```|~~~)/;
/** Headings, lone list marks and lead-ins ("The steps are:") claim nothing. */
const CLAIMLESS = /^(?:#{1,6}\s.*|[-*\d.\s]*|.{0,80}:)$/;

/** Lines that go on with nothing: blank ones, items of lists, headings, quotes, rows of tables. */
const BEGINS = /^\s*(?:$|[-*+]\s|\d+[.)]\s|#{1,6}\s|[>|])/;
/** Lines that nothing goes on with: headings and lead-ins. */
const ENDS = /^\s*#{1,6}\s|:\s*$/;

/** Splits an answer into sentences and code blocks, in order; what claims nothing is left out. */
export function sentences(answer: string): Sentence[] {
  const found: Sentence[] = [];
  let code: string[] | undefined;
  let paragraph: string[] = [];
  const flush = () => {
    found.push(...prose(paragraph.join(' ')));
    paragraph = [];
  };
  for (const line of answer.split('\n')) {
    if (FENCE.test(line.trim())) {
      flush();
      if (code && code.length > 0) found.push({ kind: 'code', text: code.join('\n') });
      code = code ? undefined : [];
    } else if (code) {
      code.push(line);
    } else {
      // A model that repeats wrapped prose wraps in mid-sentence too.
      if (BEGINS.test(line)) flush();
      paragraph.push(paragraph.length === 0 ? line : line.trim());
      if (ENDS.test(line)) flush();
    }
  }
  flush();
  if (code && code.length > 0) found.push({ kind: 'code', text: code.join('\n') });
  return found;
}

const splitter = new Intl.Segmenter('en', { granularity: 'sentence' });

function prose(line: string): Sentence[] {
  const joined: string[] = [];
  for (const { segment } of splitter.segment(line)) {
    const before = joined.at(-1);
    // "app.js" and "e.g. foo" are not ends: a sentence begins with a capital, a quote or a back-tick.
    if (before !== undefined && !/^\s*["'`(*]*\p{Lu}/u.test(segment)) joined[joined.length - 1] = before + segment;
    else joined.push(segment);
  }
  return joined
    .map((text) => text.trim())
    .filter((text) => text !== '' && !CLAIMLESS.test(text))
    .map((text) => ({ kind: 'prose', text }));
}
