import { describe, expect, it } from 'vitest';
import { examineSecrets, placeholder } from '../../../src/workspace/files/secret.ts';
import rules from '../../../src/workspace/files/secrets/rules.json' with { type: 'json' };
import { figuresOf } from '../../eval/secrets/figures.ts';
import { holders } from '../../eval/secrets/holders.ts';
import { Values } from '../../eval/secrets/values.ts';

const kindOf = (path: string, text: string) => examineSecrets(path, text).kind;

describe('holders and harmless files', () => {
  it.each([101, 102, 103])('none is missed and none is wrong, seed %i', (seed) => {
    const { holders: positive, harmless: negative, missed, wrong } = figuresOf(seed);
    expect(positive).toBeGreaterThanOrEqual(150);
    expect(negative).toBeGreaterThanOrEqual(150);
    expect({ missed, wrong }).toEqual({ missed: [], wrong: [] });
  });
});

describe('masking', () => {
  it('keeps every line, says which, and shows the same for secrets of any length', () => {
    let masks = 0;
    for (const { path, text } of holders(new Values(7))) {
      const examined = examineSecrets(path, text);
      if (examined.kind !== 'masked') continue;
      masks++;
      expect(examined.text.split('\n').length, path).toBe(text.split('\n').length);
      const [before, after] = [text.split('\n'), examined.text.split('\n')];
      const changed = before.flatMap((line, at) => (line === after[at] ? [] : [at + 1]));
      for (const { line } of examined.found) expect(changed, path).toContain(line);
      for (const line of changed) expect(after[line - 1], path).toContain(placeholder);
    }
    expect(masks).toBeGreaterThan(50);
    const v = new Values(8);
    const masked = [12, 36, 200].map((length) => examineSecrets('a.ts', `f('ghp_${v.base62(length)}');\n`));
    expect(masked).toEqual(
      masked.map(() => ({
        kind: 'masked',
        text: "f('[secret]');\n",
        found: [{ line: 1, rule: 'GitHub token' }],
      })),
    );
  });

  it('finds nothing more in a text that is masked', () => {
    let masks = 0;
    for (const { path, text } of holders(new Values(9))) {
      const examined = examineSecrets(path, text);
      if (examined.kind !== 'masked') continue;
      masks++;
      expect(kindOf(path, examined.text), path).toBe('clean');
    }
    expect(masks).toBeGreaterThan(50);
  });

  it('works with every line end', () => {
    const v = new Values(10);
    const { whole, lines } = v.pem();
    for (const newline of ['\n', '\r\n', '\r']) {
      const text = ['const key = `', ...whole.split('\n'), '`;', 'const other = 1;'.repeat(100), ''].join(newline);
      const examined = examineSecrets('a.ts', text);
      expect(examined.kind).toBe('masked');
      if (examined.kind !== 'masked') continue;
      for (const line of lines) expect(examined.text).not.toContain(line);
      expect(examined.text).toContain('const other = 1;');
      expect(examined.text.split(newline).length).toBe(text.split(newline).length);
    }
  });
});

describe('hostile texts', () => {
  const KIB = 128;
  const pieces = [
    ...[
      'password',
      'password=',
      'password = "',
      '"password":',
      '${PASSWORD:-',
      '--password ',
      '<password>',
      'token?: a',
      'secret: &',
    ],
    ...[
      '-----BEGIN PRIVATE KEY-----',
      '-----BEGIN PRIVATE KEY-----\n',
      'Private-Lines: 3\n',
      '-',
      '://a:',
      '://a:b@',
      'Bearer aaaaaaaa',
    ],
    ...[
      'kind: Secret\ndata:\n  a: b\n',
      '---\nkind: Secret\n',
      '"kty":"RSA","d":"',
      '"github-oauth": {',
      'key="password" value="',
      '\\"',
      '{',
    ],
    ...rules.rules.flatMap(({ prefix }) => [prefix, `${prefix}a1B2`]),
  ];

  it.each(['a.ts', '.env', 'auth.json'])('cost time in proportion to their length: %s', (path) => {
    for (const piece of new Set(pieces)) {
      const text = piece.repeat(Math.ceil((KIB * 1024) / piece.length));
      const began = performance.now();
      examineSecrets(path, text);
      // A hundredth of it is usual: this is for what would take minutes.
      expect(performance.now() - began, JSON.stringify(piece)).toBeLessThan(20_000);
    }
  });
});
