import hljs from 'highlight.js/lib/common';

/** Characters of code above which colors cost more than they give. */
const MOST = 50_000;

/** Code as HTML with highlight.js's classes, or undefined where its language is unknown or it is too long. */
export function highlighted(code: string, language: string): string | undefined {
  if (code.length > MOST || !hljs.getLanguage(language)) return undefined;
  return hljs.highlight(code, { language, ignoreIllegals: true }).value;
}
