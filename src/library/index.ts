/**
 * The memory as a library: what the command line, the MCP server and the editor's tools ask. `openMemory()` is where to
 * begin; `examples/library` runs it.
 */
export { openMemory } from './memory.ts';
export type { CallOptions, Memory, MemoryOptions, Search } from './memory.ts';
export type { Coverage, IndexingState } from './coverage.ts';
export type { FoundFile, SearchRequest } from './search-files.ts';
export type { ReadLines, ReadRequest } from './read-lines.ts';
export type { Reference, ReferencesRequest } from './find-references.ts';
export type { ChangedFile, ChangesRequest } from './what-changed.ts';
export { AppError, isAppError } from '../common/app-error.ts';
