import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import type { FileRecord } from '../memory/records.ts';
import { isAppError } from '../common/app-error.ts';
import { counted } from '../common/number-format.ts';
import type { Memory } from '../library/memory.ts';

const SCHEME = 'codebase:///';
/** Files of one page. */
const PAGE = 200;

export const resourceTemplate = {
  uriTemplate: `${SCHEME}{+path}`,
  name: 'file',
  title: 'A file of the codebase',
  description: 'An indexed file as it stands now, its secrets masked. The path is the one that results show.',
  mimeType: 'text/plain',
};

/** The files that were seen, by path, each with its state: indexed, or why not. A page at a time. */
export async function listResources(memory: Memory, cursor: string | undefined, signal: AbortSignal) {
  await memory.upToDate({ signal });
  const files = memory.members
    .flatMap(({ index, prefix }) => {
      const notEmbedded = index.notEmbeddedCounts();
      return index.ledger.files().map((file) => resourceOf(prefix + file.path, file, notEmbedded.get(file.path) ?? 0));
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  // The last name of a page, so that a file that comes or goes meanwhile moves nothing.
  const after = cursor === undefined ? 0 : files.findIndex(({ name }) => name > cursor);
  const page = after < 0 ? [] : files.slice(after, after + PAGE);
  const last = page.at(-1);
  const hasMore = last !== undefined && after + PAGE < files.length;
  return { resources: page, ...(hasMore ? { nextCursor: last.name } : {}) };
}

function resourceOf(name: string, { bytes, lines, state }: FileRecord, notEmbedded: number) {
  const vectors = notEmbedded > 0 ? `; found by the words alone: ${counted(notEmbedded, 'segment')}` : '';
  const description = state.kind === 'ingested' ? `Indexed, ${counted(lines, 'line')}${vectors}.` : state.message;
  return { uri: uriOf(name), name, description, mimeType: 'text/plain', size: bytes };
}

/** @throws McpError for what is no resource, with the reason */
export async function readResource(memory: Memory, uri: string, signal: AbortSignal) {
  const path = pathOf(uri);
  if (path === undefined) throw new McpError(ErrorCode.InvalidParams, `Resources here begin with ${SCHEME}.`);
  try {
    const { lines } = await memory.readLines({ path }, { signal });
    return { contents: [{ uri, mimeType: 'text/plain', text: lines.join('') }] };
  } catch (error) {
    if (isAppError(error)) throw new McpError(ErrorCode.InvalidParams, error.message);
    throw error;
  }
}

const uriOf = (path: string): string => SCHEME + path.split('/').map(encodeURIComponent).join('/');

function pathOf(uri: string): string | undefined {
  if (!uri.startsWith(SCHEME)) return undefined;
  try {
    return decodeURIComponent(uri.slice(SCHEME.length));
  } catch {
    return undefined;
  }
}
