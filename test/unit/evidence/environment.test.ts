import { expect, test, vi } from 'vitest';
import { Corpus } from '../../../src/evidence/corpus.ts';
import { gatherEnvironment } from '../../../src/evidence/environment.ts';
import { indexed } from '../answer/support.ts';
import { withFolder } from '../memory/support.ts';
import { evidenceOver, shown } from './support.ts';
import type { Files } from './support.ts';

const QUESTION = 'Which environment variables are read?';

/** What is listed of made-up files. */
const listed = async (files: Files) => shown(await evidenceOver(files, QUESTION));

test.each([
  ['a.go', 'package a\n\nconst EnvMode = "DESK_MODE"\n\nfunc mode() string {\n\treturn os.Getenv(EnvMode)\n}\n'],
  ['b.go', 'package a\n\nconst (\n\tenvMode = "DESK_MODE"\n)\n\nvar mode, _ = os.LookupEnv(envMode)\n'],
  ['a.ts', "const NAME = 'DESK_MODE';\n\nexport const mode = process.env[NAME];\n"],
  [
    'b.ts',
    "class Names {\n  static readonly mode = 'DESK_MODE' as const;\n}\nconst own = process.env[Names.mode] ?? '';\n",
  ],
  ['a.py', 'KEY = "DESK_MODE"\n\n\ndef mode():\n    return os.environ[KEY]\n'],
  ['b.py', 'key = "DESK_MODE"  # as in the shell\nmode = os.environ.get(key, "slow")\n'],
  ['c.py', 'class Desk:\n    KEY = "DESK_MODE"\n\n    def mode(self):\n        return os.getenv(self.KEY)\n'],
  ['A.java', 'class A {\n  private static final String X = "DESK_MODE";\n  String mode = System.getenv(X);\n}\n'],
  ['a.kt', 'private const val MODE = "DESK_MODE"\n\nval mode = System.getenv(MODE) ?: "slow"\n'],
  ['a.scala', 'private val Mode = "DESK_MODE"\n\nval mode = sys.env.get(Mode)\n'],
  ['a.rs', 'const NAME: &str = "DESK_MODE";\n\nfn mode() -> String {\n    std::env::var(NAME).unwrap()\n}\n'],
  ['a.c', '#define MODE "DESK_MODE"\n\nconst char *mode(void) {\n  return getenv(MODE);\n}\n'],
  ['a.cpp', 'static const char kMode[] = "DESK_MODE";\n\nauto mode() {\n  return std::getenv(kMode);\n}\n'],
  [
    'A.cs',
    'class A {\n  private const string Mode = "DESK_MODE";\n  string mode = Environment.GetEnvironmentVariable(Mode);\n}\n',
  ],
  ['a.rb', "KEY = 'DESK_MODE'.freeze\n\nmode = ENV.fetch(KEY, nil)\n"],
  ['b.rb', "KEY = 'DESK_MODE'\n\nmode = ENV[KEY]\n"],
  ['a.php', "<?php\nclass A {\n  const KEY = 'DESK_MODE';\n  function mode() { return getenv(self::KEY); }\n}\n"],
  ['b.php', "<?php\ndefine('MODE_KEY', 'DESK_MODE');\n$mode = $_ENV[MODE_KEY];\n"],
  ['a.ex', 'defmodule Desk do\n  @key "DESK_MODE"\n\n  def mode, do: System.get_env(@key)\nend\n'],
  [
    'a.swift',
    'enum Keys {\n  static let mode = "DESK_MODE"\n}\nlet own = ProcessInfo.processInfo.environment[Keys.mode]\n',
  ],
  ['a.dart', "const modeKey = 'DESK_MODE';\n\nfinal mode = Platform.environment[modeKey];\n"],
  ['a.lua', 'local MODE_KEY = "DESK_MODE"\n\nlocal mode = os.getenv(MODE_KEY)\n'],
  ['a.zig', 'const key = "DESK_MODE";\n\nconst mode = std.posix.getenv(key);\n'],
])('%s: a variable behind a constant has its name', async (path, text) => {
  const line = text.split('\n').findIndex((one) => /env(?:iron|\b|\()|_ENV|ENV[.[]|Env(?:\(|ironmentV)/.test(one)) + 1;
  expect(await listed({ [path]: text })).toEqual([`variable ${path}:${line} DESK_MODE`]);
});

test.each([
  [
    'go',
    'a/use.go',
    'package a\n\nvar mode = os.Getenv(envMode)\n',
    'a/names.go',
    'package a\n\nconst envMode = "DESK"\n',
  ],
  [
    'go, of a package',
    'use.go',
    'package b\n\nvar m = os.Getenv(a.Mode)\n',
    'a/a.go',
    'package a\n\nconst Mode = "DESK"\n',
  ],
  [
    'ts',
    'use.ts',
    "import { MODE } from './names';\nconst m = process.env[MODE];\n",
    'names.ts',
    "export const MODE = 'DESK';\n",
  ],
  ['py', 'use.py', 'from names import mode\nm = os.environ[mode]\n', 'names.py', 'mode = "DESK"\n'],
  ['rs', 'use.rs', 'fn f() { env::var(names::MODE).ok(); }\n', 'names.rs', 'pub const MODE: &str = "DESK";\n'],
  [
    'c',
    'use.c',
    '#include "names.h"\nchar *m(void) { return getenv(MODE_NAME); }\n',
    'names.h',
    '#define MODE_NAME "DESK"\n',
  ],
  [
    'java',
    'Use.java',
    'class Use { String m = System.getenv(Names.MODE); }\n',
    'Names.java',
    'class Names {\n  static final String MODE = "DESK";\n}\n',
  ],
  [
    'swift',
    'use.swift',
    'let m = ProcessInfo.processInfo.environment[Keys.mode]\n',
    'keys.swift',
    'enum Keys {\n  static let mode = "DESK"\n}\n',
  ],
])('%s: a constant of another file too', async (_, use, text, names, constant) => {
  const line = text.split('\n').findIndex((one) => /env/i.test(one)) + 1;
  const found = await listed({ [use]: text, [names]: constant });
  expect(found.map((one) => one.replace(/:\d+ /, ' '))).toEqual([`variable ${use} DESK`]);
  expect(line).toBeGreaterThan(0);
});

test('a read whose name only the run can tell stands last and without a name', async () => {
  const files = {
    'a.ts': 'export function read(name: string) {\n  return process.env[name];\n}\n\nread(process.env.DESK);\n',
    'b.go': 'package b\n\nfunc get(key string) string {\n\treturn os.Getenv(key)\n}\n',
    'c.go': 'package b\n\nconst key = "NOT_THIS"\n',
  };
  expect(await listed(files)).toEqual(['variable a.ts:5 DESK', 'variable a.ts:2', 'variable b.go:4']);
});

test('such a read is listed once in a file, and neither a write, a removal nor a test is one', async () => {
  const files = {
    'a.py':
      'def swap(k, old):\n    now = os.environ[k]\n    log(os.environ[k])\n    os.environ[old] = now\n    del os.environ[old]\n',
    'tests/test_a.py': 'assert os.environ[key] == "1"\n',
  };
  expect(await listed(files)).toEqual(['variable a.py:2']);
});

test('neither a constant that is no name nor the head of a function is a read of a variable', async () => {
  const files = {
    'a.py': 'KEY = "two words"\n\ndef getenv(key):\n    return load(key)\n\nmode = os.environ[KEY]\n',
    'b.js': 'function getEnv(name) {\n  return load(name);\n}\n',
  };
  expect(await listed(files)).toEqual(['variable a.py:6']);
});

test.each([
  ['a method', 'a.js', 'class Desk {\n  getEnv(name) {\n    return process.env[name];\n  }\n}\n', 3],
  ['the body below', 'b.js', 'class Desk {\n  async getEnv(name)\n  {\n    return process.env[name];\n  }\n}\n', 4],
  [
    'a method of Go',
    'a.go',
    'package a\n\nfunc (d Desk) Getenv(key, other string) string {\n\treturn cmp.Or(os.Getenv(key), other)\n}\n',
    4,
  ],
])('the head of what reads a variable is no read of one: %s', async (_, path, text, line) => {
  expect(await listed({ [path]: text })).toEqual([`variable ${path}:${line}`]);
});

test('a parameter is no constant of the same name', async () => {
  const text = "const name = 'DESK';\nclass Desk {\n  getEnv(name) {\n    return load(name);\n  }\n}\n";
  expect(await listed({ 'a.js': text })).toEqual([]);
});

test('the files that may read a variable are looked up and read once, a constant once in a file', async () => {
  await withFolder(async (folder) => {
    const text = "import { MODE } from './names';\nuse(process.env[MODE]);\nuse(process.env[MODE]);\n";
    const { index } = await indexed(folder, { 'a.ts': text, 'names.ts': "export const MODE = 'DESK';\n" });
    const corpus = new Corpus({ index, prefix: '' });
    const holding = vi.spyOn(corpus, 'holding');
    const { items } = await gatherEnvironment(corpus, []);
    index.close();
    expect(items.map(({ lines, note }) => `${lines.start} ${note}`)).toEqual(['2 DESK', '3 DESK']);
    expect(holding.mock.calls.map(([words]) => words.length > 1)).toEqual([true, false]);
  });
});

test.each([
  ['a.php', "<?php\n$mode = $_ENV['DESK_MODE'];\n"],
  ['A.java', 'class A {\n  String mode = System.getenv().getOrDefault("DESK_MODE", "slow");\n}\n'],
  ['B.java', 'class B {\n  String mode = System.getenv().get("DESK_MODE");\n}\n'],
])('%s: a name in quotation marks', async (path, text) => {
  expect(await listed({ [path]: text })).toEqual([`variable ${path}:2 DESK_MODE`]);
});
