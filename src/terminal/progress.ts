import { Presets, SingleBar } from 'cli-progress';
import type { IngestProgress } from '../engine/ingest.ts';

/** Progress of ingest on the error stream: a bar on a terminal, a line now and then elsewhere. */
export class IngestBar {
  readonly #bar = new SingleBar(
    {
      format: 'Reading {bar} {percentage}% | {files}/{ofFiles} files | {rate} tokens/s | {left} left | {path}',
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 24,
      noTTYOutput: false,
    },
    Presets.shades_classic,
  );
  #began: number | undefined;
  #lastLine = 0;

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
    if (process.stderr.isTTY) {
      if (!this.#bar.isActive) this.#bar.start(progress.ofBytes, progress.bytes, shown);
      this.#bar.update(progress.bytes, shown);
    } else if (seconds - this.#lastLine >= LINE_EVERY) {
      this.#lastLine = seconds;
      const percent = Math.floor((100 * progress.bytes) / Math.max(1, progress.ofBytes));
      process.stderr.write(
        `Reading ${percent}% | ${shown.files}/${shown.ofFiles} files | ${shown.rate} tokens/s | ${shown.left} left\n`,
      );
    }
  }

  stop(): void {
    if (this.#bar.isActive) this.#bar.stop();
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

function shortened(path: string): string {
  return path.length <= 40 ? path : `…${path.slice(-39)}`;
}
