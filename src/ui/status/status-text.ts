import * as l10n from '@vscode/l10n';
import type { Amounts } from '../../common/number-format.ts';
import { shown } from '../shown.ts';
import type { WorkspaceStatus } from './workspace-status.ts';

/** What the status bar shows. `label` is for screen readers, which read neither icons nor dots. */
export interface StatusText {
  readonly text: string;
  readonly label: string;
  readonly tone: 'quiet' | 'warning';
}

/** In the editor's icon syntax. Undefined where there is nothing to say anything about. */
export function statusText(status: WorkspaceStatus, amounts: Amounts): StatusText | undefined {
  const message = shown(workspaceStatusSentence(status, amounts));
  const label = l10n.t('Ask Codebase: {0}', message);
  switch (status.kind) {
    case 'none':
      return undefined;
    case 'opening':
      return { text: '$(loading~spin) Ask Codebase', label, tone: 'quiet' };
    case 'walking':
      return { text: `$(loading~spin) ${l10n.t('Looking for files')}`, label, tone: 'quiet' };
    case 'reading': {
      const files = l10n.t('{0} of {1} files', amounts.count(status.files), amounts.count(status.ofFiles));
      const percent = amounts.share(Math.floor(status.percent) / 100);
      return { text: `$(loading~spin) ${l10n.t('Indexing {0}', percent)} · ${files}`, label, tone: 'quiet' };
    }
    case 'embedding': {
      const percent = amounts.share(Math.floor(status.percent) / 100);
      return { text: `$(loading~spin) ${l10n.t('Embedding {0}', percent)}`, label, tone: 'quiet' };
    }
    case 'paused':
      return {
        text: `$(debug-pause) ${status.isIndexed ? l10n.t('Embedding paused') : l10n.t('Indexing paused')}`,
        label,
        tone: 'quiet',
      };
    case 'ready':
      return { text: '$(library)', label, tone: 'quiet' };
    case 'failed':
      return { text: '$(warning) Ask Codebase', label, tone: 'warning' };
  }
}

/** One sentence about the memory of the whole workspace. */
export function workspaceStatusSentence(status: WorkspaceStatus, amounts: Amounts): string {
  switch (status.kind) {
    case 'none':
      return l10n.t('No folder is open.');
    case 'opening':
      return l10n.t('The memory is being opened.');
    case 'walking':
      return status.files > 0
        ? l10n.t('Looking for files: {0} so far.', amounts.count(status.files))
        : l10n.t('Looking for files.');
    case 'reading':
      return l10n.t('Indexing the files: {0} of {1}.', amounts.count(status.files), amounts.count(status.ofFiles));
    case 'embedding': {
      const percent = amounts.share(Math.floor(status.percent) / 100);
      return l10n.t('{0} files can be asked about. {1} is embedded.', amounts.count(status.files), percent);
    }
    case 'paused': {
      const percent = amounts.share(Math.floor(status.percent) / 100);
      return status.isIndexed
        ? l10n.t('Embedding is paused at {0}. Every file can be asked about.', percent)
        : l10n.t('Indexing is paused at {0}.', percent);
    }
    case 'ready':
      return status.files === 1
        ? l10n.t('1 file is remembered.')
        : l10n.t('{0} files are remembered.', amounts.count(status.files));
    case 'failed':
      return status.message;
  }
}
