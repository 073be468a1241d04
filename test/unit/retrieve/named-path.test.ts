import { describe, expect, it, test } from 'vitest';
import { namedFiles } from '../../../src/retrieve/named-file.ts';

const PATHS = [
  'LICENSE',
  'Makefile',
  'README.md',
  '.env.example',
  '.github/workflows/ci.yml',
  'package.json',
  'app/(shop)/cart/page.tsx',
  'app/[slug]/page.tsx',
  'app/[...all]/page.tsx',
  'app/[[...rest]]/page.tsx',
  'app/models/user.rb',
  'app/page.tsx',
  'docs/my notes/release plan (draft).md',
  'docs/R&D/Smith, John.md',
  'docs/設定/概要.md',
  'docs/caf\u00e9.md',
  'docs/한글/설명서.md',
  'lib/a+b.js',
  'lib/c++/list.hpp',
  'lib/express.js',
  'lib/errors.js',
  'lib/node.js',
  'lib/utils.js',
  'lib/discord.py',
  'lib/shop/cart.ex',
  'packages/@scope/core/src/index.ts',
  'packages/ui/src/index.ts',
  'src/Main.kt',
  'src/auth/customer.ts',
  'src/billing/invoice.ts',
  'src/billing/invoice.test.ts',
  'src/billing/tax.py',
  'src/components/Button.tsx',
  'src/components/button.css',
  'src/main.go',
  'src/main.rs',
  'src/main/java/com/shop/billing/Invoice.java',
  'src/main/java/com/shop/orders/Invoice.java',
  'src/main/kotlin/com/shop/Cart.kt',
  'src/native/buffer.c',
  'src/routes/+page.svelte',
  'src/Shop/Invoice.cs',
  'src/Sources/Cart.swift',
  'src/web/index.php',
  'tests/test_tax.py',
];

/** The files with the most weight, and the lines of the first. */
function first(question: string): string {
  const found = [...namedFiles(question, PATHS)];
  const most = Math.max(0, ...found.map(([, { added }]) => added));
  const best = found.filter(([, { added }]) => added === most);
  const lines = best[0]?.[1].lines.map(({ start, end }) => (start === end ? `${start}` : `${start}-${end}`)) ?? [];
  return [...best.map(([path]) => path).sort(), ...lines].join(' ');
}

const INVOICE = 'src/billing/invoice.ts';

