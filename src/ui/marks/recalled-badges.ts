import * as vscode from 'vscode';
import type { Amounts } from '../../common/number-format.ts';
import { badge } from './badge.ts';
import type { Provenance } from './provenance.ts';
import { strength } from './recalled-lines.ts';

/** The share of a recalled file beside its name, wherever the editor shows it. */
export class RecalledBadges implements vscode.FileDecorationProvider, vscode.Disposable {
  readonly #provenance: Provenance;
  readonly #amounts: Amounts;
  readonly #changed = new vscode.EventEmitter<vscode.Uri[]>();
  readonly #subscriptions: vscode.Disposable[];

  readonly onDidChangeFileDecorations = this.#changed.event;

  constructor(provenance: Provenance, amounts: Amounts) {
    this.#provenance = provenance;
    this.#amounts = amounts;
    this.#subscriptions = [
      provenance.onDidChange((uris) => {
        this.#changed.fire([...uris]);
      }),
      vscode.window.registerFileDecorationProvider(this),
    ];
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const file = this.#provenance.of(uri);
    if (!file) return undefined;
    const said = vscode.l10n.t('Ask Codebase: {0} of what the last answer recalled', this.#amounts.share(file.share));
    // Eight colored names of which six own a percent would hide the two that matter.
    const color =
      strength(file.share) === 'faint' ? undefined : new vscode.ThemeColor('askCodebase.recalledForeground');
    return new vscode.FileDecoration(badge(file.share), said, color);
  }

  dispose(): void {
    vscode.Disposable.from(this.#changed, ...this.#subscriptions).dispose();
  }
}
