import * as vscode from 'vscode';
import type { AddPlan, AddProgress } from '../../answer-model/add-model.ts';
import { amounts } from '../../common/number-format.ts';
import type { ServiceClient } from '../../service/client.ts';
import { confirm } from '../notice.ts';
import { shown } from '../shown.ts';
import { withSignal } from '../with-signal.ts';
import { tryAgain } from './try-again.ts';

/** Adds a model file of the user's; the model's name, or undefined where the one before stays in use. */
export async function addModelFile(service: ServiceClient): Promise<string | undefined> {
  const filters = { [vscode.l10n.t('Model files')]: ['gguf'] };
  const [file] = (await vscode.window.showOpenDialog({ filters, openLabel: vscode.l10n.t('Add') })) ?? [];
  return file === undefined ? undefined : addModel(service, file.fsPath);
}

/**
 * Adds a model after its user has agreed to its size, its license and where it comes from. What was done before a
 * cancel is gone on with the next time.
 *
 * @param given a name of the catalog, or a path
 * @returns its name, or undefined where the model before stays in use
 * @throws what kept it from being added
 */
export async function addModel(service: ServiceClient, given: string): Promise<string | undefined> {
  try {
    const plan = await service.planModel(given);
    if (!(await confirm(question(plan), vscode.l10n.t('Go On'), details(plan)))) return undefined;
    return await tryAgain(async () => {
      await withProgress(plan.title, (signal, onProgress) => service.addModel(given, signal, onProgress));
      return plan.name;
    });
  } catch (error) {
    if (error instanceof vscode.CancellationError) return undefined;
    throw error;
  }
}

function question({ title, from }: AddPlan): string {
  if (from.kind === 'path') return vscode.l10n.t('Add {0}?', title);
  return vscode.l10n.t('Download {0} ({1})?', title, inOwnLanguage().bytes(from.bytes));
}

function details({ from, installedBytes, need }: AddPlan): string {
  const own = inOwnLanguage();
  const rows = [
    ...(from.kind === 'path'
      ? [vscode.l10n.t('Mind its license: it is not part of this extension.')]
      : [
          vscode.l10n.t(
            'By {0}, license {1}, from {2}.',
            from.model.maker,
            from.model.license,
            new URL(from.index).host,
          ),
          vscode.l10n.t('It is compared with what this extension expects. Nothing of yours is sent.'),
        ]),
    vscode.l10n.t(
      'It needs {0} on the disk and about {1} of memory; {2} are free.',
      own.bytes(installedBytes),
      own.bytes(need.needed),
      own.bytes(need.free),
    ),
  ];
  return rows.join(' ');
}

async function withProgress(
  title: string,
  work: (signal: AbortSignal, onProgress: (progress: AddProgress) => void) => Promise<void>,
): Promise<void> {
  const options = { location: vscode.ProgressLocation.Notification, cancellable: true, title: shown(title) };
  await vscode.window.withProgress(options, async (progress, token) => {
    let before = 0;
    const report = ({ kind, bytes, ofBytes }: AddProgress) => {
      // Each of the two counts for a half.
      const percent = (50 * bytes) / ofBytes + (kind === 'converting' ? 50 : 0);
      const own = inOwnLanguage();
      const counted = vscode.l10n.t('{0} of {1}', own.bytes(bytes), own.bytes(ofBytes));
      const what = kind === 'converting' ? vscode.l10n.t('Converting') : vscode.l10n.t('Downloading');
      progress.report({ message: `${what}, ${counted}`, increment: Math.max(0, percent - before) });
      before = Math.max(before, percent);
    };
    await withSignal(token, (signal) => work(signal, report));
  });
}

const inOwnLanguage = () => amounts(vscode.env.language);
