import { Embeddings, type EmbeddedChunk } from './embeddings.ts';
import type { Encoder } from './encoder.ts';
import type { Lines } from './metrics.ts';
import type { Repository } from './repository.ts';
import { group, type Question, type RankedFile, type System } from './system.ts';

/** all-MiniLM-L6-v2 over chunks of 256 tokens, cosine, a file as good as its best chunk: what local assistants ship. */
export class Semantic implements System {
  readonly name = 'minilm';
  readonly #embeddings: Embeddings;
  readonly #print: (message: string) => void;

  /** `print` tells the person who waits how far it is. */
  constructor(encoder: Encoder, cache: string, print: (message: string) => void) {
    this.#embeddings = new Embeddings(encoder, cache);
    this.#print = print;
  }

  async rank(repository: Repository, questions: readonly Question[], signal: AbortSignal) {
    const { lines, cosines } = await this.compare(repository, questions, signal);
    return new Map<string, RankedFile[]>([...cosines].map(([id, scores]) => [id, group(lines, scores)]));
  }

  /** The repository's chunks and, by question id, the cosine of each with the question. */
  async compare(
    repository: Repository,
    questions: readonly Question[],
    signal: AbortSignal,
  ): Promise<{ lines: readonly Lines[]; cosines: Map<string, Float64Array> }> {
    const chunks: EmbeddedChunk[] = [];
    for (const [index, file] of repository.files.entries()) {
      chunks.push(...(await this.#embeddings.ofFile(file, signal)));
      this.#print(`${repository.name}: ${index + 1} of ${repository.files.length} files embedded`);
    }
    const cosines = new Map<string, Float64Array>();
    for (const { id, text } of questions) {
      const question = await this.#embeddings.ofText(text, signal);
      cosines.set(
        id,
        Float64Array.from(chunks, ({ row }) => dot(row, question)),
      );
    }
    return { lines: chunks, cosines };
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (const [index, value] of a.entries()) sum += value * (b[index] ?? 0);
  return sum;
}
