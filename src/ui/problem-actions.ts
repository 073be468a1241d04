import * as vscode from 'vscode';
import type { WorkspaceMemory } from './workspace-memory.ts';

/**
 * "Ask about this" among the quick fixes of a problem: the list of problems has no menu for extensions, and shows
 * these. Only for what is wrong: a hint would have a lamp in every line.
 */
export function offerProblemQuestions(memory: WorkspaceMemory): vscode.Disposable {
  return vscode.languages.registerCodeActionsProvider(
    { scheme: 'file' },
    {
      provideCodeActions: ({ uri }, _, { diagnostics }) =>
        memory.placeOf(uri) === undefined
          ? []
          : diagnostics
              .filter(({ severity }) => severity <= vscode.DiagnosticSeverity.Warning)
              .map((diagnostic) => {
                const title = vscode.l10n.t('Ask Codebase about this problem');
                const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
                action.diagnostics = [diagnostic];
                const { range, message } = diagnostic;
                action.command = { title, command: 'askCodebase.askProblem', arguments: [uri, range, message] };
                return action;
              }),
    },
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
  );
}
