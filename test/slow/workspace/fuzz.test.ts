import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readText } from '../../../src/workspace/files/file.ts';
import { splitLines } from '../../../src/workspace/segment/line.ts';
import { segment } from '../../../src/workspace/segment/segment.ts';
import { decodeText } from '../../../src/workspace/files/encoding.ts';
import { skipReasons } from '../../../src/workspace/files/skip.ts';
import { found, git, place } from '../../unit/workspace/place.ts';
import { measure } from '../../unit/workspace/source.ts';

/**
 * Bytes as they come: noise, text with noise in it, text that is cut off in a letter, text with a mark at its front.
 */
const noise = fc.uint8Array({ maxLength: 400 });
const words = fc
  .array(
    fc.constantFrom('a', 'é', '日本', '😀', '\u2028', ' ', '\t', '{', '}', '/*', '*/', '"""', '\n', '\r\n', '\r'),
    {
      maxLength: 120,
    },
  )
  .map((parts) => Buffer.from(parts.join('')));
const bytes = fc.oneof(
  noise,
  words,
  fc.tuple(words, noise, words).map((parts) => Buffer.concat(parts)),
  fc.tuple(words, fc.nat(9)).map(([text, cut]) => text.subarray(0, Math.max(0, text.length - cut))),
  words.map((text) => Buffer.concat([Buffer.from('\uFEFF'), text])),
);

/** How often each line of a text (from 1) lies in a segment. */
function cover(text: string): number[] {
  const times = Array<number>(splitLines(text).length).fill(0);
  const segments = segment(text, { maxTokens: 40, measure });
  for (const { start, end } of segments) for (let line = start; line <= end; line++) times[line - 1]! += 1;
  expect(segments.map((part) => part.text).join('')).toBe(text);
  return times;
}

describe('arbitrary bytes', () => {
  it('that are text at all are cut so that every line lies in one segment, and no other throws', () => {
    let texts = 0;
    fc.assert(
      fc.property(bytes, (content) => {
        const text = decodeText(content);
        if (text === undefined) return;
        texts++;
        expect(cover(text).every((times) => times === 1)).toBe(true);
      }),
      { numRuns: 1000 },
    );
    expect(texts).toBeGreaterThan(100);
  });

  it('in a file are read as text or skipped for a reason', async () => {
    const root = await place();
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        await writeFile(join(root, 'a.ts'), content);
        const read = await readText(root, 'a.ts');
        seen.add(read.kind === 'text' ? 'text' : read.reason);
        if (read.kind === 'skipped') expect(skipReasons[read.reason]).toBeTruthy();
        else expect(cover(read.text).every((times) => times === 1)).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect([...seen]).toEqual(expect.arrayContaining(['text', 'binary', 'empty']));
  });
});

describe('a folder of arbitrary names, bytes and rules', () => {
  // No byte of a name may be 0 or a slash; all others may, UTF-8 or not.
  const name = fc
    .oneof(
      fc.constantFrom(
        '.gitignore',
        '.codebaseignore',
        '.gitmodules',
        'a.ts',
        'node_modules',
        'src',
        'SRC',
        '-x',
        '*',
        '\\',
      ),
      fc
        .uint8Array({ min: 1, max: 255, minLength: 1, maxLength: 12 })
        .map((raw) => Buffer.from(raw).toString('latin1')),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).map((text) => Buffer.from(text).toString('latin1')),
    )
    .filter((text) => !/[/\0]/.test(text) && !['.', '..', '.git'].includes(text.toLowerCase()));
  const file = fc.record({ path: fc.array(name, { minLength: 1, maxLength: 3 }), content: bytes });
  const tree = fc.array(file, { minLength: 1, maxLength: 8 });

  /** Writes a tree of names that are bytes, and says which there are, as text; what is in another's way is left out. */
  async function write(
    root: string,
    files: readonly { path: readonly string[]; content: Uint8Array }[],
  ): Promise<string[]> {
    const written: string[] = [];
    for (const { path, content } of files) {
      const full = Buffer.from([Buffer.from(root).toString('latin1'), ...path].join('/'), 'latin1');
      const folder = Buffer.from(dirname(full.toString('latin1')), 'latin1');
      try {
        await mkdir(folder, { recursive: true });
        await writeFile(full, content);
        written.push(Buffer.from(path.join('/'), 'latin1').toString());
      } catch {
        // A file in a folder's place, or a name that this file system refuses.
      }
    }
    return written;
  }

  it.each(['without git', 'with git'])(
    '%s is walked to its end, each file told once, and each candidate is read',
    async (how) => {
      let [candidates, told] = [0, 0];
      await fc.assert(
        fc.asyncProperty(tree, async (files) => {
          const root = await place();
          try {
            if (how === 'with git') git(root, 'init', '-q');
            const written = await write(root, files);
            const walked = await found(root);
            expect(new Set(walked.paths).size).toBe(walked.paths.length);
            if (!written.some((path) => path.includes('ignore'))) {
              const isTold = (path: string) =>
                walked.paths.some((told) => path === told || path.startsWith(`${told}/`));
              expect(written.filter((path) => !isTold(path))).toEqual([]);
              told += written.length;
            }
            for (const path of walked.candidates) {
              candidates++;
              const read = await readText(root, path);
              if (read.kind === 'text') expect(cover(read.text).every((times) => times === 1)).toBe(true);
              else expect(skipReasons[read.reason]).toBeTruthy();
            }
          } finally {
            await rm(root, { recursive: true, force: true });
          }
        }),
        { numRuns: how === 'with git' ? 25 : 100 },
      );
      expect(candidates).toBeGreaterThan(20);
      expect(told).toBeGreaterThan(20);
    },
  );
});
