import * as l10n from '@vscode/l10n';
import type { Description } from '../../engine/protocol.ts';
import type { Folder, MemoryState } from '../../service/protocol.ts';
import type { Amounts } from '../../common/number-format.ts';
import { sizeLine } from '../memory-view/digest.ts';
import type { Digest } from '../memory-view/digest.ts';
import { shownMarkdown } from '../shown.ts';
import { workspaceStatusSentence } from './status-text.ts';
import { workspaceStatus as standingOf } from './workspace-status.ts';
import type { WorkspaceStatus } from './workspace-status.ts';

export interface TooltipFacts {
  readonly status: WorkspaceStatus;
  readonly folders: readonly { readonly folder: Folder; readonly state: MemoryState }[];
  /** Undefined until they were asked for. */
  readonly digest: Digest | undefined;
  /** Whether the workspace is trusted, so that git is asked. */
  readonly isTrusted: boolean;
  /** What the model runs on; undefined until it was loaded. */
  readonly description: Description | undefined;
}

/**
 * The status bar's tooltip in Markdown, with links to commands. Names of folders are the user's, so they are escaped.
 */
export function statusTooltip(facts: TooltipFacts, amounts: Amounts): string {
  const { status, folders, isTrusted } = facts;
  const several = folders.length > 1;
  const title = `**Ask Codebase**\n\n${shownMarkdown(workspaceStatusSentence(status, amounts))}`;
  const roots = folders.map(
    ({ folder, state }) =>
      `- ${shownMarkdown(folder.name)}: ${shownMarkdown(workspaceStatusSentence(standingOf([state]), amounts))}`,
  );
  const table = rows(facts, amounts).map(([name, value]) => `| ${shownMarkdown(name)} | ${shownMarkdown(value)} |`);
  const restricted = l10n.t(
    'Restricted Mode: git is not asked, and the .gitignore files alone say which files are read.',
  );
  return [
    title,
    ...(isTrusted ? [] : [shownMarkdown(restricted)]),
    ...(several ? [roots.join('\n')] : []),
    ...(table.length > 0 ? [['| | |', '|---|---|', ...table].join('\n')] : []),
    links(status).join(' · '),
  ].join('\n\n');
}

/** The commands that the tooltip may run. */
export const tooltipCommands = [
  'askCodebase.ask',
  'askCodebase.pause',
  'askCodebase.resume',
  'askCodebase.showMemory',
  'askCodebase.openLog',
] as const;

type TooltipCommand = (typeof tooltipCommands)[number];

function rows({ status, digest, description }: TooltipFacts, amounts: Amounts): [string, string][] {
  const found: [string, string][] = [];
  if (status.kind === 'reading') found.push([l10n.t('Now indexing'), status.path]);
  if (status.kind === 'embedding') {
    if (status.rate > 0) found.push([l10n.t('Speed'), l10n.t('{0} tokens per second', amounts.count(status.rate))]);
    if (status.secondsLeft !== undefined)
      found.push([l10n.t('Time left'), l10n.t('about {0}', amounts.seconds(status.secondsLeft))]);
    found.push([l10n.t('Now embedding'), status.path]);
  }
  if (digest) {
    found.push([l10n.t('Files'), amounts.count(digest.remembered)]);
    if (digest.skipped > 0) found.push([l10n.t('Left out'), amounts.count(digest.skipped)]);
    if (digest.failed > 0) found.push([l10n.t('Failed'), amounts.count(digest.failed)]);
    found.push([l10n.t('Segments'), amounts.count(digest.segments)]);
    found.push([l10n.t('Size'), sizeLine(digest, amounts)]);
  }
  if (description) {
    const cpu = l10n.t('CPU, {0} threads', amounts.count(description.threads));
    found.push([l10n.t('Device'), description.device === 'cpu' ? cpu : 'WebGPU']);
  }
  return found;
}

function links(status: WorkspaceStatus): string[] {
  const link = (text: string, command: TooltipCommand) => `[${text}](command:${command})`;
  const always = [
    link(l10n.t('Show Memory'), 'askCodebase.showMemory'),
    link(l10n.t('Open Log'), 'askCodebase.openLog'),
  ];
  if (status.kind === 'reading' || status.kind === 'embedding' || status.kind === 'walking')
    return [link(l10n.t('Pause Indexing'), 'askCodebase.pause'), ...always];
  if (status.kind === 'paused') return [link(l10n.t('Resume Indexing'), 'askCodebase.resume'), ...always];
  return status.kind === 'ready' ? [link(l10n.t('Ask'), 'askCodebase.ask'), ...always] : always;
}
