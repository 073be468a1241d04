import { describe, expect, test } from 'vitest';
import { namedFiles } from '../../../src/retrieve/named-file.ts';
import { wordsIndex } from '../../support/words-index.ts';
import { askedTerms, terms } from '../../../src/memory/search/tokenize.ts';
import { parseScope, selectPaths } from '../../../src/memory/search/scope.ts';

/** What users of tools of this kind complained about: one line each, with names of our own. */

describe('a file that is mentioned', () => {
  test.each([
    [
      'a blank in a folder, beyond the home folder',
      '~/Library/Application Support/cv/src/sections.typ',
      'src/sections.typ',
    ],
    ['a blank, quoted after @', '@"/my docs/release notes.txt" what is new?', 'my docs/release notes.txt'],
    ['a blank, escaped', '@/my\\ docs/release\\ notes.txt', 'my docs/release notes.txt'],
    ['a blank, not quoted', 'see my docs/release notes.txt and log.txt', 'my docs/release notes.txt'],
    [
      'a blank in the name of the disk’s folder',
      '`D:\\My Projects\\shop\\src\\ChatWebView.xaml.cs`',
      'src/ChatWebView.xaml.cs',
    ],
    ['the folder of 32-bit programs', 'C:\\Program Files (x86)\\App\\config\\main.json', 'config/main.json'],
    ['a backslash that became %5C', 'src%5Cui%5Cpanel.ts', 'src/ui/panel.ts'],
    ['a route group', 'app/(landing-page)/ebay/page.tsx', 'app/(landing-page)/ebay/page.tsx'],
    [
      'a route group in brackets of a sentence',
      '(see app/(landing-page)/ebay/page.tsx)',
      'app/(landing-page)/ebay/page.tsx',
    ],
    ['a slug', '/add pages/individuals/[id].tsx', 'pages/individuals/[id].tsx'],
    ['a slug, escaped', '/add pages/individuals/\\[id\\].tsx', 'pages/individuals/[id].tsx'],
    ['a slug, between backticks', '/add `pages/individuals/[id].tsx`', 'pages/individuals/[id].tsx'],
    ['a copy', 'src/Button (copy).tsx', 'src/Button (copy).tsx'],
    ['an apostrophe', "KT's Files/a.md", "KT's Files/a.md"],
    ['an ampersand', 'R&D/plan.md', 'R&D/plan.md'],
    ['a comma', 'Smith, John/cv.md', 'Smith, John/cv.md'],
    ['a number sign', 'lib/c#/parse.cs', 'lib/c#/parse.cs'],
    ['a dollar sign', 'routes/$user.tsx', 'routes/$user.tsx'],
    ['a percent sign', 'docs/100%.md', 'docs/100%.md'],
    ['an equals sign', 'data/day=1/a.sql', 'data/day=1/a.sql'],
    ['a semicolon', 'docs/a;b.md', 'docs/a;b.md'],
    ['braces', 'notes/{type} description.md', 'notes/{type} description.md'],
    ['a letter beyond the first plane', 'docs/𠮟d/読.md', 'docs/𠮟d/読.md'],
    ['a lenticular bracket', '请看【说明】.md', '【说明】.md'],
    ['fullwidth brackets that end the sentence', '（见 R&D/plan.md）', 'R&D/plan.md'],
    ['a package of a scope', 'packages/@acme/ui/src/index.ts', 'packages/@acme/ui/src/index.ts'],
    ['lines after a colon', '@src/ui/panel.ts:1-5', 'src/ui/panel.ts 1-5'],
    ['lines as a host writes them', '@src/ui/panel.ts#L12-14', 'src/ui/panel.ts 12-14'],
    ['lines, Windows', 'C:\\shop\\src\\ui\\panel.ts:12', 'src/ui/panel.ts 12'],
    ['a lambda’s folder', 'at f (/var/task/src/ui/panel.ts:61:15)', 'src/ui/panel.ts 61'],
    ['a container’s folder', '/app/src/index.php:3', 'src/index.php 3'],
    [
      'a bundler’s folder on Windows',
      'at f (C:\\project\\bin\\webpack:\\core\\lib\\codes.js:160:1),',
      'core/lib/codes.js 160',
    ],
    ['a build server’s folder', '/builds/g/shop/core/lib/codes.js(7,1)', 'core/lib/codes.js 7'],
    [
      'a bundler’s chunk of a route group',
      'webpack-internal:///(rsc)/./app/(landing-page)/ebay/page.tsx:4:9',
      'app/(landing-page)/ebay/page.tsx 4',
    ],
    ['a notebook', 'analysis/First try.ipynb, please', 'analysis/First try.ipynb'],
  ])('with %s', (_, question, expected) => {
    const path = expected.replace(/ [\d-]+$/, '');
    const others = ['src/main.ts', 'log.txt', 'app/page.tsx', 'index.html'];
    const found = [...namedFiles(question, [path, ...others])].filter(
      ([, { lines }]) => lines.length > 0 || !/ \d/.test(expected),
    );
    const first = found.sort((a, b) => b[1].added - a[1].added)[0];
    const lines = first?.[1].lines.map(({ start, end }) => ` ${start === end ? start : `${start}-${end}`}`) ?? [];
    expect(`${first?.[0]}${lines.join('')}`).toBe(expected);
  });

  test.each([
    ['a package’s file', 'at f (/var/task/node_modules/acme/src/main.ts:61:15)'],
    ['a file of the language', 'at Module.load (node:internal/src/main.ts:1032:32)'],
    ['another file with a longer name', 'see src/main.tsx, old-main.ts and main.ts.map'],
  ])('but not by %s', (_, question) => {
    expect([...namedFiles(question, ['src/main.ts'])]).toEqual([]);
  });
});

describe('words without blanks', () => {
  test.each([
    ['a whole sentence', 'リンゴを食べます', '食べ'],
    ['a question around the words', '报销流程', '公司的报销流程是什么'],
    ['the start of a phrase', '验证用户身份', '用户身份'],
    ['a name glued to them', '步骤2 重跑gen-itgc后50条清零', 'itgc'],
    ['a word of two syllables', '역사를 기록한다', '역사'],
    ['the middle of a sentence', '動画の字幕を読み込む', '字幕'],
    ['another ending of the phrase', '端到端测试', '端到端测试结果'],
    ['words in the middle of a list', '设备清单', '设备'],
  ])('are found: %s', (_, text, question) => {
    const find = wordsIndex([terms(text), terms('Nothing of that, 完全不同')]);
    const words = askedTerms(question).flatMap(({ own }) => own);
    expect(find(words, 5)[0]).toBe(0);
  });
});

describe('a scope', () => {
  test.each([
    ['+pages/individuals/[id].tsx', 'pages/individuals/[id].tsx'],
    ['+src/pages/case-study/[slug].tsx', 'src/pages/case-study/[slug].tsx'],
    ['+"notes/{rule} one.md"', 'notes/{rule} one.md'],
    ['+.claude/rules/{rule}*.md', '.claude/rules/{rule} two.md'],
    ['+English(brackets)', 'English(brackets)/a.md'],
    ['+English(brackets)/*.md', 'English(brackets)/a.md'],
    ['+【file.md', 'home/【file.md'],
    ['+"deep research"', 'a/deep research/b.md'],
  ])('%s', (text, path) => {
    const { files, idle } = selectPaths(parseScope(text), [path, 'src/main.ts', 'English/a.md', 'notes/rule.md']);
    expect([...files]).toEqual([path]);
    expect(idle).toEqual([]);
  });
});
