import type { Answer } from '../../answer/answer.ts';
import type { Attributed } from '../../answer/citation.ts';
import type { PlacedLines } from '../../answer/excerpt.ts';
import { exactPercent } from '../../common/number-format.ts';
import { printable } from '../../common/printable.ts';
import { evidenceCountText, evidenceKindText } from '../../chat/evidence-text.ts';
import { answerNotes } from '../../chat/exchange.ts';
import { fenced, literal } from '../../chat/harmless-markdown.ts';
import { code } from '../../chat/markdown.ts';
import { fill } from '../../chat/strings.ts';
import { linesShown } from '../../evidence/evidence.ts';
import type { Evidence, EvidenceItem } from '../../evidence/evidence.ts';
import type { RankedFile } from '../../retrieve/ranked-files.ts';
import { lineNumbers } from '../place.ts';
import type { ParticipantStrings } from './strings.ts';

/** Where an answer is written. Markdown is harmless when it comes here. */
export interface TurnOutput {
  readonly progress: (sentence: string) => void;
  readonly markdown: (markdown: string) => void;
  /** What was used, in the list above the answer. */
  readonly reference: (place: PlacedLines) => void;
  /** A link to lines in the text. */
  readonly link: (place: PlacedLines, label: string) => void;
  /** A button that opens lines. */
  readonly button: (place: PlacedLines, label: string) => void;
}

/** Files and items of a list, buttons below it, and lines of each file that are linked. */
const LISTED = { files: 8, items: 20, buttons: 3, ranges: 3 } as const;

/** Writes the lists of a turn: each place is a link, the best ones have buttons. */
export class TurnWriter {
  readonly #out: TurnOutput;
  readonly #strings: ParticipantStrings;
  readonly #folders: 'one' | 'several';

  /** @param folders of several, each path begins with the folder's name, and a commit is shown with that */
  constructor(out: TurnOutput, strings: ParticipantStrings, folders: 'one' | 'several') {
    this.#out = out;
    this.#strings = strings;
    this.#folders = folders;
  }

  /** Ranked files with links to their lines. */
  files(title: string, files: readonly RankedFile[]): void {
    if (files.length === 0) {
      this.#out.markdown(literal(this.#strings.far));
      return;
    }
    this.#title(title);
    const places = files.slice(0, LISTED.files).map(({ path, share, lines }) => {
      this.#out.markdown(`\n- ${exactPercent(share)} ${code(path)} `);
      const shown = lines.slice(0, LISTED.ranges).map(({ start, end }) => ({ path, start, end }));
      for (const place of shown) this.#out.link(place, lineNumbers(place));
      return shown[0] ?? { path, start: 1, end: 1 };
    });
    this.#out.markdown('\n\n');
    for (const place of places) this.#out.reference(place);
    for (const place of places.slice(0, LISTED.buttons)) this.#open(place);
  }

  /** The lines that answer a question by themselves. */
  evidence(evidence: Evidence): void {
    const { kind, items, count } = evidence;
    const listed = items.slice(0, LISTED.items);
    const counted = literal(evidenceCountText(evidence, this.#strings));
    this.#out.markdown(`**${literal(evidenceKindText(kind, this.#strings))}** (${counted})\n\n`);
    for (const item of listed) this.#item(item);
    if (listed.length < count) {
      this.#out.markdown(`\n- ${literal(fill(this.#strings.more, count - listed.length))}`);
    }
    this.#out.markdown('\n\n');
  }

  /** The commits that wrote the lines in question. */
  commits(items: readonly EvidenceItem[]): void {
    const commits = items.filter(isCommit);
    if (commits.length === 0) {
      this.#out.markdown(`_${literal(this.#strings.noCommits)}_\n\n`);
      return;
    }
    this.#title(this.#strings.commits);
    this.#out.markdown(`${commits.map((commit) => `- ${this.#commit(commit)}`).join('\n')}\n\n`);
  }

  /** Each sentence with its source, or the word that it has none; then what else is to be said. */
  sources({ sentences, leftOut }: Pick<Answer, 'sentences' | 'leftOut'>, evidence: Evidence | undefined): void {
    if (sentences.length > 0) {
      this.#out.markdown('\n\n');
      this.#title(this.#strings.sources);
      for (const found of sentences) this.#source(found);
      this.#out.markdown('\n\n');
      const first = sentences.find((found) => found.kind === 'supported');
      if (first) this.#open(first.citation);
    }
    for (const note of answerNotes({ sentences, leftOut }, evidence, this.#strings)) {
      this.#out.markdown(`\n\n_${literal(note)}_\n\n`);
    }
  }

  #title(title: string): void {
    this.#out.markdown(`**${literal(title)}**\n\n`);
  }

  #item(item: EvidenceItem): void {
    const { label, path, lines, text, note } = item;
    if (isCommit(item)) {
      this.#out.markdown(`\n- ${this.#commit(item)}`);
      return;
    }
    this.#out.markdown('\n- ');
    if (label === 'tree') this.#out.markdown(literal(fill(this.#strings.evidenceTree, note)));
    else {
      const place = { path, ...lines };
      this.#out.link(place, `${path}:${lineNumbers(lines)}`);
      this.#out.reference(place);
    }
    // A file that is listed is its name alone.
    if (text === '') return;
    const shown = text.split('\n').slice(0, linesShown(item));
    const [first = ''] = shown;
    this.#out.markdown(
      shown.length === 1 ? ` ${code(first.trim())}` : indented(fenced(printable(shown.join('\n'), 'block'))),
    );
  }

  #commit({ note, text, path }: EvidenceItem): string {
    const folder = this.#folders === 'several' ? `${code(path.split('/', 1)[0] ?? '')} ` : '';
    return `${folder}${code(note)} ${literal(text.split('\n', 1)[0] ?? '')}`;
  }

  #source(found: Attributed): void {
    if (found.kind === 'unsupported') {
      this.#out.markdown(`\n- _${literal(this.#strings.unsupported)}_: ${literal(found.sentence.text)}`);
      return;
    }
    const { path, start, end, cells } = found.citation;
    this.#out.markdown('\n- ');
    this.#out.link({ path, start, end }, `${path}:${cells ?? lineNumbers({ start, end })}`);
    this.#out.markdown(` ${literal(found.sentence.text)}`);
  }

  #open({ path, start, end }: PlacedLines): void {
    this.#out.button({ path, start, end }, fill(this.#strings.openAt, `${path}:${lineNumbers({ start, end })}`));
  }
}

export const isCommit = ({ label }: EvidenceItem) => label === 'commit' || label === 'added';

/** A block inside an entry of a list. */
const indented = (block: string) => `\n\n${block.replace(/^/gm, '  ')}\n`;
