/**
 * What can go wrong with the engine's process; each comes with a sentence and what to do. `unsupported`: its native runtime
 * does not load here.
 */
export type EngineProblem = 'unsupported' | 'model-file' | 'memory' | 'internal' | 'crashed' | 'gave-up' | 'stuck';

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly problem: EngineProblem;

  constructor(problem: EngineProblem, sentence: string) {
    super(sentence);
    this.problem = problem;
  }
}
