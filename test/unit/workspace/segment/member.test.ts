import { describe, expect, it, test } from 'vitest';
import { definingLines } from '../../../../src/workspace/segment/definition.ts';
import { memberLines } from '../../../../src/workspace/segment/member.ts';

const at = (text: string, name: string, path?: string) => memberLines(text.split('\n'), name, path);

describe('a member', () => {
  test.each([
    ['C#', 'public class Configuration\n{\n    public Destructuring Destructure { get; }', 'Destructure', 2],
    ['C#', 'class A\n{\n    public int Count => all.Length;', 'Count', 2],
    ['C#', 'interface ISink\n{\n    void Emit(LogEvent logEvent);', 'Emit', 2],
    ['C#', 'class A\n{\n    readonly List<int> _all = new();', '_all', 2],
    ['Java', 'class A {\n\n    public static final int MAX_SIZE = 5;', 'MAX_SIZE', 2],
    ['Java', 'public enum Level {\n    DEBUG(1),\n    INFO(2);', 'INFO', 2],
    ['Java', 'class A {\n    protected abstract Key keyOf(Row row);', 'keyOf', 1],
    ['Kotlin', 'class A(\n    private val limit: Int,\n) {\n    val names by lazy { read() }', 'limit', 1],
    ['Kotlin', 'class A(\n    private val limit: Int,\n) {\n    val names by lazy { read() }', 'names', -1],
    ['Kotlin', 'object A {\n    const val MOST = 5', 'MOST', 1],
    ['Swift', 'enum Kind {\n    case plain(Int)', 'plain', 1],
    ['Swift', 'struct A {\n    @Published var total: Int = 5', 'total', 1],
    ['PHP', "final class A\n{\n    protected ?string $title = '404';", 'title', 2],
    ['PHP', 'class A\n{\n    public const LIMIT = 5;', 'LIMIT', 2],
    ['Ruby', 'class A\n  attr_reader :name, :queue_size', 'queue_size', 1],
    ['Ruby', 'class A\n  DEFAULTS = {\n    poll_interval: 5,', 'poll_interval', 2],
    ['Ruby', 'class A\n  MAX_TRIES = 5', 'MAX_TRIES', 1],
    ['Python', 'class A:\n    status_code = 201', 'status_code', 1],
    ['Python', 'class A:\n    def __init__(self):\n        self.pool_size = 5', 'pool_size', 2],
    ['TypeScript', 'export interface Options {\n  maxBatchSize?: number;', 'maxBatchSize', 1],
    ['TypeScript', 'class A {\n  private readonly seen = new Set();', 'seen', 1],
    ['Go', 'const (\n\tFirst Kind = iota\n\tSecond', 'Second', 2],
    ['Go', 'type Store interface {\n\tLoad(key string) error', 'Load', 1],
    ['Go', 'type A struct {\n\tMaxSize int `json:"max_size"`', 'MaxSize', 1],
    ['Go', 'var (\n\tErrClosed = errors.New("closed")', 'ErrClosed', 1],
    ['Rust', 'impl A {\n    const LIMIT: u8 = 5;', 'LIMIT', 1],
    ['Rust', 'pub enum Token {\n    Word(u8),', 'Word', 1],
    ['Rust', 'pub struct A {\n    pub(crate) waker: Option<Waker>,', 'waker', 1],
    ['C', 'void on_read(stream_t* stream, int size);', 'on_read', 0],
    ['C', 'typedef struct {\n  int a;\n} handle_t;', 'handle_t', 2],
    ['C', 'enum {\n  FLAG_OPEN = 1,', 'FLAG_OPEN', 1],
    ['Elixir', 'defmodule A do\n  @callback render(map) :: binary', 'render', 1],
    ['SQL', 'CREATE TABLE orders (\n  customer_id INTEGER NOT NULL,', 'customer_id', 1],
    ['SQL', 'WITH open_orders AS (', 'open_orders', 0],
  ])('in %s: %s, %s', (_, text, name, line) => {
    expect(at(text, name)).toEqual(line < 0 ? [3] : [line]);
    // What is found here is what a definition by itself does not tell.
    expect(definingLines(text.split('\n'), name)).toEqual([]);
  });

  it('is a target only in a makefile', () => {
    expect(at('deploy: build', 'deploy', 'Makefile')).toEqual([0]);
    expect(at('deploy: build', 'deploy', 'notes.yml')).toEqual([]);
  });
});

describe('no member', () => {
  test.each([
    ['a local variable', 'function run() {\n  const total = 5;', 'total'],
    ['a call in a function', 'def run():\n    load(key)', 'load'],
    ['an argument', 'function run() {\n  load(\n    total,', 'total'],
    ['a call at the top', 'load(total);', 'load'],
    ['a returned value', 'class A {\n  run() {\n    return total;', 'total'],
    ['what is extended', 'class A {\n  static class B extends Reader {', 'Reader'],
    ['what is thrown', 'class A {\n  int read(int a) throws IOException\n  {', 'IOException'],
    ['the type of a method', 'type Store interface {\n\tSize() int', 'int'],
    ['what is imported', 'import total;', 'total'],
    ['what is required', "var total = require('total');", 'total'],
    ['what is required in Lua', 'local total = require "total"', 'total'],
    ['an assignment in a method', 'class A {\n  void run()\n  {\n    total = 5;', 'total'],
    ['a longer name', 'class A:\n    status_code = 201', 'status'],
  ])('%s', (_, text, name) => {
    expect(at(text, name)).toEqual([]);
  });

  it('takes not long for a long line', () => {
    const line = 'a.b('.repeat(20_000);
    expect(at(`class A {\n  ${line}\n${line}`, 'b')).toEqual([]);
    expect(at(`class A {\n  ${'x '.repeat(20_000)}b`, 'b')).toEqual([]);
  }, 2_000);
});
