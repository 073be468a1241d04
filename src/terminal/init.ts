import { lstat, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyEdits, modify, parse } from 'jsonc-parser';
import type { ParseError } from 'jsonc-parser';
import { AppError } from '../common/app-error.ts';
import { realFolder } from '../index/storage-path.ts';
import { EXIT } from './exit.ts';
import { out } from './output.ts';

/** Programs whose settings `init` knows; each reads servers from a file of the folder. */
export const CLIENTS = ['claude', 'cursor', 'vscode', 'gemini', 'codex', 'agents-md'] as const;
export type ClientName = (typeof CLIENTS)[number];

export interface InitCommand {
  readonly repo?: readonly string[];
  /** Files are written; without it they are shown. */
  readonly write?: boolean;
}

const NAME = 'ask-codebase';

/** What a file becomes. */
type Change =
  | { readonly kind: 'same' }
  | { readonly kind: 'new' | 'added'; readonly shown: string; readonly content: string };

interface Client {
  readonly file: string;
  /** @throws `command/usage` for a file that cannot be read as what it should be */
  readonly change: (before: string | undefined, entry: Entry, file: string) => Change;
}

interface Entry {
  readonly command: string;
  readonly args: readonly string[];
}

const NOTE = [
  '## Finding things in this repository',
  '',
  'Call the tool `search_codebase` with one whole question before you grep or read files one after the other. Read more',
  'around a result with `read_lines`; list the uses of a known name with `find_references`. "Not found" there can mean',
  '"not indexed": the answer says which. Use grep for counts, exact patterns and exhaustive lists.',
  '',
].join('\n');

const CLIENT: Readonly<Record<ClientName, Client>> = {
  claude: { file: '.mcp.json', change: inJson('mcpServers', {}) },
  cursor: { file: '.cursor/mcp.json', change: inJson('mcpServers', {}) },
  vscode: { file: '.vscode/mcp.json', change: inJson('servers', { type: 'stdio' }) },
  gemini: { file: '.gemini/settings.json', change: inJson('mcpServers', {}) },
  codex: { file: '.codex/config.toml', change: inToml },
  'agents-md': {
    file: 'AGENTS.md',
    change: (before) => (before?.includes('`search_codebase`') === true ? { kind: 'same' } : appended(before, NOTE)),
  },
};

/**
 * Shows, and with `write` writes, what other programs need to call the memory's tools. Nothing that stands in their
 * files is lost: an entry is added, comments and order are kept, and one of that name is left as it is. Lines beside
 * it may be laid out anew.
 */
export async function initCommand(clients: readonly ClientName[], options: InitCommand): Promise<number> {
  const [given = process.cwd()] = options.repo ?? [];
  const root = await realFolder(given);
  const program = fileURLToPath(new URL('cli.js', import.meta.url));
  const entry = { command: process.execPath, args: [program, 'mcp', '--repo', root] };
  // All files are looked at before one is written.
  const changes: { readonly name: ClientName; readonly file: string; readonly content: string }[] = [];
  for (const name of clients.length > 0 ? clients : CLIENTS) {
    const { file, change } = CLIENT[name];
    const before = await ownFile(root, file);
    const found = change(before, entry, file);
    if (found.kind === 'same') {
      out.rows(`${file}: has it already; nothing is changed.`);
      continue;
    }
    out.rows(`${file} (${found.kind === 'new' ? 'a new file' : 'added to what is there'}), for ${name}:`);
    out.block(`${found.shown.trimEnd().replaceAll(/^/gm, '    ')}\n`);
    changes.push({ name, file: join(root, file), content: found.content });
  }
  if (options.write === true) {
    for (const { file, content } of changes) {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
  }
  out.rows(...ending(changes, options.write === true));
  return EXIT.done;
}

function ending(changes: readonly { readonly name: ClientName }[], isWriting: boolean): string[] {
  if (changes.length === 0) return ['Nothing has to be written.'];
  const isLocal = changes.some(({ name }) => name !== 'agents-md');
  return [
    ...(isLocal ? ['The entries name paths of this machine: do not commit them.'] : []),
    isWriting ? 'Written.' : 'Nothing is written. Add --write to write it.',
  ];
}

/**
 * A file of the folder; undefined where there is none. A repository may have put a link there, to have another file
 * written.
 */
async function ownFile(root: string, file: string): Promise<string | undefined> {
  const place = join(root, file);
  const refuse = () => {
    throw new AppError('command/usage', `${place} is no ordinary file of the folder, so nothing is written there.`);
  };
  const parent = await realpath(dirname(place)).catch(() => undefined);
  if (parent !== undefined && parent !== dirname(place)) refuse();
  const info = await lstat(place).catch(() => undefined);
  if (info === undefined) return undefined;
  if (!info.isFile()) refuse();
  return readFile(place, 'utf8');
}

function inJson(section: string, more: Readonly<Record<string, string>>): Client['change'] {
  return (before, { command, args }, file) => {
    const text = before?.trim() === '' ? undefined : before;
    const errors: ParseError[] = [];
    const value: unknown = parse(text ?? '{}', errors, { allowTrailingComma: true });
    if (errors.length > 0 || typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new AppError('command/usage', `${file} cannot be read as JSON. Correct it first; nothing was written.`);
    }
    const servers: unknown = Reflect.get(value, section);
    if (typeof servers === 'object' && servers !== null && Object.hasOwn(servers, NAME)) return { kind: 'same' };
    const entry = { ...more, command, args };
    const edits = modify(text ?? '{}', [section, NAME], entry, {
      formattingOptions: { insertSpaces: true, tabSize: 2, eol: '\n' },
    });
    const content = applyEdits(text ?? '{}', edits);
    const shown = JSON.stringify({ [section]: { [NAME]: entry } }, null, 2);
    return { kind: text === undefined ? 'new' : 'added', shown, content: content.replace(/\n?$/, '\n') };
  };
}

/** A table may be put at the end of any TOML file. JSON's strings are TOML's basic strings. */
function inToml(before: string | undefined, { command, args }: Entry): Change {
  if (before !== undefined && /^\s*\[\s*mcp_servers\s*\.\s*"?ask-codebase"?\s*\]/m.test(before))
    return { kind: 'same' };
  const values = args.map((arg) => JSON.stringify(arg)).join(', ');
  return appended(before, `[mcp_servers.${NAME}]\ncommand = ${JSON.stringify(command)}\nargs = [${values}]\n`);
}

function appended(before: string | undefined, text: string): Change {
  if (before === undefined || before.trim() === '') return { kind: 'new', shown: text, content: text };
  return { kind: 'added', shown: text, content: `${before.trimEnd()}\n\n${text}` };
}