describe('a path in any dress', () => {
  test.each([
    ['Explain /home/u/shop/src/billing/invoice.ts', INVOICE],
    ['Explain ~/work/shop/src/billing/invoice.ts.', INVOICE],
    ['Explain C:\\Users\\John Smith\\shop\\src\\billing\\invoice.ts', INVOICE],
    ['Explain "C:\\\\shop\\\\src\\\\billing\\\\invoice.ts"', INVOICE],
    ['Explain \\\\server\\share\\shop\\src\\billing\\invoice.ts', INVOICE],
    ['Explain \\\\wsl$\\Ubuntu\\home\\u\\shop\\src\\billing\\invoice.ts', INVOICE],
    ['Explain file:///c%3A/shop%20one/src/billing/invoice.ts', INVOICE],
    [
      'Explain file:///home/u/shop/docs/my%20notes/release%20plan%20(draft).md',
      'docs/my notes/release plan (draft).md',
    ],
    ['Explain file:///home/u/docs/%E8%A8%AD%E5%AE%9A/%E6%A6%82%E8%A6%81.md', 'docs/設定/概要.md'],
    ['vscode-remote://ssh-remote%2Bbox/home/u/shop/src/billing/invoice.ts', INVOICE],
    ['vscode-remote://wsl+Ubuntu/home/u/shop/src/billing/invoice.ts', INVOICE],
    ['vscode://file/home/u/shop/src/billing/invoice.ts:12:5', `${INVOICE} 12`],
    ['https://github.com/o/shop/blob/main/src/billing/invoice.ts#L10-L20', `${INVOICE} 10-20`],
    ['https://github.com/o/shop/blob/feature/tax/src/billing/invoice.ts#L10', `${INVOICE} 10`],
    ['https://github.com/o/shop/blob/main/README.md?plain=1#L3', 'README.md 3'],
    ['https://gitlab.com/g/sub/shop/-/blob/main/src/billing/invoice.ts#L10-20', `${INVOICE} 10-20`],
    ['https://bitbucket.org/o/shop/src/main/src/billing/invoice.ts#lines-10:20', `${INVOICE} 10-20`],
    ['https://github.com/o/shop/blob/main/app/%5Bslug%5D/page.tsx', 'app/[slug]/page.tsx'],
    ['@src/billing/invoice.ts what is it?', INVOICE],
    ['@/src/billing/invoice.ts what is it?', INVOICE],
    ['@"docs/my notes/release plan (draft).md" what is it?', 'docs/my notes/release plan (draft).md'],
    ['@docs/my\\ notes/release\\ plan\\ (draft).md', 'docs/my notes/release plan (draft).md'],
    ['src/billing/invoice.ts#L10', `${INVOICE} 10`],
    ['@src/billing/invoice.ts#L12-14', `${INVOICE} 12-14`],
    ['@src/billing/invoice.ts:1-5', `${INVOICE} 1-5`],
    ['src/billing/invoice.ts:10:2', `${INVOICE} 10`],
    ['src/billing/invoice.ts(12,5): error TS2532', `${INVOICE} 12`],
    ['src/billing/invoice.ts, line 12', `${INVOICE} 12`],
    ['What happens in lines 3 to 5 of src/billing/invoice.ts?', `${INVOICE} 3-5`],
    ['What is on line 12 in `invoice.ts`?', `${INVOICE} 12`],
    ['Was passiert in invoice.ts Zeile 12?', `${INVOICE} 12`],
    ['invoice.ts 的第 12 行是什么？', `${INVOICE} 12`],
    ['invoice.tsの12行目', `${INVOICE} 12`],
    ['see [the invoice](src/billing/invoice.ts) please', INVOICE],
    ['see [the invoice](./src/billing/invoice.ts#L4)', `${INVOICE} 4`],
    ['src//billing//invoice.ts', INVOICE],
    ['../shop/./src/billing/invoice.ts', INVOICE],
    ['.../billing/invoice.ts', INVOICE],
    ['diff --git a/src/billing/invoice.ts b/src/billing/invoice.ts', INVOICE],
    ['+++ b/src/billing/invoice.ts\n@@ -1,3 +10,4 @@\n a\n-b\n+c\n@@ -30 +40,2 @@\n', `${INVOICE} 10-13 40-41`],
    ['"docs/my notes/release plan (draft).md"', 'docs/my notes/release plan (draft).md'],
    ['What is in docs/my notes/release plan (draft).md?', 'docs/my notes/release plan (draft).md'],
    ['docs/R&D/Smith, John.md', 'docs/R&D/Smith, John.md'],
    ['请解释src/billing/invoice.ts的作用', INVOICE],
    ['src/billing/invoice.tsを説明してください', INVOICE],
    ['src/billing/invoice.ts에서 세금은?', INVOICE],
    ['（src/billing/invoice.ts）。', INVOICE],
    ['「src/billing/invoice.ts」', INVOICE],
    ['文件：src/billing/invoice.ts，第12行', `${INVOICE} 12`],
    ['ｓｒｃ／ｂｉｌｌｉｎｇ／ｉｎｖｏｉｃｅ．ｔｓ', INVOICE],
    ['请看docs/設定/概要.md', 'docs/設定/概要.md'],
    ['请看概要.md', 'docs/設定/概要.md'],
    ['docs/한글/설명서.md를 설명', 'docs/한글/설명서.md'],
    ['docs/cafe\u0301.md', 'docs/caf\u00e9.md'],
    ["invoice.ts's tax", INVOICE],
    ['invoice.ts’s tax', INVOICE],
    ['die invoice.ts-Datei', INVOICE],
    ['What is app/[slug]/page.tsx?', 'app/[slug]/page.tsx'],
    ['What is (app/[...all]/page.tsx)?', 'app/[...all]/page.tsx'],
    ['What is app/[[...rest]]/page.tsx?', 'app/[[...rest]]/page.tsx'],
    ['What is app/(shop)/cart/page.tsx?', 'app/(shop)/cart/page.tsx'],
    ['What is app/\\[slug\\]/page.tsx?', 'app/[slug]/page.tsx'],
    ['C:\\w\\app\\[slug]\\page.tsx', 'app/[slug]/page.tsx'],
    ['lib/a+b.js', 'lib/a+b.js'],
    ['lib/c++/list.hpp', 'lib/c++/list.hpp'],
    ['src/routes/+page.svelte', 'src/routes/+page.svelte'],
    ['packages/@scope/core/src/index.ts', 'packages/@scope/core/src/index.ts'],
    ['@scope/core/src/index.ts', 'packages/@scope/core/src/index.ts'],
    ['What does .github/workflows/ci.yml do?', '.github/workflows/ci.yml'],
    ['What is in .env.example?', '.env.example'],
    ['git show HEAD~2:src/billing/invoice.ts', INVOICE],
    ['SRC/BILLING/INVOICE.TS', INVOICE],
    ['components/Button.tsx or button.css?', 'src/components/Button.tsx src/components/button.css'],
    ['\u2068src/billing/invoice.ts\u2069', INVOICE],
    ['What does the Makefile do?', 'Makefile'],
    ['`src/billing/invoice.ts:12`', `${INVOICE} 12`],
    ['invoice.test.ts', 'src/billing/invoice.test.ts'],
  ])('%j', (question, expected) => {
    expect(first(question)).toBe(expected);
  });
});

