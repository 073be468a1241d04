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

const ELIXIR = {
  'lib/shop/repo.ex':
    'defmodule Shop.Repo do\n  @moduledoc """\n      defmodule My.Repo do\n        def fetch(query) do\n  """\n\n  def fetch(query), do: query\nend\n',
  'lib/shop.ex': 'defmodule Shop do\n  alias Shop.Repo\n\n  def orders, do: Repo.fetch(Other.Repo)\nend\n',
  'lib/plain.ex': 'defmodule Plain do\n  def x, do: Repo.one()\nend\n',
  'test/guides/testing.md': '```\ntest "shown" do\nend\n```\n',
  'test/shop_test.exs': 'test "orders" do\nend\n',
  'compose.yaml': 'services:\n  db:\n    test: ["CMD", "ping"]\n',
  'CONTRIBUTING.md': '# Contributing\n\n## Tests\n\nRun `mix test`.\n',
};

test.each([
  ['Who uses Shop.Repo?', ['definition lib/shop/repo.ex:1', 'import lib/shop.ex:2', 'use lib/shop.ex:4']],
  ['Where is Shop.Repo defined?', ['definition lib/shop/repo.ex:1']],
  ['Where is `fetch` defined?', ['definition lib/shop/repo.ex:7']],
  ['How many tests are there?', ['match test/shop_test.exs:1']],
  ['How do I run the tests?', ['section CONTRIBUTING.md:3-5']],
])('of Elixir: %s', async (question, items) => {
  expect(shown(await evidenceOver(ELIXIR, question)).map((item) => item.split(' ').slice(0, 2).join(' '))).toEqual(
    items,
  );
});

test.each([
  [
    'Which Swift version does it need?',
    { 'Package.swift': '// swift-tools-version:6.0\nlet a = 1\n' },
    'Package.swift:1',
  ],
  [
    'Which Terraform version is required?',
    { 'versions.tf': 'terraform {\n  required_version = ">= 1.0"\n}\n' },
    'versions.tf:2',
  ],
  [
    'Which Kotlin version does it use?',
    { 'build.gradle.kts': 'plugins {\n  kotlin("jvm") version "2.1.0"\n}\njvmTarget = "1.8"\n' },
    'build.gradle.kts:2',
  ],
  ['Which Java version do we need?', { 'build.gradle': 'sourceCompatibility = 17\n' }, 'build.gradle:1'],
])('%s', async (question, files, place) => {
  expect(shown(await evidenceOver(files, question))).toEqual([`version ${place}`]);
});

const TERRAFORM = {
  'modules/log/variables.tf': 'variable "name" {\n  type = string\n}\n',
  'variables.tf': 'variable "vpc_cidr" {\n  default = "10.0.0.0/16"\n}\n',
  'main.tf': 'resource "aws_nat_gateway" "this" {\n  cidr = var.vpc_cidr\n}\n',
};

test.each([
  ['List all variables', ['match variables.tf:1 vpc_cidr', 'match modules/log/variables.tf:1 name']],
  ['List all resources', ['match main.tf:1 aws_nat_gateway" "this']],
  ['Where is aws_nat_gateway created?', ['definition main.tf:1 aws_nat_gateway']],
])('of Terraform: %s', async (question, items) => {
  expect(shown(await evidenceOver(TERRAFORM, question))).toEqual(items);
});

const MIXED = {
  'src/Segment.kt': 'internal class Segment {\n  companion object {\n    const val SIZE = 8192\n  }\n}\n',
  'src/Buffer.kt': 'class Buffer {\n  var segment: Segment? = null\n  val size = segment\n}\n',
  'src/Errors.java': 'class Errors {\n  public static class InitializationException extends RuntimeException {}\n}\n',
  'src/Errors.swift': 'enum PluginError: Error {\n}\n',
  'lua/files.lua': 'files.find_files = function(options)\nend\n',
  '.circleci/config.yml': 'jobs:\n  all:\n    steps:\n      - run: mvn clean package\n',
};

test.each([
  ['What is the default segment size?', ['setting src/Segment.kt:3']],
  ['List all errors', ['match src/Errors.java:2 InitializationException', 'match src/Errors.swift:1 PluginError']],
  ['Where is find_files defined?', ['definition lua/files.lua:1 find_files']],
  ['How do I run the tests?', ['ci .circleci/config.yml:4']],
])('%s', async (question, items) => {
  expect(shown(await evidenceOver(MIXED, question))).toEqual(items);
});

const APPS = {
  'pom.xml':
    '<project>\n  <parent>\n    <groupId>org.springframework.boot</groupId>\n    <artifactId>spring-boot-starter-parent</artifactId>\n' +
    '    <version>4.0.3</version>\n  </parent>\n  <dependency>\n    <artifactId>junit</artifactId>\n    <version>5.1</version>\n' +
    '  </dependency>\n  <spring-format.version>0.47</spring-format.version>\n</project>\n',
  'build.zig.zon': '.{\n  .minimum_zig_version = "0.16.0",\n  .name = .zls,\n}\n',
  'src/store.zig':
    'const Store = @import("Store.zig");\npub const Place = extern struct {\n  at: u8,\n};\nfn make() type {\n  return struct {\n  };\n}\n',
  'src/Store.zig': 'const Store = @This();\n',
  'app/models/user.rb': 'class User < ApplicationRecord\nend\n',
  'bin/rails': 'abort("Replace it by running `bundle binstubs bundler`, then run this again.")\n',
  'bin/setup': 'system("bundle install")\n',
};

test.each([
  ['Which version of Spring Boot does it use?', ['version pom.xml:5']],
  ['Which version of junit does it use?', ['version pom.xml:9']],
  ['Which Zig version does it need?', ['version build.zig.zon:2']],
  ['Where is `Store` defined?', ['definition src/Store.zig:1 Store']],
  ['List all structs', ['match src/store.zig:2 Place']],
  ['List all models', ['match app/models/user.rb:1 User']],
  ['How do I install it?', ['script bin/setup:1']],
])('of applications: %s', async (question, items) => {
  expect(shown(await evidenceOver(APPS, question))).toEqual(items);
});
