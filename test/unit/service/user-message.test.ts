import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { AskError } from '../../../src/index/ask-error.ts';
import type { AskProblem } from '../../../src/index/ask-error.ts';
import { EngineError } from '../../../src/engine/engine-error.ts';
import type { EngineProblem } from '../../../src/engine/engine-error.ts';
import { ModelFileError } from '../../../src/engine/weights/model-files.ts';
import { LedgerError } from '../../../src/memory/ledger-error.ts';
import type { LedgerErrorKind } from '../../../src/memory/ledger-error.ts';
import { ScopeError } from '../../../src/memory/search/scope.ts';
import { failureOf } from '../../../src/service/user-message.ts';
import { count, setLocale } from '../../../src/service/locale.ts';
import { GitError } from '../../../src/workspace/git/git.ts';

const german = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../../l10n/bundle.l10n.de.json', import.meta.url)), 'utf8'),
) as Record<string, string>;

// Each message is what the command line says: none of it may reach the editor.
const said = 'Run `stats --files`, or give --repo.';
const asking: Record<AskProblem, 0> = {
  ...{ 'no-folder': 0, 'folder-gone': 0, 'empty-question': 0, 'nothing-to-read': 0, 'nothing-chosen': 0 },
  ...{ 'engine-failed': 0, 'unknown-path': 0, 'bad-questions': 0 },
};
const engine: Record<EngineProblem, 0> = {
  ...{ unsupported: 0, 'model-file': 0, load: 0, memory: 0, internal: 0, crashed: 0, 'gave-up': 0, stuck: 0 },
};
const ledger: Record<LedgerErrorKind, 0> = {
  ...{ full: 0, 'read-only': 0, unreachable: 0, busy: 0, damaged: 0, spoilt: 0, newer: 0, foreign: 0, missing: 0 },
  ...{ gone: 0, link: 0, failed: 0 },
};
const names = <T extends string>(table: Record<T, 0>) => Object.keys(table) as T[];
const errors: readonly (readonly [string, Error])[] = [
  ...names(asking).map((problem) => [problem, new AskError(problem, said)] as const),
  ...names(engine).map((problem) => [problem, new EngineError(problem, said)] as const),
  ...names(ledger).map((kind) => [kind, new LedgerError(kind, said)] as const),
  ['scope', new ScopeError(said)],
  ['model file', new ModelFileError(said)],
  ['git', new GitError(said)],
  ['disk', Object.assign(new Error(said), { code: 'ENOSPC' })],
  ['anything', new Error(said)],
];
/** The chat never sends these. */
const unsent = new Set(['empty-question', 'bad-questions']);

describe.each(errors)('the failure “%s”', (name, error) => {
  it('has a sentence of the editor’s own and one thing that mends it', () => {
    const { sentence, action } = failureOf(error);
    expect(sentence).not.toMatch(/`|--\w|npm |stats/);
    expect(sentence).toMatch(/^\p{Lu}.*\.$/u);
    if (!unsent.has(name)) expect(action).not.toBe('none');
  });
});

describe('in another language', () => {
  beforeAll(() => {
    setLocale({ tag: 'de', texts: german });
  });

  it.each(errors)('the failure “%s” is said in it', (_name, error) => {
    expect(Object.values(german)).toContain(failureOf(error).sentence);
  });

  it('numbers are written in it', () => {
    expect(count(12_345)).toBe('12.345');
  });
});
