import * as l10n from '@vscode/l10n';
import type { MarksState } from '../marks/marks-state.ts';
import type { WorkspaceStatus } from './workspace-status.ts';

/** A row of the list behind the status bar's item. */
export interface ListedAction {
  /** A product icon's name. */
  readonly icon: string;
  readonly label: string;
  readonly command: string;
  readonly arguments: readonly string[];
}

/** What can be done now, the most likely first. */
export function listedActions(
  status: WorkspaceStatus,
  marks: MarksState,
  recovery: string | undefined,
): ListedAction[] {
  const row = (icon: string, label: string, command: string, ...args: string[]): ListedAction => ({
    icon,
    label,
    command: `askCodebase.${command}`,
    arguments: args,
  });
  const busy = ['reading', 'embedding', 'walking', 'opening'].includes(status.kind);
  return [
    ...(status.kind === 'failed' && recovery !== undefined ? [row('tools', recovery, 'repair', status.action)] : []),
    ...(status.kind === 'paused' ? [row('debug-start', l10n.t('Resume Indexing'), 'resume')] : []),
    ...(busy ? [row('debug-pause', l10n.t('Pause Indexing'), 'pause')] : []),
    row('comment-discussion', l10n.t('Ask…'), 'ask'),
    ...(marks === 'shown' ? [row('eye-closed', l10n.t('Hide Provenance Marks'), 'hideMarks')] : []),
    ...(marks === 'hidden' ? [row('eye', l10n.t('Show Provenance Marks'), 'showMarks')] : []),
    row('list-tree', l10n.t('Show Memory'), 'showMemory'),
    ...(busy ? [] : [row('refresh', l10n.t('Re-index Folder'), 'refresh')]),
    row('output', l10n.t('Open Log'), 'openLog'),
    row('settings-gear', l10n.t('Open Settings'), 'openSettings'),
  ];
}