describe('a trace', () => {
  test.each([
    [
      'TypeError: x\n    at compute (/home/u/shop/src/billing/invoice.ts:5:42)\n    at /home/u/shop/lib/errors.js:1:1',
      `${INVOICE} 5`,
    ],
    [
      'Error\n    at f (node:internal/utils.js:9:1)\n    at async file:///app/src/auth/customer.ts:3:4',
      'src/auth/customer.ts 3',
    ],
    [
      'Error\n    at x (/app/node_modules/express/lib/express.js:9:1)\n    at y (/app/lib/errors.js:4:2)',
      'lib/errors.js 4',
    ],
    ['at total (webpack:///./src/billing/invoice.ts?c5f1:12:5)', `${INVOICE} 12`],
    ['at total (webpack-internal:///(app-pages-browser)/./app/(shop)/cart/page.tsx:7:3)', 'app/(shop)/cart/page.tsx 7'],
    ['total@http://localhost:5173/src/billing/invoice.ts?t=171:12:5', `${INVOICE} 12`],
    [
      'Traceback (most recent call last):\n  File "/app/src/web/x.py", line 3, in <module>\n  File "/app/tests/test_tax.py", line 4, in f\n  File "/app/src/billing/tax.py", line 12, in rate\nKeyError',
      'src/billing/tax.py 12',
    ],
    [
      'Traceback (most recent call last):\n  File "/app/src/billing/tax.py", line 12, in rate\n  File "/usr/lib/python3.12/site-packages/lib/discord.py", line 4, in f',
      'src/billing/tax.py 12',
    ],
    ['tests/test_tax.py::TestTax::test_rate FAILED', 'tests/test_tax.py'],
    ['tests/test_tax.py:12: AssertionError', 'tests/test_tax.py 12'],
    [
      'Exception in thread "main" java.lang.NullPointerException\n\tat com.shop.orders.Invoice.total(Invoice.java:12)\n\tat java.base/java.util.ArrayList.forEach(ArrayList.java:1)',
      'src/main/java/com/shop/orders/Invoice.java 12',
    ],
    ['at com.shop.billing.Invoice$Line.<init>(Invoice.java:7)', 'src/main/java/com/shop/billing/Invoice.java 7'],
    ['at com.shop.CartKt.main(Cart.kt:3)', 'src/main/kotlin/com/shop/Cart.kt 3'],
    ['panic: x\ngoroutine 1 [running]:\nmain.main()\n\t/go/src/shop/src/main.go:12 +0x1d', 'src/main.go 12'],
    ['error[E0382]: borrow\n  --> src/main.rs:4:5', 'src/main.rs 4'],
    ["thread 'main' panicked at src/main.rs:4:5:", 'src/main.rs 4'],
    ['   at Shop.Invoice.Total() in C:\\b\\src\\Shop\\Invoice.cs:line 12', 'src/Shop/Invoice.cs 12'],
    ["app/models/user.rb:12:in `name': undefined (NoMethodError)", 'app/models/user.rb 12'],
    ['PHP Fatal error: x in /var/www/src/web/index.php on line 12', 'src/web/index.php 12'],
    ['#0 /var/www/src/web/index.php(12): f()', 'src/web/index.php 12'],
    ['/b/src/Sources/Cart.swift:12:5: error: x', 'src/Sources/Cart.swift 12'],
    ["src/native/buffer.c:12:5: error: 'x' undeclared", 'src/native/buffer.c 12'],
    ['/w/src/billing/invoice.ts\n  12:5  error  No any  no-any\n  14:1  warning  x  y\n', `${INVOICE} 12 14`],
    ['    (shop 0.1.0) lib/shop/cart.ex:12: Shop.Cart.add/2', 'lib/shop/cart.ex 12'],
    [
      '[ERROR] /b/src/main/java/com/shop/billing/Invoice.java:[12,5] cannot find symbol',
      'src/main/java/com/shop/billing/Invoice.java 12',
    ],
  ])('%j', (question, expected) => {
    expect(first(question)).toBe(expected);
  });
});

