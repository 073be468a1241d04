import * as vscode from 'vscode';
import type { LastChange } from '../../evidence/last-change.ts';
import type { LinesInRoot } from '../../service/protocol.ts';
import { shownMarkdown } from '../shown.ts';
import { withSignal } from '../with-signal.ts';
import type { WorkspaceRoots } from '../place.ts';
import type { Provenance } from './provenance.ts';

/** What the hover needs of the window. */
interface HoverHost {
  readonly provenance: Provenance;
  readonly places: () => WorkspaceRoots;
  readonly lastChange: (lines: LinesInRoot, signal: AbortSignal) => Promise<LastChange | undefined>;
}

/**
 * Says over recalled lines who wrote them last, when, and why: whom to ask. git is asked only when somebody points at
 * them, so no answer waits for it, and in a trusted workspace alone.
 */
export function offerLastChange({ provenance, places, lastChange }: HoverHost): vscode.Disposable {
  return vscode.languages.registerHoverProvider(
    { scheme: 'file' },
    {
      provideHover: async ({ uri }, { line }, token) => {
        const file = vscode.workspace.isTrusted ? provenance.of(uri) : undefined;
        const run = file?.lines.find(({ start, end }) => start <= line + 1 && line + 1 <= end);
        const place = file && places().resolve(file.path);
        if (!run || !place) return undefined;
        const lines = { root: place.folder.root, path: place.path, start: run.start, end: run.end };
        // A hover that fails is none: what is wrong with the memory is said elsewhere.
        const change = await withSignal(token, (signal) => lastChange(lines, signal)).catch(() => undefined);
        if (!change) return undefined;
        const range = new vscode.Range(run.start - 1, 0, run.end - 1, Number.MAX_SAFE_INTEGER);
        return new vscode.Hover(new vscode.MarkdownString(shownMarkdown(sentence(change))), range);
      },
    },
  );
}

function sentence({ commit, date, author, subject, isEdited }: LastChange): string {
  const day = new Intl.DateTimeFormat(vscode.env.language, { dateStyle: 'medium', timeZone: 'UTC' }).format(
    new Date(date),
  );
  const hash = commit.slice(0, 10);
  return isEdited
    ? vscode.l10n.t('Last committed {0} by {1}: {2} ({3}); edited since', day, author, subject, hash)
    : vscode.l10n.t('Last changed {0} by {1}: {2} ({3})', day, author, subject, hash);
}
