/**
 * What can go wrong with the engine's process; each comes with a sentence and what to do. `unsupported`: its native
 * runtime does not load here. `load`: the runtime does, but not the model. `internal`: one request failed; the next may
 * not.
 */
export type EngineProblem =
  'unsupported' | 'model-file' | 'load' | 'memory' | 'internal' | 'crashed' | 'gave-up' | 'stuck';

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly problem: EngineProblem;

  constructor(problem: EngineProblem, sentence: string) {
    super(sentence);
    this.problem = problem;
  }
}
