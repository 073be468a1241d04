import * as v from 'valibot';
import { AppError, asAppError } from '../common/app-error.ts';
import { atCommit } from './at-commit.ts';
import type { ToolGround } from './at-commit.ts';
import { findReferences } from './find-references.ts';
import { readLines } from './read-lines.ts';
import { searchFiles } from './search-files.ts';
import type { ToolText } from './tool-text.ts';
import { toolInputs, TOKENS } from './tool-inputs.ts';
import type { ToolName } from './tool-inputs.ts';
import { whatChanged } from './what-changed.ts';

/** A tool's answer, before it is fitted to the tokens that its caller allows. */
export interface ToolReply {
  readonly parts: ToolText;
  /** Tokens that were asked for. */
  readonly tokens: number;
}

/**
 * Runs one tool on the folders. `input` is whatever a model made up.
 *
 * @throws `command/usage` for an input that the tool does not take; what the tool throws; the signal's reason
 */
export async function runTool(
  ground: ToolGround,
  name: ToolName,
  input: unknown,
  signal?: AbortSignal,
): Promise<ToolReply> {
  switch (name) {
    case 'search_codebase': {
      const { tokens: asked = TOKENS.search, at, ...request } = parsed(name, toolInputs[name], input);
      const { parts } = await atCommit(ground, at, signal, ({ members, states }) =>
        searchFiles(members, states, { ...request, tokens: asked }, signal),
      );
      return { parts, tokens: asked };
    }
    case 'read_lines': {
      const { tokens: asked = TOKENS.usual, at, ...request } = parsed(name, toolInputs[name], input);
      const { parts } = await atCommit(ground, at, signal, ({ members, states }) =>
        readLines(members, states, request),
      );
      return { parts, tokens: asked };
    }
    case 'find_references': {
      const { tokens: asked = TOKENS.usual, at, ...request } = parsed(name, toolInputs[name], input);
      const { parts } = await atCommit(ground, at, signal, ({ members, states }) =>
        findReferences(members, states, request, signal),
      );
      return { parts, tokens: asked };
    }
    case 'what_changed': {
      const { tokens: asked = TOKENS.usual, ...request } = parsed(name, toolInputs[name], input);
      return { parts: (await whatChanged(ground.members, request, signal)).parts, tokens: asked };
    }
  }
}

/** What a model is told of a failure: what happened and what it can do, and never a stack. */
export function toolErrorText(error: unknown): string {
  if (error instanceof Error && error.name === 'AbortError') return 'The call was cancelled.';
  const { message, blame } = asAppError(error);
  if (blame === 'bug') return 'Something unexpected happened in the memory. Use your own search for this question.';
  return message;
}

function parsed<Schema extends v.GenericSchema>(name: ToolName, schema: Schema, input: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, input ?? {});
  if (result.success) return result.output;
  const faults = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'input'}: ${issue.message}`);
  throw new AppError('command/usage', `${name} cannot take this. ${faults.slice(0, 3).join('; ')}.`);
}
