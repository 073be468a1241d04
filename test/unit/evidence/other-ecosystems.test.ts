import { expect, test } from 'vitest';
import { roleOf } from '../../../src/workspace/files/role.ts';
import { evidenceOver, shown } from './support.ts';

const DOTNET = {
  'README.md': '# Shop\n\nA shop for logs of all kinds.\n',
  'Shop.sln': 'Microsoft Visual Studio Solution File\nProject("{1}") = "src", "src"\n\tname = value\nEndProject\n',
  'Build.ps1':
    'Write-Output "build: dotnet test follows"\n& dotnet build -c Release\n& dotnet test -c Release --no-build\nif ($env:NUGET_API_KEY) { }\n',
  'src/Shop/Shop.csproj':
    '<Project>\n  <TargetFrameworks Condition="windows">net471</TargetFrameworks>\n  <TargetFrameworks>net8.0</TargetFrameworks>\n' +
    '  <Reference Condition="net8.0">net</Reference>\n</Project>\n',
  '.github/workflows/ci.yml': 'jobs:\n  all:\n    steps:\n      - run: |\n          echo "BUILD=1" >> $GITHUB_ENV\n',
};

test.each([
  ['How do I run the tests?', ['script Build.ps1:3']],
  ['How do I build it?', ['script Build.ps1:2']],
  ['What does this project do?', ['readme README.md:3', 'tree :1-5 5']],
  ['Which version of .NET does it need?', ['version src/Shop/Shop.csproj:2', 'version src/Shop/Shop.csproj:3']],
  ['Which environment variables are read?', ['variable Build.ps1:4 NUGET_API_KEY']],
])('of .NET: %s', async (question, items) => {
  expect(shown(await evidenceOver(DOTNET, question))).toEqual(items);
});

const RUBY = {
  'README.md': '# Jobs\n\nBackground jobs for everybody.\n\n## Installation\n\n    bundle add jobs\n',
  'Pro-Changes.md': '1.0\n\n- `bundle install` is faster\n',
  'jobs.gemspec':
    'Gem::Specification.new do |gem|\n  gem.summary = "Jobs"\n  gem.required_ruby_version = ">= 3.2"\nend\n',
  Gemfile: 'gem "sqlite3", "2", platforms: :ruby\n',
};

test.each([
  ['How do I install it?', ['section README.md:5-7 Installation']],
  ['Which version of Ruby does it need?', ['version jobs.gemspec:3']],
  ['What is this project?', ['readme README.md:3-7', 'manifest jobs.gemspec:2', 'tree :1-4 4']],
])('of Ruby: %s', async (question, items) => {
  expect(shown(await evidenceOver(RUBY, question))).toEqual(items);
});

const PHP = {
  'composer.json':
    '{\n  "require": {\n    "psr/log": "^3.0",\n    "psr/log-test": "^1.0",\n    "psr/container": "^2.0"\n  }\n}\n',
  'src/App.php':
    '<?php\n\n/**\n * Shop\n *\n * @license MIT\n */\n\nnamespace Shop;\n\nuse A\\B;\nuse A\\C;\n\n/** Sells. */\nclass App\n{\n}\n',
};

test('a package is found by its whole name, and the head of an entry begins behind what it imports', async () => {
  expect(shown(await evidenceOver(PHP, 'Which version of psr/log do we use?'))).toEqual(['version composer.json:3']);
  const overview = shown(await evidenceOver(PHP, 'What is this project about?'));
  expect(overview).toContain('entry src/App.php:14-17');
});

test('the changes of an edition are a changelog, and what breaks is documentation', () => {
  expect(roleOf('Pro-Changes.md')).toBe('changelog');
  expect(roleOf('ENTERPRISE_CHANGELOG.md')).toBe('changelog');
  expect(roleOf('breaking-changes.md')).toBe('documentation');
  expect(roleOf('docs/how-to-make-changes.md')).toBe('documentation');
});

test('that there is none is an answer where every form is known, and else nothing is said', async () => {
  const none = await evidenceOver(PHP, 'Which environment variables are read?');
  expect(none).toMatchObject({ kind: 'settings', items: [], count: 0, isComplete: true });
  expect(await evidenceOver(PHP, 'List all TODOs')).toMatchObject({ kind: 'list', count: 0 });
  expect(await evidenceOver(PHP, 'How many Swift files are there?')).toMatchObject({ kind: 'list', count: 0 });
  expect(await evidenceOver(PHP, 'List all routes')).toBeUndefined();
});
