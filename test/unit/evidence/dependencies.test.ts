import { expect, test } from 'vitest';
import { evidenceOver, shown } from './support.ts';

test.each([
  [
    'package.json',
    '{\n  "dependencies": {\n    "valibot": "^1.5.0"\n  },\n  "scripts": {\n    "a": "b"\n  }\n}',
    ['valibot'],
  ],
  ['composer.json', '{\n  "require": {\n    "psr/log": "^3.0"\n  }\n}', ['psr/log']],
  ['Cargo.toml', '[package]\nname = "a"\n\n[dependencies]\nserde = "1"\n\n[lib]\npath = "b"', ['serde']],
  ['pyproject.toml', '[project]\ndependencies = [\n  "httpx>=0.2",\n]\nname = "a"', ['httpx']],
  ['requirements.txt', '# all\nflask==3.0\n-r other.txt', ['flask']],
  ['go.mod', 'module a\n\nrequire (\n\tgithub.com/a/b v1.2.3\n)', ['github.com/a/b']],
  ['Gemfile', 'source "https://rubygems.org"\ngem "rails", "8"', ['rails']],
  ['mix.exs', 'defp deps do\n  [\n    {:ecto, "~> 3"}\n  ]\nend', ['ecto']],
  [
    'pom.xml',
    '<artifactId>own</artifactId>\n<dependencies>\n  <dependency>\n    <groupId>a</groupId>\n    <artifactId>junit</artifactId>\n  </dependency>\n</dependencies>',
    ['junit'],
  ],
  ['a.csproj', '<Project>\n  <PackageReference Include="xunit" Version="2" />\n</Project>', ['xunit']],
  ['build.gradle', 'dependencies {\n  implementation "a.b:c:1"\n}', ['a.b:c:1']],
  ['pubspec.yaml', 'name: a\ndependencies:\n  http: ^1.0\nflutter:\n  uses: b', ['http']],
])('dependencies are listed: %s', async (path, text, names) => {
  const evidence = await evidenceOver({ [path]: `${text}\n` }, 'Which dependencies does it have?');
  expect(evidence?.items.map(({ text: line }) => names.filter((name) => line.includes(name))).flat()).toEqual(names);
  expect(evidence?.count).toBe(names.length);
});

test.each([
  [
    'Cargo.toml',
    '[dependencies]\nserde = { version = "1", features = [\n  "derive",\n  "rc",\n] }\nlog.workspace = true\n\n[dependencies.tokio]\nversion = "1"\nfeatures = ["full"]\n\n[lib]\npath = "b"',
    ['serde', 'log', 'tokio'],
  ],
  [
    'pubspec.yaml',
    'dependencies:\n  flutter:\n    sdk: flutter\n  http:\n    version: ^1.0\ndev_dependencies:\n  lints: ^2.0',
    ['flutter', 'http', 'lints'],
  ],
  [
    'pyproject.toml',
    '[project]\ndependencies = ["requests", "click[all]>=8"]\nname = "a"\n\n[project.optional-dependencies]\ndev = ["pytest", "ruff"]\ndocs = [\n  "sphinx>=7; python_version > \'3\'",\n]\n\n[tool.a]\nb = "c"',
    ['requests', 'click', 'pytest', 'ruff', 'sphinx'],
  ],
  [
    'environment.yml',
    'name: a\ndependencies:\n  - numpy=1.2\n  - pip:\n    - flask==3\nchannels:\n  - b',
    ['numpy', 'flask'],
  ],
  ['package.json', '{"name": "b", "dependencies": {"a": "1", "@c/d": "2"}}', ['a', '@c/d']],
])('packages are told from what is said of them: %s', async (path, text, names) => {
  const evidence = await evidenceOver({ [path]: `${text}\n` }, 'Which dependencies does it have?');
  expect(evidence?.items.map(({ note }) => note)).toEqual(names);
  expect(evidence?.isComplete).toBe(true);
});

test('where a manifest lists packages in a form that is not known, the list is not complete', async () => {
  const files = {
    'package.json': '{\n  "dependencies": {\n    "valibot": "^1.5.0"\n  }\n}\n',
    'setup.cfg': '[options]\ninstall_requires =\n    flask\n',
  };
  const evidence = await evidenceOver(files, 'Which dependencies does it have?');
  expect(evidence).toMatchObject({ count: 1, isComplete: false });
});

const TYPES = {
  'a.cs':
    'interface ISink {}\nclass One : ISink\n{\n  ISink other;\n  void Add(IList<ISink> all) {}\n}\nclass Two : IList<ISink> {}\n',
  'b.rb': 'class Set\nend\nclass Sorted < Set\n  Set.new\nend\n',
  'c.rs': 'trait Shape {}\nimpl Shape for Circle {}\nfn draw(s: &dyn Shape) {}\n',
  'd.py': 'class Base:\n    pass\n\n\nclass Own(Base):\n    base = Base()\n',
};

test.each([
  ['What implements ISink?', ['definition a.cs:1', 'use a.cs:2']],
  ['Who inherits from Set?', ['definition b.rb:1', 'use b.rb:3']],
  ['Which types implement Shape?', ['definition c.rs:1', 'use c.rs:2']],
  ['Which classes extend Base?', ['definition d.py:1', 'use d.py:5']],
])('%s', async (question, items) => {
  const evidence = await evidenceOver(TYPES, question);
  expect(shown(evidence).map((item) => item.split(' ').slice(0, 2).join(' '))).toEqual(items);
});

test('a long line that names a type takes not long', async () => {
  const long = `class Two ISink ${'(xISink '.repeat(50_000)}`;
  const evidence = await evidenceOver(
    { 'a.cs': `interface ISink {}\nclass One : ISink {}\n${long}\n${'class Other {}\n'.repeat(3_000)}` },
    'What implements ISink?',
  );
  expect(shown(evidence).map((item) => item.split(' ')[1])).toEqual(['a.cs:1', 'a.cs:2']);
}, 10_000);
