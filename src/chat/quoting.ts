import type { Conversation, Exchange } from './transcript.ts';

/** Whether a conversation cites one of these files, had it in its prompt, or names it. Paths are as they are shown. */
export function quotes({ exchanges }: Conversation, paths: ReadonlySet<string>): boolean {
  return exchanges.some((exchange) => isAbout(exchange, paths));
}

function isAbout(
  { question, text, selection, ranked, read, scope, state }: Exchange,
  paths: ReadonlySet<string>,
): boolean {
  const cited =
    state.kind === 'answered'
      ? state.sentences.flatMap((sentence) => (sentence.kind === 'supported' ? [sentence.citation.path] : []))
      : [];
  const named = [
    ...cited,
    ...(selection ? [selection.path] : []),
    ...(ranked ?? []).map(({ path }) => path),
    ...(read?.places ?? []).map(({ path }) => path),
    ...(scope.base.kind === 'files' ? scope.base.paths : []),
  ];
  return named.some((path) => paths.has(path)) || [...paths].some((path) => names(question, path) || names(text, path));
}

/** Whether a text names a path as a whole. A name without a dot or a slash is a word like others. */
function names(text: string, path: string): boolean {
  if (!/[./]/.test(path)) return false;
  for (let at = text.indexOf(path); at >= 0; at = text.indexOf(path, at + 1)) {
    const [before = ' ', after = ' '] = [text[at - 1], text[at + path.length]];
    if (!/[\p{L}\p{N}_/-]/u.test(before) && !/[\p{L}\p{N}_/-]/u.test(after)) return true;
  }
  return false;
}
