import { describe, expect, it, test } from 'vitest';
import { definingLines } from '../../../../src/workspace/segment/definition.ts';

const defines = (text: string, name: string) => definingLines(text.split('\n'), name).length > 0;

describe('a definition', () => {
  test.each([
    ['Python', 'async def send_all(self):', 'send_all'],
    ['Python', 'class Session(Base, metaclass=Meta):', 'Session'],
    ['Python', 'DEFAULT_TIMEOUT: float = 3.0', 'DEFAULT_TIMEOUT'],
    ['JavaScript', 'exports.etag = createETagGenerator({ weak: false });', 'etag'],
    ['JavaScript', 'app.handle = function handle(req, res, callback) {', 'handle'],
    ['JavaScript', '  parse: async (text) => text.trim(),', 'parse'],
    ['JavaScript', 'Layer.prototype.match = matchLayer;', 'match'],
    ['JavaScript', '  get fresh() {\n    return true;\n  }', 'fresh'],
    ['JavaScript', 'function* $walk(node) {', '$walk'],
    ['TypeScript', 'export const useStore = <T>(selector: (state: T) => T) => selector;', 'useStore'],
    ['TypeScript', 'export default abstract class Reader<T> extends Base {', 'Reader'],
    ['TypeScript', 'export type Verdict =', 'Verdict'],
    [
      'TypeScript',
      '  private static async load(\n    path: string,\n    how: () => void,\n  ): Promise<void> {',
      'load',
    ],
    ['Go', 'func (c *Context) ShouldBind(obj any) error {', 'ShouldBind'],
    ['Go', 'func NewRouter() *Mux {', 'NewRouter'],
    ['Go', 'type HandlerFunc func(*Context)', 'HandlerFunc'],
    ['Rust', '    pub(crate) unsafe fn advance(&mut self) {', 'advance'],
    ['Rust', 'pub struct Printer<W: Write> {', 'Printer'],
    ['Rust', 'macro_rules! bail {', 'bail'],
    ['Java', '    public static <T> List<T> copyOf(Collection<? extends T> all) throws IOException {', 'copyOf'],
    ['Java', 'public final class Elements {', 'Elements'],
    ['C', '#define MAX_LINE 4096', 'MAX_LINE'],
    ['C', 'static int\nuv__read(uv_stream_t* stream)\n{', 'uv__read'],
    ['C', 'int search_file(const char *path) {', 'search_file'],
    ['C++', 'auto Lexer::next(int at) const noexcept -> Token {', 'next'],
    ['Ruby', '  def self.build(name)', 'build'],
    ['Lua', 'function M.setup(options)', 'setup'],
    ['Kotlin', 'data class Point(val x: Int)', 'Point'],
    ['PHP', '    public function render(string $name): string', 'render'],
    ['Swift', 'public func dequeue() -> Job? {', 'dequeue'],
    ['SQL', 'CREATE TABLE IF NOT EXISTS shop."orders" (', 'orders'],
    ['SQL', 'create or replace view open_orders as', 'open_orders'],
    ['CSS', '.btn-primary { color: white; }', 'btn-primary'],
    ['CSS', '.card > .btn-primary:hover,\n.link {', 'btn-primary'],
    ['CSS', '  --brand-colour: #fff;', 'brand-colour'],
  ])('in %s: %s', (_, text, name) => {
    expect(definingLines(text.split('\n'), name)).not.toEqual([]);
  });
});

describe('no definition', () => {
  test.each([
    ['a call', '  send_all(message)', 'send_all'],
    ['a call in a condition', '  if (matches(path)) {', 'matches'],
    ['a call in a condition without brackets', 'if matches(path) {', 'matches'],
    ['a call that takes a body', "describe('walk', () => {", 'describe'],
    ['a returned call', '  return copyOf(all, () => {', 'copyOf'],
    ['a variable of somebody', '  const etag = res.get("ETag");', 'etag'],
    ['an import', "const parse = require('parseurl');", 'parse'],
    ['another import', 'import type Verdict from "./verdict";', 'Verdict'],
    ['a use of a struct', 'struct list *next = head;', 'list'],
    ['a comparison', 'DEFAULT_TIMEOUT == 3', 'DEFAULT_TIMEOUT'],
    ['a longer name', 'def send_all_now():', 'send_all'],
    ['a row that is added', 'INSERT INTO orders (id) VALUES (1);', 'orders'],
    ['a class that is used', '<button className="btn-primary btn">', 'btn-primary'],
    ['a property that is used', '  color: var(--brand-colour);', 'brand-colour'],
    ['the end of a longer name', 'def resend_all():', 'send_all'],
    ['another case', 'class session:', 'Session'],
    ['a comment', '// the function etag is elsewhere', 'etag'],
  ])('%s', (_, text, name) => {
    expect(defines(text, name)).toBe(false);
  });

  it('does not take long for a long line', () => {
    const line = 'a.b('.repeat(20_000);
    expect(defines(`${line}\n${line}`, 'b')).toBe(false);
    expect(defines(`${'x '.repeat(20_000)}b`, 'b')).toBe(false);
  }, 2_000);
});

describe('a text that would be tried in many ways', () => {
  it.each([
    ['clauses that could each be several', `foo()${' :a'.repeat(400)}`],
    ['exceptions without an end', `foo() ${'throws a, '.repeat(100)}`],
    ['a line of names', 'foo '.repeat(200_000)],
    ['a line of blanks', `${' '.repeat(100_000)}foo${' '.repeat(100_000)}`],
    ['types without an end', `${'a '.repeat(50_000)}foo(${'('.repeat(50_000)}`],
    ['lines of blanks', Array.from({ length: 2_000 }, () => `foo(${' '.repeat(400)}`).join('\n')],
  ])('is done with at once: %s', (_, text) => {
    expect(defines(text, 'foo')).toBe(false);
  });
});
