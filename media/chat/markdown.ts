import DOMPurify from 'dompurify';
import MarkdownIt from 'markdown-it';
import { highlighted } from './highlight.ts';

/*
 * Markdown of a model that read files of unknown origin. Twice on the safe side: markdown-it passes no HTML through and
 * makes no links or images, and DOMPurify lets nothing but plain structure into the page.
 */

const markdown = new MarkdownIt('commonmark', {
  html: false,
  linkify: false,
  typographer: false,
  maxNesting: 20,
  highlight: (code, language) => highlighted(code, language) ?? '',
});
// Text that is indented is no code: the sentences of an answer are cut by its fences alone.
markdown.enable(['table', 'strikethrough']).disable(['image', 'code', 'html_block', 'html_inline']);

// A link's words are shown, and its target beside them where it is not a file: nothing in an answer leaves the editor.
markdown.renderer.rules['link_open'] = (tokens, at) => {
  const target = String(tokens[at]?.attrGet('href') ?? '');
  return `<span class="link" data-target="${markdown.utils.escapeHtml(target)}">`;
};
markdown.renderer.rules['link_close'] = () => '</span>';

const TAGS = [
  ...['p', 'br', 'hr', 'em', 'strong', 's', 'code', 'pre', 'span', 'blockquote', 'ul', 'ol', 'li'],
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
];

/** What a text defines and its links refer to: `[name]: target`. */
export type References = NonNullable<NonNullable<Parameters<typeof markdown.parse>[1]>['references']>;

/**
 * An answer as elements: structure, code with its colors, and links as `span.link[data-target]`.
 *
 * @param references what was defined before the text; what the text defines is added
 */
export function rendered(text: string, references: References = {}): DocumentFragment {
  return DOMPurify.sanitize(markdown.render(text, { references }), {
    RETURN_DOM_FRAGMENT: true,
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ['class', 'start', 'data-target'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}

/**
 * Where the last block begins that more text may still change, in characters: all before it stays as it is, but for
 * links whose targets are defined later. CommonMark finds its blocks line by line, so one that has begun with a whole
 * line ends those before it; tables are seen a line later, and take that line from no other block than a paragraph.
 */
export function openBlock(text: string): number {
  const lines = [...text.matchAll(/\r\n?|\n/g)].map(({ 0: end, index }) => index + end.length);
  const starts = markdown
    .parse(text, {})
    .flatMap(({ level, nesting, map }) => (level === 0 && nesting >= 0 && map ? [map[0]] : []));
  // The first line of a block that is not whole yet may turn out to go on with the block before it.
  const start = starts.findLast((line) => line < lines.length) ?? 0;
  return start === 0 ? 0 : (lines[start - 1] ?? 0);
}
