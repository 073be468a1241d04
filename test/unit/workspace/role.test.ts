import { describe, expect, it } from 'vitest';
import { roleOf } from '../../../src/workspace/role.ts';

describe('what a file is for', () => {
  it.each([
    ['src/router.ts', 'source'],
    ['lib/history.js', 'source'],
    ['src/latest/index.ts', 'source'],
    ['History.md', 'changelog'],
    ['CHANGELOG', 'changelog'],
    ['docs/changelog.rst', 'changelog'],
    ['test/Router.js', 'test'],
    ['pkg/server_test.go', 'test'],
    ['src/app.spec.ts', 'test'],
    ['src/contest.ts', 'source'],
    ['tests/conftest.py', 'test'],
    ['src/main/java/a/LoanTest.java', 'test'],
    ['examples/mvc/index.js', 'example'],
    ['README.md', 'documentation'],
    ['package.json', 'configuration'],
    ['.github/workflows/ci.yml', 'configuration'],
  ])('%s is %s', (path, role) => {
    expect(roleOf(path)).toBe(role);
  });
});
