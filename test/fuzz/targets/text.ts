import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readText } from '../../../src/workspace/files/file.ts';
import { splitLines } from '../../../src/workspace/segment/line.ts';
import { segment } from '../../../src/workspace/segment/segment.ts';
import { skipReasons } from '../../../src/workspace/files/skip.ts';
import { measure } from '../../unit/workspace/source.ts';
import { promised } from '../target.ts';
import type { Target } from '../target.ts';

/** Names whose endings decide how bytes are read; the first byte of an input chooses one. */
const NAMES = [
  'a.ts',
  'a.ipynb',
  'a.csv',
  'a.md',
  'a.json',
  'a.py',
  'a.html',
  'a.svg',
  'README',
  'a.txt',
  'a.xml',
  'a.env',
];

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fuzz-text-')));

/** Files of unknown content: bytes to text, text to segments. */
export const text: Target = {
  name: 'text',
  dictionary: [
    ...[
      '\uFEFF',
      '\r\n',
      '\r',
      '\n',
      '\0',
      '\u2028',
      'a'.repeat(5_000),
      '{"cells":[',
      '"source":["',
      ']}',
      '"""',
      '/*',
      '*/',
    ],
    ...[
      '-----BEGIN PRIVATE KEY-----\n',
      'AKIA',
      'ghp_',
      'password=',
      'data:image/png;base64,',
      '[[[[[[[[[[',
      '😀',
      'é',
    ],
    ...[
      Uint8Array.of(0xff, 0xfe),
      Uint8Array.of(0xfe, 0xff),
      Uint8Array.of(0xc3),
      Uint8Array.of(0xe9),
      Uint8Array.of(0x81),
    ],
  ],
  run: async (input) => {
    const name = NAMES[(input[0] ?? 0) % NAMES.length] ?? 'a.ts';
    writeFileSync(join(folder, name), input.subarray(1));
    const read = await readText(folder, name);
    if (read.kind === 'skipped') {
      promised(read.reason in skipReasons, `"${read.reason}" is a reason that has a sentence.`);
      return;
    }
    const segments = segment(read.text, { maxTokens: 64, measure });
    promised(segments.map((part) => part.text).join('') === read.text, 'The segments hold the text, in order.');
    const lines = splitLines(read.text).length;
    promised(lines === 0 || segments.at(-1)?.end === lines, 'The last segment ends with the last line.');
  },
  end: () => {
    rmSync(folder, { recursive: true, force: true });
    return Promise.resolve();
  },
};
