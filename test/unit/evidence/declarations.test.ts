import { expect, test } from 'vitest';
import { evidenceOver, shown } from './support.ts';

const LOGGER = {
  'src/Configuration.cs':
    'public class Configuration\n{\n    /// Takes objects apart.\n    public Destructuring Destructure { get; }\n\n' +
    '    public Logger Create() => new(Destructure);\n}\n',
  'src/ISink.cs': 'public interface ISink\n{\n    void Emit(LogEvent logEvent);\n}\n',
  'test/ConfigurationTests.cs':
    'public class ConfigurationTests\n{\n    void Destructure()\n    {\n        new Configuration().Destructure;\n    }\n}\n',
};

test('a property, and a method of an interface, are where their type declares them', async () => {
  expect(shown(await evidenceOver(LOGGER, 'Where is `Emit` defined?'))).toEqual(['definition src/ISink.cs:3 Emit']);
  expect(shown(await evidenceOver(LOGGER, 'Where is the property Destructure defined?'))).toEqual([
    'definition src/Configuration.cs:3-4 Destructure',
    'definition test/ConfigurationTests.cs:3 Destructure',
  ]);
  expect(shown(await evidenceOver(LOGGER, 'Where is `Create` defined?'))).toEqual([
    'definition src/Configuration.cs:6 Create',
  ]);
  expect(shown(await evidenceOver(LOGGER, 'Who uses `Destructure`?'))[0]).toBe(
    'definition src/Configuration.cs:3-4 Destructure',
  );
});

test('a plain word of a question is no name of a member', async () => {
  const files = { 'src/options.py': 'class Options:\n    colour = 5\n' };
  expect(shown(await evidenceOver(files, 'Where is the colour?'))).toEqual([]);
  expect(shown(await evidenceOver(files, 'Where is `colour` defined?'))).toEqual([
    'definition src/options.py:2 colour',
  ]);
});

test.each([
  ['test/a.cs', '    [Fact]\n    public void Adds()\n    {\n        Run(1);\n    }', ['Adds']],
  [
    'test/b.cs',
    '    [Theory]\n    [InlineData(1)]\n#if NET\n    [InlineData(2)]\n#endif\n    public async Task Sums(int a)\n    {\n    }',
    ['Sums'],
  ],
  ['src/test/java/ATest.java', '  @Test\n  void adds() {\n    run();\n  }\n\n  void helper() {}', ['adds']],
  ['src/test/kotlin/ATest.kt', '  @Test fun `adds two`() {\n  }', ['`adds two`']],
  [
    'tests/ATest.php',
    '    public function testAdds(): void\n    {\n    }\n\n    private function setUp() {}',
    ['testAdds'],
  ],
  ['src/lib.rs', '    #[test]\n    fn adds() {\n        run();\n    }\n\n    fn helper() {}', ['adds']],
  ['Tests/ATests.swift', '    func testAdds() {\n    }', ['testAdds']],
  ['src/a.zig', 'test "adds" {\n}', ['adds']],
])('tests are counted: %s', async (path, text, names) => {
  const evidence = await evidenceOver({ [path]: `${text}\n` }, 'How many tests are there?');
  expect(evidence?.items.map(({ note }) => note)).toEqual(names);
});

const WEB = {
  'lib/web/app.rb': 'module Shop\n  class App\n    get "/orders" do\n    end\n\n    def total\n    end\n  end\nend\n',
  'lib/jobs.rb': 'module Shop\n  class Job\n  end\nend\n',
  'src/web/list.c':
    'static int\nlist_size(list_t* list)\n{\n  return size(list);\n}\n\nint list_free(list_t* list) {\n}\n',
  'src/Orders.cs':
    'public class Orders\n{\n    [HttpGet("orders/{id}")]\n    public Order Find(int id) => all[id];\n\n    public Orders(int a)\n    {\n' +
    '        Load(a);\n    }\n}\n',
};

test.each([
  ['List all classes in lib/web', ['App']],
  ['List all classes in lib/jobs.rb', ['Job']],
  ['List all functions in the web folder', ['total', 'list_size', 'list_free']],
  ['Which methods are in src/Orders.cs?', ['Find']],
  ['List all modules', ['Shop', 'Shop']],
  ['List all routes', ['/orders', 'orders/{id}']],
])('%s', async (question, names) => {
  expect((await evidenceOver(WEB, question))?.items.map(({ note }) => note)).toEqual(names);
});

test('what a text shows is no definition; what stands between two texts is, with its documentation', async () => {
  const files = {
    'lib/shop.ex':
      'defmodule Shop do\n  @head """\n  def order(a)\n  """\n  @doc """\n  Orders.\n\n      def order(b)\n  """\n  @spec order(c) :: d\n' +
      '  def order(c), do: c\nend\n',
  };
  expect(shown(await evidenceOver(files, 'Where is `order` defined?'))).toEqual(['definition lib/shop.ex:5-11 order']);
  // A mark that nothing closes is none.
  const odd = { 'a.py': 'quote = \'"""\'\n\n\ndef order(a):\n    pass\n' };
  expect(shown(await evidenceOver(odd, 'Where is `order` defined?'))).toEqual(['definition a.py:4 order']);
});

test.each([
  ['test/a_test.rb', 'class ATest\n  def test_adds\n  end\nend', ['test_adds']],
  ['tests/test_a.py', 'async def test_adds(\n    a,\n):\n    pass', ['test_adds']],
  ['test/src/ATests.scala', 'test("adds") - {\n}\ndef testAdds(a: Int): Unit = {\n}', ['adds']],
  ['test/ASpec.kt', 'test("adds") {\n}', ['adds']],
])('tests are counted by the custom of their language: %s', async (path, text, names) => {
  const evidence = await evidenceOver({ [path]: `${text}\n` }, 'How many tests are there?');
  expect(evidence?.items.map(({ note }) => note)).toEqual(names);
});

test('a class of Dart is one with any of its modifiers', async () => {
  const files = {
    'lib/client.dart': 'abstract mixin class BaseClient implements Client {\n}\ninterface class Client {\n}\n',
  };
  expect(shown(await evidenceOver(files, 'Where is BaseClient defined?'))).toEqual([
    'definition lib/client.dart:1 BaseClient',
  ]);
  expect((await evidenceOver(files, 'List all classes'))?.items.map(({ note }) => note)).toEqual([
    'BaseClient',
    'Client',
  ]);
});

test('what a thing is, is told by the type that is called so', async () => {
  const files = { 'a.rb': '# Queues with a size.\nclass Capsule\nend\n\ndef capsule(name)\nend\n' };
  expect(shown(await evidenceOver(files, 'What is a capsule?'))).toEqual(['definition a.rb:1-2 Capsule']);
  expect(shown(await evidenceOver(files, 'Where is `capsule` defined?'))).toEqual(['definition a.rb:5 capsule']);
  expect(shown(await evidenceOver(files, 'Show me the Capsule class'))).toEqual(['definition a.rb:1-2 Capsule']);
});

test('a plain word calls a type in its singular, and no member of that name', async () => {
  const files = {
    'a.ts': 'interface Bag {\n  Capsule: string;\n}\n',
    'b.ts': 'export function capsules() {\n  return [];\n}\n',
  };
  expect(shown(await evidenceOver(files, 'Where are capsules?'))).toEqual(['definition b.ts:1 capsules']);
});
