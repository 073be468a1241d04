import { afterAll, describe, expect, it } from 'vitest';
import type { ToolOutcome } from '../../src/service/protocol.ts';
import { LIBRARY, place, temporary } from './cli.ts';
import { Host } from './service-host.ts';

const QUESTION = 'How many days may a reader keep a book before a late fee is due?';

const textOf = (outcome: ToolOutcome) => (outcome.kind === 'answered' ? outcome.text : outcome.message);

describe('the tools of the editor, over the service with the real model', () => {
  const root = place(temporary('library'), LIBRARY);
  const host = new Host(temporary('home'));
  afterAll(() => host.client.close());

  it('say that no folder is open', async () => {
    const outcome = await host.client.tool('search_codebase', { question: QUESTION });
    expect(outcome).toEqual({ kind: 'refused', message: 'There is no folder to ask. Open one first.' });
  });

  it('answer right after a folder is opened, and say what is not indexed yet', async () => {
    await host.client.folders([{ root, name: 'library' }]);
    const outcome = await host.client.tool('search_codebase', { question: QUESTION, tokens: 500 });
    expect(textOf(outcome)).toContain('src/loans.ts');
    expect(textOf(outcome)).toMatch(/Searched: 4 indexed files\.|Indexing is under way/);
    expect(outcome).toMatchObject({ kind: 'answered', tokens: 500 });
  });

  it('find unsaved text', async () => {
    await host.until(root, 'ready');
    await host.client.overlay(root, 'src/mail.ts', 'export const unsavedStampColour = 1;\n');
    const outcome = await host.client.tool('find_references', { name: 'unsavedStampColour' });
    expect(textOf(outcome)).toContain('src/mail.ts (definition)');
  });

  it('tell a model what it did wrong, in its words', async () => {
    const wrong = await host.client.tool('search_codebase', { question: QUESTION, scope: '+"src' });
    expect(wrong).toMatchObject({ kind: 'refused', message: 'A quotation mark in the scope is not closed.' });
    expect(textOf(await host.client.tool('read_lines', { path: '../x' }))).toContain('in none of the folders');
  });

  it('end when the chat cancels them', async () => {
    const stop = new AbortController();
    const call = host.client.tool('search_codebase', { question: QUESTION }, stop.signal);
    stop.abort(new DOMException('Stopped.', 'AbortError'));
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect(textOf(await host.client.tool('read_lines', { path: 'README.md' }))).toContain('# Library');
  });

  it('put the name of the folder first where there are two', async () => {
    const other = place(temporary('other'), { 'a.md': '# Other\n' });
    const folders = [
      { root, name: 'library' },
      { root: other, name: 'other' },
    ];
    await host.client.folders(folders);
    await host.until(other, 'ready');
    expect(textOf(await host.client.tool('read_lines', { path: 'other/a.md' }))).toContain('# Other');
    await host.client.folders(folders.slice(0, 1));
  });
});

describe('the tools in Restricted Mode', () => {
  it('search, and say that git is not asked', async () => {
    const root = place(temporary('library'), LIBRARY);
    const host = new Host(temporary('home'), { isTrusted: false });
    await host.client.folders([{ root, name: 'library' }]);
    await host.until(root, 'ready');
    expect(textOf(await host.client.tool('search_codebase', { question: QUESTION }))).toContain('src/loans.ts');
    const changed = await host.client.tool('what_changed', {});
    expect(changed).toMatchObject({ kind: 'refused' });
    expect(textOf(changed)).toContain('In Restricted Mode git is not asked');
    await host.client.close();
  });
});
