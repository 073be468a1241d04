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

/** An answer as elements: structure, code with its colours, and links as `span.link[data-target]`. */
export function rendered(text: string): DocumentFragment {
  return DOMPurify.sanitize(markdown.render(text), {
    RETURN_DOM_FRAGMENT: true,
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ['class', 'start', 'data-target'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}
