import { ROLES } from '../workspace/files/role.ts';
import { TOKENS } from './tool-inputs.ts';
import type { ToolName } from './tool-inputs.ts';

/** A parameter as JSON Schema describes it to a model. */
interface Parameter {
  readonly type: 'string' | 'integer' | 'array';
  readonly description: string;
  readonly items?: { readonly type: 'string' };
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A tool as models are told of it: over MCP, and in the editor's manifest, where a test compares the two. */
export interface ToolDefinition {
  readonly title: string;
  /** What it does, what it gives, and when another tool is better. */
  readonly description: string;
  readonly inputSchema: {
    readonly type: 'object';
    readonly properties: Readonly<Record<string, Parameter>>;
    readonly required: readonly string[];
    readonly additionalProperties: false;
  };
}

const paths = {
  type: 'array',
  items: { type: 'string' },
  description: 'Only these files, folders or globs, as results show them: ["src/auth", "**/*.sql"]. Default: all.',
} as const;
const kind = {
  type: 'string',
  enum: ROLES,
  description: 'Only files of this kind, as their names and folders tell it. Default: all.',
} as const;
const at = {
  type: 'string',
  description: 'A branch, tag or commit, whose files are asked in place of those on disk. Default: those on disk.',
} as const;
const tokens = {
  type: 'integer',
  minimum: TOKENS.least,
  maximum: TOKENS.most,
  description: `Longest answer, in tokens. Default: ${TOKENS.usual}.`,
} as const;

const object = (properties: Readonly<Record<string, Parameter>>, ...required: readonly string[]) =>
  ({ type: 'object', properties, required, additionalProperties: false }) as const;

export const toolDefinitions: Readonly<Record<ToolName, ToolDefinition>> = {
  search_codebase: {
    title: 'Search the codebase',
    description:
      'Finds the files and lines of this codebase that answer a question in plain words, by meaning and by words ' +
      'together, from a local index. Use it first when you do not know where something is: "where is the retry delay ' +
      'computed?". Ask one whole question and keep names, paths and error messages in it. Returns ranked files with ' +
      'line ranges, shares and the best lines as text, read from disk now, and says what is not indexed: treat ' +
      '"not found" as "not indexed" until that is ruled out. Do not use it for a known path (read_lines), for every ' +
      'use of a known name (find_references), for counts, exact patterns or exhaustive lists (grep), or for ' +
      'questions about anything but this codebase.',
    inputSchema: object(
      {
        question: { type: 'string', description: 'One question, in whole words, about this codebase.' },
        scope: {
          type: 'string',
          description: 'Terms that add and take away files, the last that matches decides: "+src -tests".',
        },
        paths,
        kind,
        at,
        from: {
          type: 'integer',
          minimum: 0,
          maximum: 50,
          description:
            'Ranked files to leave out: the number that the answer before named for what comes next. Default: 0.',
        },
        tokens: { ...tokens, description: `Longest answer, in tokens. Default: ${TOKENS.search}.` },
      },
      'question',
    ),
  },
  read_lines: {
    title: 'Read lines of a file',
    description:
      'Reads numbered lines of one indexed file as it stands now, unsaved changes included; secrets are masked. Use ' +
      'it to see more around a result of search_codebase. Do not use it for files that are not indexed (it says why), ' +
      'or to read a whole large file when a range will do.',
    inputSchema: object(
      {
        path: { type: 'string', description: 'Path as results show it.' },
        start: { type: 'integer', minimum: 1, description: 'First line, from 1. Default: the first.' },
        end: { type: 'integer', minimum: 1, description: 'Last line, inclusive. Default: the last.' },
        at,
        tokens,
      },
      'path',
    ),
  },
  find_references: {
    title: 'Find references of a name',
    description:
      'Lists every line of the indexed files that says one identifier as a whole word, definitions first. Use it for ' +
      'who calls, imports or documents a known name. It compares letters and knows no types: two things of the same ' +
      'name are listed together. Do not use it for phrases or patterns (grep) or for questions (search_codebase).',
    inputSchema: object(
      {
        name: { type: 'string', description: 'The identifier, letter for letter: "openFile".' },
        paths,
        kind,
        at,
        tokens,
      },
      'name',
    ),
  },
  what_changed: {
    title: 'Show what changed',
    description:
      'Shows the files that differ between two commits, or between a commit and the files on disk, with their lines ' +
      'as a unified diff; untracked files count as added. Use it to review work in progress or a branch. Do not use ' +
      'it to learn who changed a line or why: it reads no commit messages and no authors.',
    inputSchema: object({
      base: { type: 'string', description: 'A branch, tag or commit. Default: the last commit.' },
      head: { type: 'string', description: 'Another one. Default: the files on disk.' },
      paths,
      tokens,
    }),
  },
};
