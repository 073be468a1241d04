import * as vscode from 'vscode';
import { shown } from './shown.ts';

/*
 * The only way to a notification. VS Code reads `[words](command:…)` in one as a link that runs the command, and a
 * file's name may hold that.
 */

export function inform(message: string): void {
  void vscode.window.showInformationMessage(shown(message));
}

/** @param label what the button says */
export async function offer(message: string, label: string): Promise<'pressed' | 'dismissed'> {
  return (await vscode.window.showInformationMessage(shown(message), label)) === label ? 'pressed' : 'dismissed';
}

/** @param label what the button says; undefined for no button */
export async function warnOfFailure(message: string, label: string | undefined): Promise<'pressed' | 'dismissed'> {
  const buttons = label === undefined ? [] : [label];
  const pressed = await vscode.window.showErrorMessage(shown(message), ...buttons);
  return pressed === undefined ? 'dismissed' : 'pressed';
}

/** Asks before something that cannot be undone. */
export async function confirm(question: string, label: string, detail?: string): Promise<boolean> {
  const options = { modal: true, ...(detail === undefined ? {} : { detail: shown(detail) }) };
  return (await vscode.window.showWarningMessage(shown(question), options, label)) === label;
}
