import * as l10n from '@vscode/l10n';
import type { MemoryFacts } from '../../service/protocol.ts';
import type { Amounts } from '../../common/number-format.ts';

/** What the memories of the workspace hold, in totals. */
export interface Digest {
  readonly remembered: number;
  readonly skipped: number;
  readonly failed: number;
  /** Lines of the remembered files. */
  readonly lines: number;
  readonly segments: number;
  readonly tokens: number;
  readonly databaseBytes: number;
}

export function digest(facts: Iterable<MemoryFacts>): Digest {
  const total = { remembered: 0, skipped: 0, failed: 0, lines: 0, segments: 0, tokens: 0, databaseBytes: 0 };
  for (const { files, tokens, databaseBytes } of facts) {
    total.tokens += tokens;
    total.databaseBytes += databaseBytes;
    for (const { state, lines, segments } of files) {
      total.segments += segments;
      if (state.kind === 'ingested') {
        total.remembered += 1;
        total.lines += lines;
      } else if (state.kind === 'skipped') total.skipped += 1;
      else total.failed += 1;
    }
  }
  return total;
}

/** How many files are remembered: what stands beside the tree's title. */
export function rememberedCount(total: Digest, amounts: Amounts): string {
  return total.remembered === 1 ? l10n.t('1 file') : l10n.t('{0} files', amounts.count(total.remembered));
}

/** The line above the tree: what is not in it, and what the memory takes on disk. */
export function digestLine(total: Digest, amounts: Amounts): string {
  return [
    ...(total.skipped > 0 ? [l10n.t('{0} left out', amounts.count(total.skipped))] : []),
    ...(total.failed > 0 ? [l10n.t('{0} failed', amounts.count(total.failed))] : []),
    sizeLine(total, amounts),
  ].join(' · ');
}

/** Fewer lines than these say nothing about a thousand. */
const ENOUGH_LINES = 1_000;

/** Its size, and what a thousand lines take of it: the figure that can be compared between repositories. */
export function sizeLine(total: Digest, amounts: Amounts): string {
  const size = amounts.bytes(total.databaseBytes);
  if (total.lines < ENOUGH_LINES) return l10n.t('{0} on disk', size);
  const perThousand = amounts.bytes((1000 * total.databaseBytes) / total.lines);
  return l10n.t('{0} on disk ({1} per 1,000 lines)', size, perThousand);
}
