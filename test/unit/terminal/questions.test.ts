import { execFileSync } from 'node:child_process';
import { mkdtempSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readQuestions } from '../../../src/terminal/questions.ts';

const folder = mkdtempSync(join(tmpdir(), 'ask-codebase-questions-'));

function written(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

describe('a file of questions', () => {
  it('is read line by line, also through a link', async () => {
    const file = written('q.jsonl', '\ufeff{"id": "a", "question": "Who?"}\r\n\n{"id": "b", "question": "Why?"}');
    symlinkSync(file, join(folder, 'link.jsonl'));
    const expected = [
      { id: 'a', question: 'Who?' },
      { id: 'b', question: 'Why?' },
    ];
    expect(await readQuestions(file)).toEqual(expected);
    expect(await readQuestions(join(folder, 'link.jsonl'))).toEqual(expected);
  });

  it.skipIf(process.platform === 'win32')(
    'is refused with a sentence where reading could wait or never end',
    async () => {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      symlinkSync('/dev/zero', join(folder, 'zero.jsonl'));
      for (const odd of [pipe, '/dev/zero', join(folder, 'zero.jsonl'), folder, '/dev/null']) {
        await expect(readQuestions(odd), odd).rejects.toThrow(
          expect.objectContaining({ code: expect.stringMatching('^ask/') as unknown }),
        );
        await expect(readQuestions(odd), odd).rejects.toThrow(/is not a regular file/);
      }
    },
  );

  it('is refused where it is missing, too large, not UTF-8 or not JSON', async () => {
    await expect(readQuestions(join(folder, 'none'))).rejects.toThrow(/cannot be read/);
    const huge = written('huge', '');
    truncateSync(huge, 5_000_000_000);
    await expect(readQuestions(huge)).rejects.toThrow(/larger than 16 MB/);
    await expect(readQuestions(written('latin', Uint8Array.of(0x7b, 0xe9, 0x7d)))).rejects.toThrow(/not UTF-8/);
    await expect(readQuestions(written('bad', '{"id": "a", "question": "Who?"}\n{"id": 1}'))).rejects.toThrow(
      /Line 2 of/,
    );
  });
});
