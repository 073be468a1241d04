import { Presets, SingleBar } from 'cli-progress';
import { atExit } from '../common/at-exit.ts';
import { printable } from '../common/printable.ts';
import type { IngestProgress } from '../index/ingest.ts';
import { err } from './output.ts';

/** What a bar says now. */
interface Drawn {
  readonly label: string;
  readonly counted: string;
  readonly done: number;
  readonly all: number;
  /** Said last: what is being worked on. */
  readonly note: string;
}

/** Progress on the error stream: a bar on a terminal, a line now and then elsewhere. */
export class ProgressBar {
  readonly #bar = new SingleBar(
    {
      format: '{label} {bar} {percentage}% | {counted} | {left} left | {path}',
      stream: err.target,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 24,
      noTTYOutput: false,
    },
    Presets.shades_classic,
  );
  #began = 0;
  #label = '';
  #drawn: (() => void) | undefined;
  #lastLine = 0;

  draw({ label, counted, done, all, note }: Drawn): void {
    if (label !== this.#label) this.#begin(label);
    const seconds = (performance.now() - this.#began) / 1000;
    const left = timeLeft(seconds, done, all);
    if (err.isTerminal) {
      const shown = { label, counted, left, path: shortened(note) };
      if (!this.#bar.isActive) {
        this.#bar.start(all, done, shown);
        // The cursor is hidden meanwhile: it comes back however the command ends.
        this.#drawn ??= atExit(() => {
          this.#bar.stop();
        });
      }
      this.#bar.update(done, shown);
    } else if (seconds - this.#lastLine >= LINE_EVERY) {
      this.#lastLine = seconds;
      err.rows(`${label} ${Math.floor((100 * done) / Math.max(1, all))}% | ${counted} | ${left} left`);
    }
  }

  #begin(label: string): void {
    if (this.#bar.isActive) this.#bar.stop();
    this.#label = label;
    this.#began = performance.now();
    this.#lastLine = 0;
  }

  stop(): void {
    if (this.#bar.isActive) this.#bar.stop();
    this.#drawn?.();
  }
}

/** Progress of ingest. */
export class IngestBar extends ProgressBar {
  #waited = false;
  #isHidden = false;
  /** Of the work of now, 0..100. */
  percent = 0;

  show(progress: IngestProgress): void {
    if (progress.kind === 'indexing') this.percent = (100 * progress.bytes) / Math.max(1, progress.ofBytes);
    if (this.#isHidden) return;
    if (progress.kind !== 'walking') this.draw({ ...shownProgress(progress), note: progress.path });
  }

  /** Makes room for something else that tells of the work. */
  hide(): void {
    this.stop();
    this.#isHidden = true;
  }

  /** Says once that another process reads the folder. */
  wait(): void {
    if (this.#waited) return;
    this.#waited = true;
    err.rows('Another process is indexing this folder, for this one too; Ctrl-C stops waiting.');
  }
}

/** Seconds between lines where there is no terminal: a log should stay readable. */
const LINE_EVERY = 10;

/** What a bar says: words are read by bytes, vectors are made by tokens. */
function shownProgress(progress: Exclude<IngestProgress, { kind: 'walking' }>) {
  if (progress.kind === 'indexing') {
    const { files, ofFiles, bytes, ofBytes } = progress;
    return { label: 'Indexing', counted: `${files}/${ofFiles} files`, done: bytes, all: ofBytes };
  }
  const { segments, ofSegments, tokens, ofTokens, rate } = progress;
  const counted = `${segments}/${ofSegments} segments | ${Math.round(rate)} tokens/s`;
  return { label: 'Embedding', counted, done: tokens, all: ofTokens };
}

function timeLeft(seconds: number, done: number, all: number): string {
  if (done <= 0 || seconds < 2) return 'some time';
  return duration((seconds * (all - done)) / done);
}

/** `48 s`, `12 min`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Made printable first: an escape takes more room than its character. */
function shortened(path: string): string {
  const shown = Array.from(printable(path));
  return shown.length <= 40 ? shown.join('') : `…${shown.slice(-39).join('')}`;
}
