import { AppError } from '../common/app-error.ts';
import type { Engine } from '../engine/client/engine.ts';
import { complete, failedIndexing, indexingState } from '../library/coverage.ts';
import type { IndexingState } from '../library/coverage.ts';
import { fitText } from '../library/tool-text.ts';
import { runTool, toolErrorText } from '../library/tools.ts';
import type { ToolName } from '../library/tool-inputs.ts';
import type { ToolGround } from '../library/at-commit.ts';
import type { FolderIndexer } from './folder-indexer.ts';
import type { ToolOutcome } from './protocol.ts';

/**
 * Runs a tool and puts what it refuses into words for a model: the editor's own sentences name buttons that no model
 * has. `onFailure` learns of it first, as the reply looks like any other.
 *
 * @throws the signal's reason
 */
export async function toolOutcome(
  engine: Engine,
  ground: () => Promise<ToolGround>,
  { name, input }: { readonly name: ToolName; readonly input: unknown },
  { signal, onFailure }: { readonly signal: AbortSignal; readonly onFailure: (error: unknown) => void },
): Promise<ToolOutcome> {
  try {
    const { parts, tokens } = await runTool(await ground(), name, input, signal);
    const { text } = await fitText(parts, tokens, (part) => engine.countHere(part, { signal }));
    return { kind: 'answered', text, parts, tokens };
  } catch (error) {
    signal.throwIfAborted();
    onFailure(error);
    return refused(error);
  }
}

/** Why a call gets no answer where git may not be asked; the input may be anything that a model made up. */
export function refusedWithoutGit(name: ToolName, input: unknown): ToolOutcome | undefined {
  if (name === 'what_changed') return refused(new AppError('service/no-git'));
  const isAtCommit = typeof input === 'object' && input !== null && 'at' in input && input.at !== undefined;
  if (!isAtCommit) return undefined;
  const message =
    'In Restricted Mode git is not asked, so no commit can be read. Leave "at" out to ask the files on disk.';
  return refused(new AppError('service/no-git', message));
}

function refused(error: unknown): ToolOutcome {
  return { kind: 'refused', message: toolErrorText(error) };
}

/** What the state of a folder means for an answer: what can be found by its words counts as read. */
export function indexingStateOf({ state, isIndexed }: Pick<FolderIndexer, 'state' | 'isIndexed'>): IndexingState {
  if (isIndexed) return complete;
  switch (state.kind) {
    case 'opening':
    case 'walking':
      return indexingState(0);
    case 'reading':
      return indexingState(state.percent);
    case 'paused':
      return indexingState(state.percent, true);
    case 'failed':
      return failedIndexing(`Files could not be indexed: ${state.message}`);
    case 'embedding':
    case 'ready':
      return complete;
  }
}

/** How far the indexing is, in percent, where an answer may miss files; undefined where every file can be found. */
export function partialPercent({ state, isIndexed }: Pick<FolderIndexer, 'state' | 'isIndexed'>): number | undefined {
  // A state may tell of an earlier progress.
  if (isIndexed) return undefined;
  return state.kind === 'reading' || state.kind === 'paused' ? state.percent : undefined;
}
