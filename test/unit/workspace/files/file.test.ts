import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { chmod, mkdir, open, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobHash, readText } from '../../../../src/workspace/files/file.ts';
import { git, place, put, repository } from '../place.ts';

const isRoot = process.getuid?.() === 0;
const skipped = (reason: string) => ({ kind: 'skipped', reason });

/** In the format of a real one, put together here. */
const token = ['ghp', '_', 'a1B2c3'.repeat(6)].join('');

describe('readText', () => {
  it('gives the text, and the hash that git has for the file', async () => {
    const files = {
      'a.ts': 'const a = 1;\r\nconst b = 2;\n',
      'ünïcode/日本.md': '# 日本語 😀\n',
      'bom.ts': '\uFEFFconst a = 1;\n',
      'no-newline': 'word',
    };
    const root = await repository(files);
    git(root, 'add', '-A');
    const hashes = new Map(
      git(root, 'ls-files', '-s', '-z')
        .split('\0')
        .slice(0, -1)
        .map((line) => [line.split('\t')[1], line.split(' ')[1]]),
    );
    for (const [path, content] of Object.entries(files)) {
      const bytes = Buffer.byteLength(content);
      const text = content.replace(/^\uFEFF/, '');
      expect(await readText(root, path)).toMatchObject({ kind: 'text', text, hash: hashes.get(path), bytes });
    }
  });

  it('reads text in any encoding, and skips what is none', async () => {
    const root = await place({
      'latin1.ts': Buffer.from('// Stra\xdfe, und noch mehr Text in dieser Zeile\n', 'latin1'),
      'utf16.ts': Buffer.from('\uFEFFconst a = 1;\n', 'utf16le'),
      'cut.ts': Buffer.from('// a word and the first byte of a letter: ä', 'utf8').subarray(0, -1),
      'surrogate.ts': Buffer.concat([Buffer.from('// some text before it '), Buffer.from([0xed, 0xa0, 0x80])]),
      'late-nul.ts': `${'const a = 1;\n'.repeat(100)}\0`,
      binary: Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0]),
      'blank.ts': ' \n\t\n',
      'empty.ts': '',
    });
    const reason = async (path: string) => {
      const result = await readText(root, path);
      return result.kind === 'skipped' ? result.reason : result.text;
    };
    expect(await reason('latin1.ts')).toBe('// Straße, und noch mehr Text in dieser Zeile\n');
    expect(await reason('utf16.ts')).toBe('const a = 1;\n');
    expect(await reason('cut.ts')).toMatch(/^\/\/ a word and the first byte of a letter/);
    expect(await reason('surrogate.ts')).toMatch(/^\/\/ some text before it/);
    expect(await reason('late-nul.ts')).toBe('binary');
    expect(await reason('binary')).toBe('binary');
    expect(await reason('blank.ts')).toBe('empty');
    expect(await reason('empty.ts')).toBe('empty');
  });

  it('reads text back as it was written, for any text', async () => {
    const root = await place();
    // Control characters make a file binary in the eyes of others; a mark at the front is not part of the text.
    const codePoint = fc
      .oneof(fc.integer({ min: 0x20, max: 0x17f }), fc.integer({ min: 0x180, max: 0x10ffff }))
      .filter((code) => code < 0xd800 || code > 0xdfff);
    const text = fc
      .array(codePoint, { minLength: 1, maxLength: 100 })
      .map((codes) => String.fromCodePoint(...codes))
      .map((text) => text.replace(/\p{Cc}/gu, '\n').replace(/^\uFEFF+/, ''))
      .filter((text) => text.trim() !== '' && !/PRIVATE KEY|edit|generated/i.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 20, maxLength: 30 }), async (texts) => {
        const names = texts.map((_, i) => `${i}.ts`);
        await Promise.all(texts.map((text, i) => writeFile(join(root, names[i]!), text)));
        const results = await Promise.all(names.map((name) => readText(root, name)));
        for (const [i, text] of texts.entries()) {
          expect(results[i]).toMatchObject({ kind: 'text', text, hash: blobHash(Buffer.from(text)) });
        }
      }),
      { numRuns: 2 },
    );
  });

  it('reads a file to its end, whatever its size was when it was opened, and not beyond the limit', async () => {
    const root = await place();
    const line = 'const value = 1;\n';
    const most = line.repeat(Math.floor((1 << 20) / line.length));
    await put(root, { 'most.ts': most, 'more.ts': most + line, 'all.ts': 'x\n'.repeat(1 << 19) });
    expect(await readText(root, 'most.ts')).toMatchObject({ kind: 'text', bytes: most.length });
    expect(await readText(root, 'all.ts')).toMatchObject({ kind: 'text', bytes: 1 << 20 });
    expect(await readText(root, 'more.ts')).toEqual(skipped('too-large'));
    await (await open(join(root, 'sparse.ts'), 'w')).close();
    await truncate(join(root, 'sparse.ts'), 100 * 1024 * 1024);
    expect(await readText(root, 'sparse.ts')).toEqual(skipped('too-large'));
  });

  it('never gives half a file that grows', async () => {
    const root = await place({ 'a.ts': 'const a = 1;\n' });
    const file = join(root, 'a.ts');
    for (let i = 0; i < 50; i++) {
      const reading = readText(root, 'a.ts');
      for (let k = 0; k < 20; k++) {
        appendFileSync(file, 'const a = 1;\n');
        await new Promise(setImmediate);
      }
      const result = await reading;
      if (result.kind === 'text') expect(result.text).toMatch(/^(?:const a = 1;\n)+$/);
    }
  });

  it('follows no link, and no path out of the root', async () => {
    const outside = await place({ 'secret.ts': 'outside\n' });
    const root = await place({ 'a.ts': 'inside\n', 'folder/b.ts': 'inside\n' });
    await symlink(join(outside, 'secret.ts'), join(root, 'link.ts'));
    await symlink(outside, join(root, 'out'));
    await symlink('a.ts', join(root, 'inner.ts'));
    await symlink('folder', join(root, 'alias'));
    await symlink('loop', join(root, 'loop'));
    expect(await readText(root, 'link.ts')).toEqual(skipped('symlink'));
    expect(await readText(root, 'inner.ts')).toEqual(skipped('symlink'));
    expect(await readText(root, 'out/secret.ts')).toEqual(skipped('symlink'));
    expect(await readText(root, 'loop')).toEqual(skipped('symlink'));
    expect(await readText(root, 'loop/a.ts')).toEqual(skipped('unreadable'));
    expect(await readText(root, 'alias/b.ts')).toMatchObject({ kind: 'text', text: 'inside\n' });
    expect(await readText(root, `../${outside.split('/').at(-1) ?? ''}/secret.ts`)).toEqual(skipped('unreadable'));
    expect(await readText(root, join(outside, 'secret.ts'))).toEqual(skipped('unreadable'));
    expect(await readText(root, 'folder/../../x')).toEqual(skipped('unreadable'));
    const elsewhere = `${root}-link`;
    await symlink(root, elsewhere);
    expect(await readText(elsewhere, 'a.ts')).toMatchObject({ kind: 'text' });
    await rename(elsewhere, join(outside, 'used'));
  });

  it('never throws for what is gone, closed, or no file', async () => {
    const root = await place({ 'a.ts': 'x' });
    await mkdir(join(root, 'folder.ts'));
    expect(await readText(root, 'absent.ts')).toEqual(skipped('unreadable'));
    expect(await readText(root, 'a.ts/b.ts')).toEqual(skipped('unreadable'));
    expect(await readText(root, 'folder.ts')).toEqual(skipped('unreadable'));
    expect(await readText(root, '')).toEqual(skipped('unreadable'));
    expect(await readText(root, 'nul\0.ts')).toEqual(skipped('unreadable'));
    expect(await readText(join(root, 'absent'), 'a.ts')).toEqual(skipped('unreadable'));
  });

  it.skipIf(process.platform === 'win32')('does not wait at a pipe', async () => {
    const root = await place();
    execFileSync('mkfifo', [join(root, 'pipe.ts')]);
    expect(await readText(root, 'pipe.ts')).toEqual(skipped('unreadable'));
  });

  it.skipIf(isRoot)('says so when a file may not be read', async () => {
    const root = await place({ 'closed.ts': 'x' });
    await chmod(join(root, 'closed.ts'), 0);
    expect(await readText(root, 'closed.ts')).toEqual(skipped('unreadable'));
  });

  it('never reads a secret, wherever it is asked for', async () => {
    const root = await place({
      '.env': 'PASSWORD=qz83\n',
      'deep/id_rsa': ['-----BEGIN RSA', 'PRIVATE KEY-----\nabc\n'].join(' '),
    });
    expect(await readText(root, '.env')).toEqual(skipped('secret'));
    expect(await readText(root, 'deep/id_rsa')).toEqual(skipped('secret'));
  });

  it('masks a secret in a source; the hash is that of the bytes on disk, and an exception is read as it stands', async () => {
    const text = `line 1\nconst a = '${token}';\nline 3\n`;
    const root = await place({ 'a.ts': text });
    const masked = [{ line: 2, rule: 'GitHub token' }];
    const hash = blobHash(Buffer.from(text));
    const read = { kind: 'text', text: "line 1\nconst a = '[secret]';\nline 3\n", masked, hash, bytes: text.length };
    expect(await readText(root, 'a.ts')).toMatchObject(read);
    expect(await readText(root, 'a.ts', { isExempt: (path) => path === 'a.ts' })).toMatchObject({
      text,
      masked: [],
      hash,
    });
  });
});
