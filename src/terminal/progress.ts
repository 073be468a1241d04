import { Presets, SingleBar } from 'cli-progress';
import { atExit } from '../common/at-exit.ts';
import { printable } from '../common/printable.ts';
import type { IngestProgress } from '../index/ingest.ts';
import { err } from './output.ts';

/** Progress of ingest on the error stream: a bar on a terminal, a line now and then elsewhere. */
export class IngestBar {
  readonly #bar = new SingleBar(
    {
      format: 'Reading {bar} {percentage}% | {files}/{ofFiles} files | {rate} tokens/s | {left} left | {path}',
      stream: err.target,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 24,
      noTTYOutput: false,
    },
    Presets.shades_classic,
  );
  #began: number | undefined;
  #drawn: (() => void) | undefined;
  #lastLine = 0;
  #waited = false;

  show(progress: IngestProgress): void {
    if (progress.kind === 'walking') return;
    this.#began ??= performance.now();
    const seconds = (performance.now() - this.#began) / 1000;
    const shown = {
      files: progress.files,
      ofFiles: progress.ofFiles,
      rate: Math.round(progress.rate),
      left: timeLeft(seconds, progress.bytes, progress.ofBytes),
      path: shortened(progress.path),
    };
    if (err.isTerminal) {
      if (!this.#bar.isActive) {
        this.#bar.start(progress.ofBytes, progress.bytes, shown);
        // The cursor is hidden meanwhile: it comes back however the command ends.
        this.#drawn ??= atExit(() => {
          this.#bar.stop();
        });
      }
      this.#bar.update(progress.bytes, shown);
    } else if (seconds - this.#lastLine >= LINE_EVERY) {
      this.#lastLine = seconds;
      const percent = Math.floor((100 * progress.bytes) / Math.max(1, progress.ofBytes));
      err.rows(
        `Reading ${percent}% | ${shown.files}/${shown.ofFiles} files | ${shown.rate} tokens/s | ${shown.left} left`,
      );
    }
  }

  /** Says once that another process reads the folder. */
  wait(): void {
    if (this.#waited) return;
    this.#waited = true;
    err.rows('Another process is indexing this folder, for this one too; Ctrl-C stops waiting.');
  }

  stop(): void {
    if (this.#bar.isActive) this.#bar.stop();
    this.#drawn?.();
  }
}

/** Seconds between lines where there is no terminal: a log should stay readable. */
const LINE_EVERY = 10;

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
