import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';

/** Prompts that a person picks from the client's menu. */
export const prompts = [
  {
    name: 'answer_with_sources',
    title: 'Answer from the code, with sources',
    description: 'Answers a question about this codebase and cites the source of each statement.',
    arguments: [{ name: 'question', description: 'What you want to know.', required: true }],
  },
  {
    name: 'review_changes',
    title: 'Review what changed',
    description: 'Reviews the work in progress, or a branch, with the code that it touches.',
    arguments: [
      { name: 'base', description: 'A branch, tag or commit; the last commit if left out.', required: false },
    ],
  },
];

/** @throws McpError where there is no such prompt, or an argument is missing */
export function promptMessages(name: string, given: Readonly<Record<string, string>>) {
  const text = textOf(name, given);
  if (text === undefined) throw new McpError(ErrorCode.InvalidParams, `There is no prompt "${name}".`);
  return { messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }] };
}

function textOf(name: string, given: Readonly<Record<string, string>>): string | undefined {
  if (name === 'answer_with_sources') {
    const question = given.question?.trim() ?? '';
    if (question === '') throw new McpError(ErrorCode.InvalidParams, 'The prompt needs a question.');
    return (
      `${question}\n\nSearch this codebase with search_codebase, and read more with read_lines where the lines are not ` +
      'enough. Cite path:line after each statement. Say what you could not find, and whether it was indexed.'
    );
  }
  if (name === 'review_changes') {
    const base = given.base?.trim() ?? '';
    const call = base === '' ? 'what_changed' : `what_changed with base "${base}"`;
    return (
      `Review the changes that ${call} shows. For each changed name, look with find_references whether its callers ` +
      'still fit. List faults first, each with path:line; say what you did not check.'
    );
  }
  return undefined;
}
