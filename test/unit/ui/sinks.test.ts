import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pageHtml } from '../../../src/ui/chat/html.ts';

const top = join(import.meta.dirname, '../../..');
const sources = globSync(['src/extension.ts', 'src/{ui,chat}/**/*.ts', 'media/chat/**/*.ts'], { cwd: top }).map(
  (path) => ({
    path: path.replaceAll('\\', '/'),
    code: readFileSync(join(top, path), 'utf8').replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, ''),
  }),
);
const users = (of: RegExp) => sources.filter(({ code }) => of.test(code)).map(({ path }) => path);

/** Ways to show or to start something, each with the files that may: src/ui/README.md says what protects them there. */
const SINKS: readonly (readonly [string, RegExp, readonly string[]])[] = [
  ['notifications', /\bshow(?:Information|Warning|Error)Message\b/, ['src/ui/notice.ts']],
  [
    'Markdown of the editor',
    /\bMarkdownString\b|\bappendMarkdown\b/,
    ['src/ui/marks/recalled-hover.ts', 'src/ui/status/status-bar.ts', 'src/ui/tools/codebase-tools.ts'],
  ],
  ['trusted Markdown', /\.isTrusted = (?!\{ enabledCommands: tooltipCommands \})/, []],
  ['markup in Markdown', /\bsupportHtml\b|\bsupportThemeIcons\b/, []],
  [
    'rows of a tree',
    /\bnew vscode\.TreeItem\b/,
    ['src/ui/memory-view/stored-memories-view.ts', 'src/ui/memory-view/tree-item.ts'],
  ],
  [
    'lists to pick from',
    /\b(?:showQuickPick|createQuickPick)\b/,
    ['src/ui/answer-model/model-picker.ts', 'src/ui/chat/view.ts', 'src/ui/commands.ts'],
  ],
  [
    'fields to write in',
    /\bshowInputBox\b|\bcreateInputBox\b/,
    ['src/ui/answer-model/model-picker.ts', 'src/ui/question-input.ts'],
  ],
  ['pages', /\.html = |\bcreateWebviewPanel\b/, ['src/ui/chat/view.ts']],
  ['markup in the page', /\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc)\b/, []],
  ['Markdown in the page', /\.sanitize\(/, ['media/chat/markdown.ts']],
  ['elements that fetch or lead away', /\bh\(\s*'(?:a|img|iframe|script|link|object|embed|video|audio|svg)'/, []],
  ['code from text', /\beval\(|\bnew Function\(|\bsetTimeout\(\s*['"`]/, []],
  ['addresses opened', /\bopenExternal\b|\bUri\.parse\(|'simpleBrowser|'vscode\.open'/, ['src/ui/commands.ts']],
  ['programs', /child_process|\bcreateTerminal\b|\bShellExecution\b|\bProcessExecution\b|\bexecuteTask\b/, []],
];

describe('what is shown or started by the editor', () => {
  it.each(SINKS)('%s: in the files that are known for it, and in no other', (_, of, known) => {
    expect(users(of).toSorted()).toEqual([...known].toSorted());
  });

  it('would find one that is new', () => {
    const [, notifications] = SINKS[0]!;
    expect(notifications.test('void vscode.window.showWarningMessage(name)')).toBe(true);
    expect(sources.length).toBeGreaterThan(60);
  });
});

describe('the frame of the page', () => {
  const source = {
    cspSource: 'https://own.example',
    nonce: 'n0nce',
    script: 'https://own.example/chat.js',
    style: 'https://own.example/chat.css',
    language: 'en',
    title: '"><script>alert(1)</script>',
  };
  const html = pageHtml(source);

  it('lets in its own script and style, and nothing from anywhere else', () => {
    const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    const rules = policy
      .replaceAll('&#39;', "'")
      .split('; ')
      .map((rule) => rule.split(/ (.*)/s).slice(0, 2));
    expect(Object.fromEntries(rules)).toEqual({
      'default-src': "'none'",
      'script-src': "'nonce-n0nce'",
      'style-src': 'https://own.example',
      'font-src': 'https://own.example',
      'base-uri': "'none'",
      'form-action': "'none'",
    });
  });

  it('has one script, with the nonce, whatever its title is', () => {
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).toContain('<script nonce="n0nce" src="https://own.example/chat.js">');
  });
});
