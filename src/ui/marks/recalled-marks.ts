import * as vscode from 'vscode';
import type { Amounts } from '../../common/number-format.ts';
import type { Provenance } from './provenance.ts';
import { strength, strengths } from './recalled-lines.ts';
import type { Strength } from './recalled-lines.ts';
import type { RankedLines } from '../../retrieve/ranked-files.ts';

/** Marks the recalled lines in every editor that shows them: a faint background, the overview ruler, and the share. */
export class RecalledMarks implements vscode.Disposable {
  readonly #provenance: Provenance;
  readonly #amounts: Amounts;
  readonly #types: ReadonlyMap<Strength, vscode.TextEditorDecorationType>;
  readonly #subscriptions: vscode.Disposable[];

  constructor(provenance: Provenance, amounts: Amounts) {
    this.#provenance = provenance;
    this.#amounts = amounts;
    this.#types = new Map(strengths.map(({ name }) => [name, markType(name)]));
    this.#subscriptions = [
      provenance.onDidChange((uris) => {
        const touched = new Set(uris.map(String));
        for (const editor of vscode.window.visibleTextEditors) {
          if (touched.has(editor.document.uri.toString())) this.#mark(editor);
        }
      }),
      vscode.window.onDidChangeVisibleTextEditors((editors) => {
        for (const editor of editors) this.#mark(editor);
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.#subscriptions, ...this.#types.values()).dispose();
  }

  #mark(editor: vscode.TextEditor): void {
    const lines = this.#provenance.of(editor.document.uri)?.lines ?? [];
    for (const [name, type] of this.#types) {
      const own = lines.filter(({ share, start }) => strength(share) === name && start <= editor.document.lineCount);
      editor.setDecorations(
        type,
        own.flatMap((run) => this.#options(run)),
      );
    }
  }

  /** One decoration for the run, and one that writes the share behind its first line. */
  #options({ start, end, share }: RankedLines): vscode.DecorationOptions[] {
    const said = vscode.l10n.t('recalled: {0}', this.#amounts.share(share));
    const first = new vscode.Range(start - 1, 0, start - 1, Number.MAX_SAFE_INTEGER);
    const after = {
      contentText: said,
      margin: '0 0 0 3em',
      color: new vscode.ThemeColor('editorCodeLens.foreground'),
      fontStyle: 'italic',
    };
    const named = { range: first, renderOptions: { after } };
    return end === start ? [named] : [named, { range: new vscode.Range(start, 0, end - 1, 0) }];
  }
}

function markType(name: Strength): vscode.TextEditorDecorationType {
  const ruler = new vscode.ThemeColor('askCodebase.recalledRuler');
  return vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor(`askCodebase.recalledLine.${name}`),
    // A mark in the ruler sends people there: a share of one percent is not worth the way.
    ...(name === 'faint' ? {} : { overviewRulerColor: ruler, overviewRulerLane: vscode.OverviewRulerLane.Center }),
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
}
