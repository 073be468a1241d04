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
    ['Ruby', '  def dispatch!(request)', 'dispatch'],
    ['Ruby', '  private def empty?', 'empty'],
    ['Ruby', '  def body=(value)', 'body'],
    ['Lua', 'function M.setup(options)', 'setup'],
    ['Kotlin', 'data class Point(val x: Int)', 'Point'],
    ['PHP', '    public function render(string $name): string', 'render'],
    ['Swift', 'public func dequeue() -> Job? {', 'dequeue'],
    ['SQL', 'CREATE TABLE IF NOT EXISTS shop."orders" (', 'orders'],
    ['SQL', 'create or replace view open_orders as', 'open_orders'],
    ['CSS', '.btn-primary { color: white; }', 'btn-primary'],
    ['CSS', '.card > .btn-primary:hover,\n.link {', 'btn-primary'],
    ['CSS', '  --brand-colour: #fff;', 'brand-colour'],
    ['C#', '    public static string Shorten(this string text) => text[..8];', 'Shorten'],
    ['C#', '    public Task<int> CountAsync<T>(T all) where T : class\n    {', 'CountAsync'],
    ['C#', 'public readonly record struct Place(int Line);', 'Place'],
    ['C#', 'public delegate void Changed(object sender);', 'Changed'],
    ['Java', 'public sealed interface Shape permits Circle {', 'Shape'],
    ['Java', 'public @interface Retry {', 'Retry'],
    ['Kotlin', 'enum class Level {', 'Level'],
    ['Kotlin', 'inline fun <reified T> List<T>.firstOf(): T {', 'firstOf'],
    ['Kotlin', 'typealias Handler = (Request) -> Response', 'Handler'],
    ['Kotlin', 'internal expect fun platformName(): String', 'platformName'],
    ['Kotlin', '    companion object Factory {', 'Factory'],
    ['Swift', 'actor Downloads {', 'Downloads'],
    ['Swift', 'indirect enum Tree {', 'Tree'],
    ['Scala', 'case class Point(x: Int)', 'Point'],
    ['Scala', '  private[this] def flush(): Unit = {', 'flush'],
    ['Elixir', '  defmacro intercept(events) do', 'intercept'],
    ['Elixir', '  def valid_types, do: @valid_types', 'valid_types'],
    ['Elixir', 'defprotocol Shop.Price do', 'Price'],
    ['Lua', 'local function read_all(path)', 'read_all'],
    ['Dart', '  Future<void> load() async {', 'load'],
    ['Dart', 'extension Words on String {', 'Words'],
    ['C++', 'enum class color : uint32_t {', 'color'],
    ['C++', 'template <typename T> struct is_range : std::false_type {};', 'is_range'],
    ['C++', 'class LIB_EXPORT Parser : public Base {', 'Parser'],
    ['C++', 'using context = basic_context<char>;', 'context'],
    ['C', 'typedef void (*on_close)(int fd);', 'on_close'],
    ['Zig', '    pub const Token = struct {', 'Token'],
    ['Rust', 'mod tests {', 'tests'],
    ['Go', 'type Alias *Node', 'Alias'],
    ['Haskell', 'parseLine :: String -> Maybe Line', 'parseLine'],
    ['Haskell', 'newtype Parser a = Parser (String -> a)', 'Parser'],
    ['OCaml', 'let rec fold_left f acc =', 'fold_left'],
    ['Clojure', '(defn parse [text]', 'parse'],
    ['Erlang', 'handle_call(Request, From, State) ->', 'handle_call'],
    ['Perl', 'package Mojo::Path;', 'Path'],
    ['R', 'read_all <- function(path) {', 'read_all'],
    ['Objective-C', '- (void)reload:(BOOL)animated {', 'reload'],
    ['Terraform', 'variable "vpc_cidr" {', 'vpc_cidr'],
    ['Terraform', 'resource "aws_vpc" "main_vpc" {', 'main_vpc'],
    ['Protobuf', 'message SearchRequest {', 'SearchRequest'],
    ['Protobuf', '  rpc Search (SearchRequest) returns (SearchResponse);', 'Search'],
    ['Solidity', 'contract Vault is Owned {', 'Vault'],
    ['shell', 'export CACHE_DIR=/tmp', 'CACHE_DIR'],
    ['make', 'CFLAGS ?= -O2', 'CFLAGS'],
    ['CMake', 'add_library(core STATIC', 'core'],
    ['Docker', 'ARG NODE_VERSION=20', 'NODE_VERSION'],
    ['SQL', 'CREATE OR ALTER PROCEDURE [dbo].[close_month]', 'close_month'],
    ['a method called as a statement', '  catch(onRejected) {\n  }', 'catch'],
  ])('in %s: %s', (_, text, name) => {
    expect(definingLines(text.split('\n'), name)).not.toEqual([]);
  });
});

describe('no definition', () => {
  test.each([
    ['a call', '  send_all(message)', 'send_all'],
    ['a call in a condition', '  if (matches(path)) {', 'matches'],
    ['a condition', '  if (matches(path)) {', 'if'],
    ['a loop', 'for (const path of paths) {', 'for'],
    ['a loop of C', '    while (next(list)) {', 'while'],
    ['a switch', '  switch (kind) {', 'switch'],
    ['what catches a failure', '  catch (error) {', 'catch'],
    ['what closes a resource', '  try (Reader in = open(path)) {', 'try'],
    ['what disposes of one', '  using (var file = Open(path)) {', 'using'],
    ['a choice', '  when (state) {', 'when'],
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
    ['what a macro stands for', '#define INLINE __inline', '__inline'],
    ['what a function returns', 'func (g *Group) POST(path string) http.IRoutes {', 'IRoutes'],
    ['the word that makes a type', 'type JSON struct {', 'struct'],
    ['a sentence that begins like a definition', '  delegate to write_all(writer) everywhere.', 'write_all'],
    ['a sentence with a message', 'A message for you', 'for'],
    ['an arm of a switch', '    Circle(var radius) => radius * 2,', 'Circle'],
    ['a resource that is held', '  using reader = pool.open();', 'reader'],
    ['a type that is extended', 'impl Display for Place {', 'Place'],
    ['a qualified call', 'std::move(value);', 'move'],
    ['a module that another file is', 'pub(crate) mod routing;', 'routing'],
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
    ['templates of templates', `${'template <a> '.repeat(37)}foo(`],
    ['a line of names', 'foo '.repeat(200_000)],
    ['a line of blanks', `${' '.repeat(100_000)}foo${' '.repeat(100_000)}`],
    ['types without an end', `${'a '.repeat(50_000)}foo(${'('.repeat(50_000)}`],
    ['lines of blanks', Array.from({ length: 2_000 }, () => `foo(${' '.repeat(400)}`).join('\n')],
  ])('is done with at once: %s', (_, text) => {
    expect(defines(text, 'foo')).toBe(false);
  });
});