describe('what is no file', () => {
  test.each([
    'How does Express.js handle errors?',
    'How does this work in Node.js?',
    'Node.js: which version?',
    'Which of and/or is meant, e.g. 1.5?',
    'Is invoice.tsx there, or tax.pyc?',
    'Look at my-invoice.ts and x.invoice.ts',
    'Why does /app/node_modules/express/lib/utils.js fail?',
    'Why does https://example.com/other/index.ts fail?',
    'Read the license',
    'at next (/srv/other/Tax.py:137:13)',
    'every utils and errors',
    '🚀.. // \\ \\\\ :: @@ ##',
  ])('%s', (question) => {
    expect(first(question)).toBe('');
  });

  it('depends on what the project is called', () => {
    const asked = (question: string, project: string) =>
      namedFiles(question, PATHS, new Set([project])).has('lib/discord.py');
    expect(asked('How does discord.py handle limits?', 'shop')).toBe(true);
    expect(asked('How does discord.py handle limits?', 'discord')).toBe(false);
    expect(asked('What is in the file discord.py?', 'discord')).toBe(true);
    expect(asked('What is in `discord.py`?', 'discord')).toBe(true);
    expect(asked('What is in lib/discord.py?', 'discord')).toBe(true);
    expect(asked('What is in discord.py:12?', 'discord')).toBe(true);
  });

  test.each([
    ['What is in `express.js`?', 'lib/express.js'],
    ['What is in the file Express.js?', 'lib/express.js'],
    ['What does express.js export?', 'lib/express.js'],
    ['What does lib/Express.js export?', 'lib/express.js'],
    ['Utils.js is slow, why?', 'lib/utils.js'],
    ['What is in package.json?', 'package.json'],
    ['What does User.rb do?', 'app/models/user.rb'],
    ['What does the makefile do?', 'Makefile'],
  ])('but %s', (question, expected) => {
    expect(first(question)).toBe(expected);
  });
});
