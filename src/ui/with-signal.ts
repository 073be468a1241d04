import * as vscode from 'vscode';

/** Runs work with a signal that follows the editor's token. Throws CancellationError where it is cancelled. */
export async function withSignal<T>(
  token: vscode.CancellationToken,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    controller.abort(new vscode.CancellationError());
  };
  if (token.isCancellationRequested) stop();
  const subscription = token.onCancellationRequested(stop);
  try {
    controller.signal.throwIfAborted();
    return await work(controller.signal);
  } finally {
    subscription.dispose();
  }
}
