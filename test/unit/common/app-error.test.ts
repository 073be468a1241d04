import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError, asAppError, isAppError, isErrorOf } from '../../../src/common/app-error.ts';
import type { AppErrorCode } from '../../../src/common/app-error.ts';
import { ERRORS } from '../../../src/common/error-codes.ts';
import { count, setLocale } from '../../../src/service/locale.ts';

const german = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../../l10n/bundle.l10n.de.json', import.meta.url)), 'utf8'),
) as Record<string, string>;

// Each message is what the command line says: none of it may reach the editor.
const said = 'Run `stats --files`, or give --repo.';
/** Their sentences name what the user wrote or which server it is, so they are made where they are thrown. */
const made = new Set<AppErrorCode>([
  'scope/no-match',
  'answer-model/not-running',
  'answer-model/no-model',
  'answer-model/not-chat',
  'answer-model/key',
  'answer-model/context',
  'answer-model/stopped',
  'answer-model/refused',
  'answer-model/not-allowed',
]);
const codes = (Object.keys(ERRORS) as AppErrorCode[]).filter((code) => !made.has(code));
const errors: readonly (readonly [string, unknown])[] = [
  ...codes.map((code) => [code, new AppError(code, said)] as const),
  ['a full disk', Object.assign(new Error(said), { code: 'ENOSPC' })],
  ['anything', new Error(said)],
];
/** The chat never sends these, and nobody sees the last. */
const unsent = new Set(['ask/empty-question', 'ask/bad-questions', 'service/closing']);

describe.each(errors)('the failure “%s”', (name, error) => {
  it('has a sentence of the editor’s own and one thing that repairs it', () => {
    const { editorText, action } = asAppError(error);
    expect(editorText).not.toMatch(/`|--\w|npm |stats/);
    expect(editorText).toMatch(/^\p{Lu}.*\.$/u);
    if (!unsent.has(name)) expect(action).not.toBe('none');
  });
});

describe('an error', () => {
  it('tells the terminal what has happened, then what to do', () => {
    const error = new AppError('ledger/busy', 'Another window writes.', new Error('SQLITE_BUSY'));
    expect(error.message).toBe('Another window writes. Wait for the other window to finish, then try again.');
    expect(error.problem).toBe('Another window writes.');
    expect(error.cause).toEqual(new Error('SQLITE_BUSY'));
    expect(new AppError('git/failed', said).message).toBe(said);
  });

  it('says what the editor says where nothing else is given', () => {
    expect(new AppError('service/paused').message).toBe('Indexing is paused, and no file is indexed yet.');
  });

  it('survives a message', () => {
    const { code, message } = new AppError('ledger/full', 'It is full.');
    const other = AppError.from(structuredClone({ code, message }));
    expect(other).toBeInstanceOf(AppError);
    expect(other).toMatchObject({ code: 'ledger/full', message, action: 'free-space' });
  });

  it.each([undefined, 'x', {}, { code: 'toString', message: 'x' }, { code: 'ledger/full' }])(
    'that comes as %j is told as unexpected',
    (failure) => {
      expect(AppError.from(failure)).toMatchObject({ code: 'unexpected', action: 'open-log' });
    },
  );

  it('is known by its code and by its part of the program', () => {
    const error: unknown = new AppError('ledger/gone', 'It is gone.');
    expect(isAppError(error)).toBe(true);
    expect(isAppError(error, 'ledger/full', 'ledger/gone')).toBe(true);
    expect(isAppError(error, 'ledger/full')).toBe(false);
    expect(isErrorOf(error, 'ledger')).toBe(true);
    expect(isErrorOf(error, 'snapshot')).toBe(false);
    expect(isAppError(new Error('It is gone.'))).toBe(false);
  });
});

describe('in another language', () => {
  beforeAll(() => {
    setLocale({ tag: 'de', texts: german });
  });
  afterAll(() => {
    setLocale({ tag: 'en', texts: {} });
  });

  it.each(errors)('the failure “%s” is said in it', (_name, error) => {
    expect(Object.values(german)).toContain(asAppError(error).editorText);
  });

  it('numbers are written in it', () => {
    expect(count(12_345)).toBe('12.345');
  });
});
