import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attributed } from '../../src/answer/citation.ts';
import type { EarlyList } from '../../src/answer/early-lists.ts';
import type { AnswerEvent } from '../../src/answer/answer.ts';
import type { Evidence } from '../../src/evidence/evidence.ts';
import type { RankedFile } from '../../src/retrieve/ranked-files.ts';

/** Questions and answers for the page's scenes and tests, of the kind that the model gives about a web framework. */

const file = (path: string, share: number, start: number, end: number): RankedFile => ({
  path,
  share,
  lines: [{ start, end, share: share * 0.8 }],
});

export const ranked: readonly RankedFile[] = [
  file('lib/response.js', 0.387, 171, 200),
  file('lib/utils.js', 0.195, 1, 44),
  file('lib/request.js', 0.095, 448, 488),
  file('test/res.send.js', 0.082, 378, 412),
  file('test/res.sendFile.js', 0.06, 47, 71),
  file('test/req.stale.js', 0.045, 1, 21),
  file('lib/application.js', 0.021, 60, 94),
  file('examples/downloads/index.js', 0.011, 12, 40),
];

export const recalled = (files: readonly RankedFile[] = ranked): AnswerEvent => ({
  kind: 'recalled',
  files,
});

/** The files by their words: another order, and what is second by meaning is not among the first five. */
export const preliminary: EarlyList = {
  kind: 'preliminary',
  files: [2, 0, 3, 4, 5, 6, 7, 1].flatMap((at) => ranked[at] ?? []),
  percent: 100,
};

export const read = {
  kind: 'read',
  places: [
    { path: 'lib/response.js', start: 120, end: 200 },
    { path: 'lib/utils.js', start: 1, end: 80 },
    { path: 'lib/request.js', start: 448, end: 488 },
  ],
  stale: 0,
} satisfies AnswerEvent;

export const text = `The ETag of a response is made in \`res.send\`, just before the body is written. It asks the application for its \`etag fn\` setting and calls that function with the chunk and its encoding.

\`\`\`js
// populate ETag
var etag;
if (generateETag && len !== undefined) {
  if ((etag = etagFn(chunk, encoding))) {
    this.set('ETag', etag);
  }
}
\`\`\`

- The function itself is compiled from the \`etag\` setting by \`compileETag\` in \`lib/utils.js\`.
- **Weak** tags are the default. They are cached for an hour by the proxy in front of the server.

If the request is fresh, the status becomes 304 and the body is dropped.`;

const supported = (sentence: string, path: string, start: number, end: number, kind: 'prose' | 'code' = 'prose') =>
  ({
    kind: 'supported',
    sentence: { text: sentence, kind },
    citation: { path, start, end, overlap: 0.7 },
  }) satisfies Attributed;

export const attributed: readonly Attributed[] = [
  supported(
    'The ETag of a response is made in `res.send`, just before the body is written.',
    'lib/response.js',
    181,
    188,
  ),
  supported(
    'It asks the application for its `etag fn` setting and calls that function with the chunk and its encoding.',
    'lib/response.js',
    157,
    158,
  ),
  supported(text.split('```js\n')[1]?.split('\n```')[0] ?? '', 'lib/response.js', 181, 188, 'code'),
  supported(
    '- The function itself is compiled from the `etag` setting by `compileETag` in `lib/utils.js`.',
    'lib/utils.js',
    127,
    134,
  ),
  supported('- **Weak** tags are the default.', 'lib/utils.js', 129, 129),
  {
    kind: 'unsupported',
    sentence: { text: 'They are cached for an hour by the proxy in front of the server.', kind: 'prose' },
    reason: 'None of its words stand in the files that were read.',
  },
  supported('If the request is fresh, the status becomes 304 and the body is dropped.', 'lib/response.js', 190, 191),
];

export const answered = (answer = text, sentences: readonly Attributed[] = attributed): AnswerEvent => ({
  kind: 'answered',
  answer: {
    text: answer,
    ending: 'stop',
    sentences,
    leftOut: 0,
    promptTokens: 1_204,
    tokens: 143,
    prefillMs: 5_400,
    decodeMs: 6_500,
  },
});

interface EvidenceQuestion {
  readonly question: string;
  readonly evidence: Evidence;
}

/** What `evidence --json` gave for a question of each kind about this repository, the first items of each. */
export const evidenceQuestions = JSON.parse(
  readFileSync(join(import.meta.dirname, 'evidence.json'), 'utf8'),
) as readonly EvidenceQuestion[];

export const question = 'Where is the ETag of a response generated?';

/** What a hostile repository and a confused model bring: markup, directions, endless lines, fences that never close. */
export const hostile = {
  paths: [
    file('src/<img src=x onerror=alert(1)>/"quoted" & co.ts', 0.41, 1, 9),
    file('src/\u202Egnp.exe\u2066/evil.js', 0.22, 1, 9),
    file(`packages/${'deeply/'.repeat(20)}nested/${'a-very-long-file-name-'.repeat(8)}.component.test.ts`, 0.12, 1, 9),
  ],
  text: `<script>alert(1)</script> and <b onmouseover="alert(2)">bold</b> stay text. See [the docs](https://example.com/a?b=c), [run](javascript:alert(3)), [this file](lib/app.js:12) and ![pixel](https://example.com/p.gif).

A line ${'without_any_space_'.repeat(60)}ends.

An access level \u202E\u2066// admin only\u2069\u2066 that is not what it seems.

\`\`\`html
<img src=x onerror="alert(4)">${' '.repeat(4)}${'x'.repeat(10_000)}
\u202E reversed
\`\`\`

\`\`\`\`md
\`\`\`js
inner()
`,
};
