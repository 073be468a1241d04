import { describe, expect, it } from 'vitest';
import { sizeLimit, skipByName, skipReasons } from '../../../../src/workspace/files/skip.ts';
import type { SkipReason } from '../../../../src/workspace/files/skip.ts';

const names: Partial<Record<SkipReason, string[]>> = {
  secret: [
    ...['a.p12', 'tls/server.PFX', 'release.keystore', 'android/upload.jks', 'team.kdbx', 'ios/app.mobileprovision'],
  ],
  'lock-file': [
    'package-lock.json',
    'a/b/yarn.lock',
    'Cargo.lock',
    'go.sum',
    'Gemfile.lock',
    'uv.lock',
    'pnpm-lock.yaml',
  ],
  binary: ['logo.PNG', 'a.tar.gz', 'font.woff2', 'model.onnx', 'x.pyc'],
  document: ['manual.pdf', 'Offer.DOCX', 'prices.xlsx', 'talk.pptx', 'letter.odt', 'book.epub'],
  minified: ['jquery.min.js', 'site-min.css', 'app.bundle.js'],
  generated: [
    ...['index.js.map', 'service.pb.go', 'user_pb2.py', 'tsconfig.tsbuildinfo', 'moc_widget.cpp', 'ui_form.h'],
    ...['Form1.Designer.cs', 'user.freezed.dart', 'a_grpc_pb.js', 'lex.yy.c', 'parse.tab.h', 'api.pb.gw.go'],
  ],
};
const wanted = [
  ...['.env', '.envrc', 'server.pem', 'tls/server.key', 'id_rsa', 'secrets.yaml', 'prod.tfvars', '.npmrc', '.netrc'],
  ...['src/a.ts', '.env.example', '.env.sample', 'example.env', 'src/credentials.ts', 'secrets.py', 'docs/env.md'],
  ...['id_rsa.pub', '.ssh/config', 'package.json', 'Makefile', '.gitignore', '.npmrc', 'Cargo.toml', 'LICENSE'],
  ...['data/small.csv', 'icon.svg', 'schema.sql', 'openapi.yaml', 'locales/en.json', 'keyboard.ts', 'min.ts', 'map.ts'],
  ...[
    'src/environment.ts',
    'README',
    'a.rst',
    'block.ts',
    'Dockerfile',
    '.github/workflows/ci.yml',
    'pb.go',
    'page.html',
  ],
];

describe('by name', () => {
  it.each(Object.entries(names))('%s', (reason, paths) => {
    expect(paths.map((path) => [path, skipByName(path, 5000)])).toEqual(paths.map((path) => [path, reason]));
  });

  it('lets documents, settings and sources through', () => {
    expect(wanted.filter((path) => skipByName(path, 5000))).toEqual([]);
  });

  it('by size: empty, too large, and data', () => {
    expect(skipByName('a.ts', 0)).toBe('empty');
    expect(skipByName('a.ts', 1 << 20)).toBeUndefined();
    expect(skipByName('a.ts', (1 << 20) + 1)).toBe('too-large');
    expect(skipByName('a.csv', 100_000)).toBeUndefined();
    expect(skipByName('a.csv', 100_001)).toBe('data');
    expect(skipByName('book.md', 900_000)).toBeUndefined();
  });

  it('has a sentence for every reason', () => {
    for (const sentence of Object.values(skipReasons)) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });
});

describe('what include names', () => {
  const included = { included: true };

  it('is read though it is generated, minified, data, large or a lock file', () => {
    for (const path of ['go.sum', 'a.min.js', 'service.pb.go', 'a.js.map'])
      expect(skipByName(path, 5000, included)).toBeUndefined();
    expect(skipByName('a.csv', 900_000, included)).toBeUndefined();
    expect(skipByName('a.ts', 4_000_000, included)).toBeUndefined();
    expect(skipByName('a.ts', sizeLimit('a.ts', included) + 1, included)).toBe('too-large');
  });

  it('stays out where it is a secret or no text', () => {
    expect(skipByName('tls/server.p12', 50, included)).toBe('secret');
    expect(skipByName('logo.png', 5000, included)).toBe('binary');
    expect(skipByName('manual.pdf', 5000, included)).toBe('document');
    expect(skipByName('a.ts', 0, included)).toBe('empty');
  });
});

describe('names that text may have', () => {
  it('are opened, whatever else has such names', () => {
    const paths = [
      'AppConfig.pkl',
      'opamp.lib',
      'manual.doc',
      'words.bin',
      'users.db',
      'run.out',
      'cube.obj',
      'zone.map',
    ];
    expect(paths.filter((path) => skipByName(path, 5000))).toEqual([]);
  });

  it('of a file that may stand for one in Git LFS are opened, too', () => {
    expect(['photo.png', 'weights.onnx', 'manual.pdf', 'app.min.js'].filter((path) => skipByName(path, 130))).toEqual(
      [],
    );
    expect(skipByName('server.p12', 130)).toBe('secret');
  });

  it('of a notebook let it be large, as pictures make it', () => {
    expect(skipByName('plots.ipynb', 5_000_000)).toBeUndefined();
    expect(skipByName('plots.ipynb', sizeLimit('plots.ipynb') + 1)).toBe('too-large');
  });
});
