/** What a file is for, as its path tells. */
export type Role = 'source' | 'test' | 'example' | 'documentation' | 'changelog' | 'configuration';

const patterns: readonly (readonly [Role, RegExp])[] = [
  [
    'changelog',
    /(?:^|\/)(?:changelog|changes|history|news|releases?(?:[-_ ]notes)?)[-_\w]*(?:\.(?:md|mdx|rst|txt|adoc))?$/i,
  ],
  ['changelog', /(?:^|\/)(?:changelogs?|\.changeset|news(?:fragments)?|changes)\//i],
  ['test', /(?:^|\/)(?:tests?|specs?|__tests__|testing|testdata|test[-_]\w+|\w+[-_]tests?|e2e|fixtures?)\//i],
  [
    'test',
    /(?:^|\/)(?:test_[^/]*|[^/]*[._-](?:test|tests|spec)\.\w+|conftest\.py|[^/]*Tests?\.(?:java|kt|cs|swift|scala))$/,
  ],
  ['example', /(?:^|\/)(?:examples?|samples?|demos?|benchmarks?|bench|playground)\//i],
  ['documentation', /(?:^|\/)(?:docs?|website|documentation)\//i],
  ['documentation', /\.(?:md|mdx|rst|txt|adoc|html?)$/i],
  ['configuration', /(?:^|\/)\.(?:github|circleci|vscode|devcontainer)\//],
  ['configuration', /\.(?:json|jsonc|ya?ml|toml|ini|cfg|lock|properties|gradle|xml)$/i],
];

/** The role of a file by its path; the first pattern that fits decides, source where none does. */
export function roleOf(path: string): Role {
  return patterns.find(([, pattern]) => pattern.test(path))?.[0] ?? 'source';
}
