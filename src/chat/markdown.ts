import { exactPercent } from '../common/number-format.ts';
import { printable } from '../common/printable.ts';
import { answerNotes } from './exchange.ts';
import { harmless, literal } from './harmless-markdown.ts';
import { othersShare } from './share.ts';
import { fill, linesText } from './strings.ts';
import type { Strings } from './strings.ts';
import type { Conversation, Exchange } from './transcript.ts';

/** A conversation as a Markdown document, for people and for issues. */
export function conversationMarkdown({ title, exchanges }: Conversation, strings: Strings): string {
  const parts = exchanges.map((exchange) => exchangeMarkdown(exchange, strings));
  return `${[`# ${literal(title)}`, ...parts].join('\n\n')}\n`;
}

type AnsweredStrings = Pick<Strings, 'answeredHere' | 'answeredAt' | 'answeredAway' | 'answeredByEditor'>;

/** Who answered and where the text went, in one line; undefined where nobody has or nobody knows. */
export function answeredBy({ model }: Pick<Exchange, 'model'>, strings: AnsweredStrings): string | undefined {
  if (!model) return undefined;
  const { name, destination } = model;
  switch (destination.kind) {
    case 'process':
      return fill(strings.answeredHere, name);
    case 'loopback':
      return fill(strings.answeredAt, name, destination.address);
    case 'network':
      return fill(strings.answeredAway, name, destination.address);
    case 'editor':
      return fill(strings.answeredByEditor, name, destination.vendor);
  }
}

/** An answer with its sources, as it is put on the clipboard. */
export function answerMarkdown({ text, state, evidence }: Exchange, strings: Strings): string {
  const parts = [harmless(text.trim())];
  if (state.kind === 'answered') {
    const rows = state.sentences.map((found) => {
      const said = literal(found.sentence.text);
      if (found.kind === 'unsupported') return `- _${strings.unsupported}_: ${said}`;
      return `- ${code(`${found.citation.path}:${linesText(found.citation, strings)}`)}: ${said}`;
    });
    if (rows.length > 0) parts.push(`**${strings.sources}**`, rows.join('\n'));
    parts.push(...answerNotes(state, evidence, strings).map((note) => `_${literal(note)}_`));
  } else if ('message' in state) {
    parts.push(`_${literal(state.message)}_`);
  }
  return parts.filter((part) => part !== '').join('\n\n');
}

function exchangeMarkdown(exchange: Exchange, strings: Strings): string {
  const { question, scope, ranked } = exchange;
  const parts = [`## ${literal(question)}`];
  const scoped = scopeText(scope, strings);
  if (scoped) parts.push(`${strings.scope}: ${code(scoped)}`);
  if (ranked && ranked.length > 0) {
    const rows = ranked.map(({ path, share }) => `- ${exactPercent(share)} ${code(path)}`);
    const others = `- ${exactPercent(othersShare(ranked))} ${strings.others}`;
    parts.push(`**${strings.relevant}**`, [...rows, others].join('\n'));
  }
  const by = answeredBy(exchange, strings);
  if (by !== undefined) parts.push(`_${literal(by)}_`);
  parts.push(answerMarkdown(exchange, strings));
  return parts.filter((part) => part !== '').join('\n\n');
}

/** The scope in a few words; undefined for the whole workspace. */
export function scopeText({ base, terms }: Exchange['scope'], strings: Strings): string | undefined {
  const named =
    base.kind === 'folder'
      ? base.path
      : base.kind === 'files'
        ? base.paths.length === 1
          ? strings.scopeFile
          : fill(strings.scopeFiles, base.paths.length)
        : base.kind === 'changed'
          ? strings.scopeChanged
          : undefined;
  const parts = [named, terms.trim() || undefined].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(' ') : undefined;
}

/** Inline code whatever the text holds: its fence is longer than any run of back-ticks inside. */
export function code(text: string): string {
  const line = printable(text.replace(/\s+/gu, ' '));
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${space}${line}${space}${fence}`;
}
