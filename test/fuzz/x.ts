import { readFileSync } from 'node:fs';
import MarkdownIt from 'markdown-it';
import { harmless } from '../../src/ui/chat/harmless-markdown.ts';
const t = readFileSync(process.argv[2]!, 'utf8');
console.log(JSON.stringify(t));
const h = harmless(t);
console.log(JSON.stringify(h));
const eager = new MarkdownIt({ html: true, linkify: true });
eager.linkify.set({ fuzzyLink: false });
for (const d of [new MarkdownIt('commonmark'), eager])
  console.log(
    d
      .parse(h, {})
      .flatMap((x) => [x, ...(x.children ?? [])])
      .filter((x) => /link_open|image|html/.test(x.type))
      .map((x) => x.type + x.attrGet('href') + x.content),
  );
